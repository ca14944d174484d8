//! Identifies a process on 127.0.0.1.

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Status;
use crate::gateway::{Identity, SECRET_HEADER};
use crate::outbox::Trouble;

/// A process that takes longer is not ours, or does not run.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Who answers on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// A local AWS, not necessarily the expected one.
    Identity(Identity),
    /// Something else.
    Stranger,
    /// The port is open, but no answer came in time.
    Silence,
    /// The port is closed.
    Closed,
}

/// Requests the status.
pub(super) async fn identify(status: &Status) -> Answer {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, status.port)).await else { return Answer::Closed };
    let asked = tokio::time::timeout(TIMEOUT, send(stream, Method::GET, "/_local/status", status)).await;
    match asked {
        Ok(Some((StatusCode::OK, body))) => serde_json::from_slice(&body).map_or(Answer::Stranger, Answer::Identity),
        Ok(_) => Answer::Stranger,
        Err(_) => Answer::Silence,
    }
}

/// Why the local AWS cannot write mails; `None` when it can. It takes no longer than two seconds.
///
/// # Errors
/// When it does not answer, or not with what was asked for.
pub async fn storage_trouble(status: &Status) -> std::io::Result<Option<Trouble>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, status.port)).await?;
    match tokio::time::timeout(TIMEOUT, send(stream, Method::GET, "/_local/storage", status)).await? {
        Some((StatusCode::OK, body)) => Ok(serde_json::from_slice(&body)?),
        _ => Err(std::io::ErrorKind::InvalidData.into()),
    }
}

/// Requests a stop; returns whether it was accepted.
pub(super) async fn request_stop(status: &Status) -> bool {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, status.port)).await else { return false };
    let asked = tokio::time::timeout(TIMEOUT, send(stream, Method::POST, "/_local/stop", status)).await;
    matches!(asked, Ok(Some((StatusCode::OK, _))))
}

async fn send(stream: TcpStream, method: Method, path: &str, status: &Status) -> Option<(StatusCode, Bytes)> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", format!("127.0.0.1:{}", status.port))
        .header(SECRET_HEADER, &status.access_key.secret_access_key)
        .body(Empty::<Bytes>::new())
        .ok()?;
    let reply = sender.send_request(request).await.ok()?;
    let status = reply.status();
    let body = reply.into_body().collect().await.ok()?.to_bytes();
    connection.abort();
    Some((status, body))
}
