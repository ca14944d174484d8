//! As much of HTTP/1.1 as the two servers need: requests with a length, on connections that stay open.

use std::io::{self, BufRead, Write};

/// A request.
pub(crate) struct Request {
    /// `GET`, `POST`.
    pub(crate) method: String,
    /// The path, with the query if it has one.
    pub(crate) path: String,
    /// `X-Amz-Target`, which says what is asked of DynamoDB.
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
}

/// The next request, or nothing when the client has closed the connection.
///
/// # Errors
/// The connection broke, or this is not HTTP.
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

/// Answers in one write, as a server does that wants no packet to wait for another.
///
/// # Errors
/// The connection broke.
pub(crate) fn write_response(stream: &mut impl Write, status: &str, headers: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    stream.write_all(format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").as_bytes())?;
    stream.flush()
}
