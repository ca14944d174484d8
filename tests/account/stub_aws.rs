//! A stub AWS that identifies callers by key and rejects everything else.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::harness::TestResult;

/// Runs until the test ends.
pub(super) struct StubAws {
    pub(super) endpoint: String,
}

impl StubAws {
    pub(super) fn start() -> TestResult<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that disconnects gets no response.
                std::thread::spawn(move || answer(stream).ok());
            }
        });
        Ok(Self { endpoint })
    }
}

/// Answers one request and closes the connection.
fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !String::from_utf8_lossy(&request).contains("\r\n\r\n") {
        match stream.read(&mut part)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&part[..length]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let (status, body) = match request.contains("/sts/aws4_request") {
        true => ("200 OK", identity(account_of(&request))),
        false => ("400 Bad Request", r#"{"__type":"AccessDeniedException","message":"no"}"#.to_owned()),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// The access key id in the signature.
fn account_of(request: &str) -> &str {
    let scope = request.split("Credential=").nth(1).unwrap_or_default();
    scope.split('/').next().unwrap_or_default()
}

fn identity(account: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:root</Arn><UserId>{account}</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
}
