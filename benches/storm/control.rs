//! The control API of a local AWS.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// A connection.
pub(crate) struct Control {
    address: String,
    secret: String,
    connection: BufReader<TcpStream>,
}

impl Control {
    pub(crate) fn new(address: &str, secret: &str) -> Result<Self, Box<dyn Error>> {
        let connection = BufReader::new(TcpStream::connect(address)?);
        Ok(Self { address: address.to_owned(), secret: secret.to_owned(), connection })
    }

    /// The answer to a request for `/_local/…`.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: &str) -> Result<Value, Box<dyn Error>> {
        let Self { address, secret, connection } = self;
        let length = body.len();
        let request = format!(
            "{method} /_local/{path} HTTP/1.1\r\nhost: {address}\r\nx-local-secret: {secret}\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        connection.get_mut().write_all(request.as_bytes())?;
        let (mut head, mut length) = (String::new(), 0);
        while connection.read_line(&mut head)? > 2 {
            let line = head.lines().next_back().unwrap_or_default().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        connection.read_exact(&mut answer)?;
        if !head.starts_with("HTTP/1.1 200") {
            return Err(format!("{head}{}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }

    /// DynamoDB's write units since the start, of all tables and indexes.
    pub(crate) fn write_units(&mut self) -> Result<f64, Box<dyn Error>> {
        let totals = self.call("GET", "consumed", "")?;
        Ok(totals.as_array().into_iter().flatten().filter_map(|total| total["write_units"].as_f64()).sum())
    }
}
