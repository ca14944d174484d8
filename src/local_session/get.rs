//! The one request that is not an AWS API call: opening a link from a mail.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Why a link could not be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// It leads outside the local AWS.
    #[error("its link leads to {0}, not to the running local AWS")]
    Elsewhere(String),
    /// No answer.
    #[error("the local AWS does not answer: {0}")]
    NoAnswer(std::io::Error),
    /// Refused.
    #[error("the local AWS refused the link: {0}")]
    Refused(String),
}

/// Opens a link of the local AWS at `endpoint`, `http://HOST:PORT`.
pub(super) async fn follow(link: &str, endpoint: &str) -> Result<(), LinkError> {
    let elsewhere = || LinkError::Elsewhere(link.split('?').next().unwrap_or_default().to_owned());
    let path = link.strip_prefix(endpoint).filter(|path| path.starts_with('/')).ok_or_else(elsewhere)?;
    let host = endpoint.strip_prefix("http://").ok_or_else(elsewhere)?;
    let answer = match tokio::time::timeout(TIMEOUT, exchange(host, path)).await {
        Ok(answer) => answer.map_err(LinkError::NoAnswer)?,
        Err(elapsed) => return Err(LinkError::NoAnswer(elapsed.into())),
    };
    // `HTTP/1.1 200 OK`
    match answer.split(' ').nth(1) {
        Some(status) if status.starts_with('2') => Ok(()),
        _ => Err(LinkError::Refused(answer.lines().last().unwrap_or_default().to_owned())),
    }
}

async fn exchange(host: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_local_aws_is_asked() {
        let endpoint = "http://127.0.0.1:1";
        for link in
            ["http://127.0.0.1:12/?Token=x", "https://example.com/", "http://127.0.0.1:1.evil.example/", "file:///etc"]
        {
            let outcome = follow(link, endpoint).await;
            assert!(matches!(outcome, Err(LinkError::Elsewhere(_))), "{link}: {outcome:?}");
        }
    }
}
