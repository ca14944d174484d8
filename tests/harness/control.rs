//! The control API of a local AWS.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Aws, TestResult};

/// A connection.
pub(crate) struct Control<'a> {
    address: &'a str,
    secret: &'a str,
    connection: BufReader<TcpStream>,
}

impl<'a> Control<'a> {
    pub(crate) async fn of(aws: &'a Aws) -> TestResult<Self> {
        let address = aws.endpoint.trim_start_matches("http://");
        let connection = BufReader::new(TcpStream::connect(address).await?);
        Ok(Self { address, secret: &aws.secret, connection })
    }

    /// The answer to a request for `/_local/…`.
    pub(crate) async fn call(&mut self, method: &str, path: &str, body: &str) -> TestResult<Value> {
        let Self { address, secret, connection } = self;
        let length = body.len();
        let request = format!(
            "{method} /_local/{path} HTTP/1.1\r\nhost: {address}\r\nx-local-secret: {secret}\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        connection.get_mut().write_all(request.as_bytes()).await?;
        let (mut head, mut length) = (String::new(), 0);
        while connection.read_line(&mut head).await? > 2 {
            let line = head.lines().next_back().unwrap_or_default().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        connection.read_exact(&mut answer).await?;
        if !head.starts_with("HTTP/1.1 200") {
            return Err(format!("{head}{}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }
}
