//! The part of HTTP/1.1 the two servers need: requests with a length, on persistent connections.

use std::io::{self, BufRead, Write};

/// A request.
pub(crate) struct Request {
    /// `GET`, `POST`.
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) path: String,
    /// `X-Amz-Target`, the DynamoDB operation.
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
}

/// The next request; none when the client has closed the connection.
///
/// # Errors
/// When the connection breaks or the input is not HTTP.
pub(crate) fn read_request(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut request = Request { method, path, target: String::new(), body: Vec::new() };
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        } else if name.eq_ignore_ascii_case("x-amz-target") {
            value.trim().clone_into(&mut request.target);
        }
    }
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body)?;
    Ok(Some(request))
}

/// Responds in a single write, so that no packet waits for another.
///
/// # Errors
/// When the connection breaks.
pub(crate) fn write_response(stream: &mut impl Write, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    stream.flush()
}
