//! HTTP in, HTTP out.
//!
//! A request passes through, in this order: [`admission`] looks at its head, [`request`] reads its body, [`route`] finds
//! service, operation and protocol, [`signature`] checks what was signed, [`protocol`] decodes it, [`faults`] may break it, `permission`
//! asks the caller's policies, `dispatch` hands it to the service, and the protocol encodes the reply. A call
//! that one service makes to another joins at the faults (`inside`).

mod admission;
mod calls;
mod control;
mod dispatch;
pub mod faults;
mod handle;
mod inside;
mod limits;
mod pages;
mod permission;
mod pipeline;
mod protocol;
mod request;
mod reserved;
mod route;
mod signature;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::{ApiError, Clock, Cloud, InFlight, LocalConfig};

pub use calls::RecordedCall;
pub(crate) use control::{Identity, SECRET_HEADER};
pub use handle::Handle;

/// How long calls in flight may take once the gateway stops.
const DRAIN: Duration = Duration::from_secs(2);
/// Before the next attempt when the system refuses a connection, as when it is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the gateway does not listen.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The port is taken.
    #[error("port {port} on 127.0.0.1 is in use by another program; choose another with --port, or 0 for a free one")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The system does not let it listen.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The account cannot be set up.
    #[error("cannot set up the local account")]
    Setup(#[from] ApiError),
}

/// A local AWS that listens; [`Gateway::run`] makes it answer.
pub struct Gateway {
    listener: TcpListener,
    state: Arc<State>,
}

/// What all connections share.
struct State {
    cloud: Cloud,
    port: u16,
    instance: String,
    calls: calls::Calls,
    faults: faults::Faults,
    connections: InFlight,
    stop: Notify,
}

impl Gateway {
    /// Listens on 127.0.0.1, on the port of the settings.
    ///
    /// # Errors
    /// When the port is taken or the account's folder cannot be made.
    pub async fn bind(config: LocalConfig) -> Result<Self, GatewayError> {
        let port = config.port;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => GatewayError::PortInUse { port },
            _ => GatewayError::Listen { port, source },
        })?;
        let address = listener.local_addr().map_err(|source| GatewayError::Listen { port, source })?;
        let faults = faults::Faults::new(config.faults.clone(), Clock::new(config.time_scale));
        let state = State {
            cloud: Cloud::new(config, format!("http://{address}"))?,
            port: address.port(),
            instance: uuid::Uuid::new_v4().to_string(),
            calls: calls::Calls::default(),
            faults,
            connections: InFlight::default(),
            stop: Notify::new(),
        };
        let state = Arc::new(state);
        let front: Weak<State> = Arc::downgrade(&state);
        state.cloud.stand_behind(front);
        Ok(Self { listener, state })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.state.port
    }

    /// The account behind it.
    pub fn cloud(&self) -> &Cloud {
        &self.state.cloud
    }

    /// What a program that has it in its own process can do with it while it runs.
    pub fn handle(&self) -> Handle {
        Handle::of(&self.state)
    }

    /// Random name of this instance: tells it from another process that later has its port or its process id.
    pub fn instance(&self) -> &str {
        &self.state.instance
    }

    /// Answers until the future ends or a client that knows the secret asks to stop, then gives calls in flight two
    /// seconds, and ends every function's process.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let tracker = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => self.answer(stream, &tracker),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                () = &mut stop => break,
                () = self.state.stop.notified() => break,
            }
        }
        drop(self.listener);
        crate::services::lambda::shutdown(&self.state.cloud).await;
        // A call that still runs now waits for something that has ended with us.
        let _ = tokio::time::timeout(DRAIN, tracker.shutdown()).await;
    }

    fn answer(&self, stream: TcpStream, tracker: &GracefulShutdown) {
        // Replies are small and clients wait for them: never hold one back to fill a packet.
        let _ = stream.set_nodelay(true);
        let state = Arc::clone(&self.state);
        let service = service_fn(move |request| {
            let state = Arc::clone(&state);
            async move { pipeline::answer(&state, request).await }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        let connection = tracker.watch(connection);
        let open = self.state.connections.begin();
        tokio::spawn(async move {
            let _open = open;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
}

/// An HTTP reply with its whole body.
type Reply = http::Response<Bytes>;

/// The connection has to end without a reply: what a fault rule asked for.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped by a fault rule")]
struct Dropped;

fn reply(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = http::Response::new(body.into());
    *reply.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    reply
}
