//! The HTTP front end.
//!
//! Request pipeline, in order: [`admission`] checks the head, [`request`] reads the body, [`route`] finds service,
//! operation and protocol, [`signature`] verifies the signature, [`protocol`] decodes, [`faults`] may inject a fault,
//! `permission` checks the caller's policies, `dispatch` calls the service, and the protocol encodes the reply. Calls
//! between services join at the faults (`inside`).

mod admission;
mod calls;
mod capacity;
mod connections;
mod control;
mod dispatch;
mod exchanges;
pub mod faults;
mod handle;
mod inside;
mod limits;
mod pages;
mod permission;
mod pipeline;
mod protocol;
mod refusal;
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

use crate::{ApiError, Clock, Cloud, LocalConfig};

use capacity::Capacity;
use connections::{Connections, Seat};

pub use calls::RecordedCall;
pub(crate) use control::{Identity, SECRET_HEADER};
pub use handle::Handle;

/// Grace period for calls in flight on shutdown.
const DRAIN: Duration = Duration::from_secs(2);
/// Delay before the next `accept` when the system refuses a connection, such as when out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Buffer of a connection in bytes, and so the limit of a request's head; AWS takes 8 to 16 KB.
const BUFFER: usize = 64 * 1024;
/// The reply to a connection that has no room.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Why the gateway cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The port is taken.
    #[error("port {port} on 127.0.0.1 is in use by another program; choose another with --port, or 0 for a free one")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The system refuses to bind.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port.
        port: u16,
        /// The system's error.
        source: std::io::Error,
    },
    /// The journal of exchanges, for which the environment asks, cannot be created.
    #[error("cannot create {}", path.display())]
    Journal {
        /// The file.
        path: std::path::PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The account cannot be created.
    #[error("cannot set up the local account")]
    Setup(#[from] ApiError),
}

/// A listening local AWS; [`Gateway::run`] serves it.
pub struct Gateway {
    listener: TcpListener,
    state: Arc<State>,
}

/// State shared by all connections.
struct State {
    cloud: Cloud,
    port: u16,
    instance: String,
    calls: calls::Calls,
    exchanges: Option<exchanges::Exchanges>,
    faults: faults::Faults,
    connections: Arc<Connections>,
    stop: Notify,
}

impl Gateway {
    /// Listens on the configured port of 127.0.0.1.
    ///
    /// # Errors
    /// When the port is taken or the account's directory cannot be created.
    pub async fn bind(config: LocalConfig) -> Result<Self, GatewayError> {
        Self::with_capacity(config, Capacity::of_this_process()).await
    }

    async fn with_capacity(config: LocalConfig, capacity: Capacity) -> Result<Self, GatewayError> {
        let port = config.port;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => GatewayError::PortInUse { port },
            _ => GatewayError::Listen { port, source },
        })?;
        let address = listener.local_addr().map_err(|source| GatewayError::Listen { port, source })?;
        let faults = faults::Faults::new(config.faults.clone(), Clock::new(config.time_scale));
        let instance = uuid::Uuid::new_v4().to_string();
        let exchanges = exchanges::Exchanges::from_environment(&instance)?;
        let state = State {
            cloud: Cloud::new(config, format!("http://{address}"))?,
            port: address.port(),
            instance,
            calls: calls::Calls::default(),
            exchanges,
            faults,
            connections: Arc::new(Connections::new(capacity)),
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

    /// A handle for the embedding process to control it while it runs.
    pub fn handle(&self) -> Handle {
        Handle::of(&self.state)
    }

    /// Random name of this instance: distinguishes it from a later process with the same port or process id.
    pub fn instance(&self) -> &str {
        &self.state.instance
    }

    /// Serves until the future completes or an authorised client requests a stop, then gives calls in flight two
    /// seconds and ends all function processes.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let tracker = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => self.answer(stream, &tracker),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        self.state.connections.make_room();
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                () = &mut stop => break,
                () = self.state.stop.notified() => break,
            }
        }
        drop(self.listener);
        crate::services::lambda::shutdown(&self.state.cloud).await;
        // A call still running here waits for something that has already stopped.
        let _ = tokio::time::timeout(DRAIN, tracker.shutdown()).await;
    }

    fn answer(&self, stream: TcpStream, tracker: &GracefulShutdown) {
        let Some(seat) = self.state.connections.admit().map(Arc::new) else {
            // The few bytes fit into a new connection's buffer, or the client sees it closed.
            let _ = stream.try_write(NO_ROOM);
            return;
        };
        // Replies are small and clients wait for them: disable Nagle's algorithm.
        let _ = stream.set_nodelay(true);
        let service = service_fn({
            let (state, seat) = (Arc::clone(&self.state), Arc::clone(&seat));
            move |request| {
                let (state, seat) = (Arc::clone(&state), Arc::clone(&seat));
                async move { pipeline::answer(&state, &seat, request).await }
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.state.connections.capacity.head)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(converse(tracker.watch(connection), seat));
    }
}

/// Serves a connection until either side closes it, or it has to give way.
async fn converse(connection: impl Future<Output = hyper::Result<()>>, seat: Arc<Seat>) {
    tokio::select! {
        closed = connection => {
            if let Err(error) = closed {
                tracing::debug!(%error, "connection ended");
            }
        }
        () = seat.ended() => tracing::debug!("connection closed: its client is slow, or others need room"),
    }
}

/// An HTTP response with its whole body.
type Reply = http::Response<Bytes>;

/// Close the connection without a reply, as a fault rule requires.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped by a fault rule")]
struct Dropped;

fn reply(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = http::Response::new(body.into());
    *reply.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    reply
}
