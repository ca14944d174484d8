//! An environment's Runtime API: an HTTP server on its own port, which the process polls.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::failure::RESPONSE_LIMIT;
use super::peer;

const PREFIX: &str = "/2018-06-01/runtime/";
/// Delay before the next `accept` when the system refuses a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// One invocation, as sent to the process.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    /// Milliseconds since 1970.
    pub(super) deadline: i64,
    /// As the caller named it, with the qualifier.
    pub(super) invoked_arn: String,
}

/// A message from the process.
#[derive(Debug)]
pub(super) enum Signal {
    /// It asks for the next event.
    Ready,
    /// Its response.
    Response(Bytes),
    /// A response over the limit.
    ResponseTooLarge,
    /// An invocation error.
    Error(Bytes),
    /// An initialisation error.
    InitError {
        /// The error object.
        body: Bytes,
        /// The header `Lambda-Runtime-Function-Error-Type`.
        error_type: String,
    },
}

/// The server; stops when dropped.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub(super) address: SocketAddr,
    work: mpsc::UnboundedSender<Work>,
    signals: mpsc::UnboundedReceiver<Signal>,
    server: tokio::task::AbortHandle,
}

impl RuntimeApi {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When none is available.
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (work, work_receiver) = mpsc::unbounded_channel();
        let (signal_sender, signals) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            address,
            work: tokio::sync::Mutex::new(work_receiver),
            signals: signal_sender,
            current: Mutex::new(None),
        });
        let server = tokio::spawn(serve(listener, state)).abort_handle();
        Ok(Self { address, work, signals, server })
    }

    /// Queues an invocation for the process.
    pub(super) fn assign(&self, work: Work) {
        // The receiver lives as long as the server; if the server is gone, the process exits or does not answer.
        let _ = self.work.send(work);
    }

    /// The next message from the process. Waits forever.
    pub(super) async fn signal(&mut self) -> Signal {
        match self.signals.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// State shared by the connections.
struct State {
    address: SocketAddr,
    work: tokio::sync::Mutex<mpsc::UnboundedReceiver<Work>>,
    signals: mpsc::UnboundedSender<Signal>,
    /// Id of the unanswered invocation.
    current: Mutex<Option<String>>,
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    // The set aborts the connections when the server is dropped.
    let mut connections = JoinSet::new();
    loop {
        let Some((stream, client)) = next_client(&listener).await else { continue };
        if !peer::is_own_process(client, state.address) {
            tracing::warn!("a process of another user tried to reach the Runtime API");
            continue;
        }
        let state = Arc::clone(&state);
        let _ = stream.set_nodelay(true);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let state = Arc::clone(&state);
                async move { Ok::<_, std::convert::Infallible>(state.answer(request).await) }
            });
            // A broken connection shows as a process that exits or does not respond.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The next connection; `None` after a moment when the system refuses it, such as when out of file descriptors.
async fn next_client(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            tracing::warn!(%error, "the Runtime API cannot accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

impl State {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !peer::is_program(request.headers(), self.address) {
            return problem(StatusCode::FORBIDDEN, "Forbidden", "The Runtime API is for the function's process");
        }
        let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
        let segments: Vec<&str> = path.split('/').collect();
        match (request.method().clone(), segments.as_slice()) {
            (Method::GET, ["invocation", "next"]) => self.next().await,
            (Method::POST, ["init", "error"]) => self.init_error(request).await,
            (Method::POST, ["invocation", id, "response"]) => self.response(id, request).await,
            (Method::POST, ["invocation", id, "error"]) => self.error(id, request).await,
            _ => problem(StatusCode::NOT_FOUND, "InvalidPath", "Not found"),
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let _ = self.signals.send(Signal::Ready);
        let Some(work) = self.work.lock().await.recv().await else {
            return problem(StatusCode::INTERNAL_SERVER_ERROR, "Sandbox.Failure", "The environment is being shut down");
        };
        *self.current() = Some(work.request_id.clone());
        Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &work.request_id)
            .header("lambda-runtime-deadline-ms", work.deadline)
            .header("lambda-runtime-invoked-function-arn", &work.invoked_arn)
            .header("lambda-runtime-trace-id", trace_id(&work.request_id))
            .body(Full::new(work.payload))
            .unwrap_or_else(|_| problem(StatusCode::INTERNAL_SERVER_ERROR, "Sandbox.Failure", "Unusable invocation"))
    }

    async fn response(&self, id: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.is_current(id) {
            return wrong_id();
        }
        match Limited::new(request.into_body(), RESPONSE_LIMIT).collect().await {
            Ok(body) => self.conclude(Signal::Response(body.to_bytes())),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                let _ = self.conclude(Signal::ResponseTooLarge);
                let message = format!("Exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).");
                problem(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
            }
            Err(_) => problem(StatusCode::BAD_REQUEST, "Runtime.TruncatedResponse", "The body ended too soon"),
        }
    }

    async fn error(&self, id: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.is_current(id) {
            return wrong_id();
        }
        match read_error(request).await {
            Some(body) => self.conclude(Signal::Error(body)),
            None => problem(StatusCode::BAD_REQUEST, "Runtime.TruncatedResponse", "The body ended too soon"),
        }
    }

    async fn init_error(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let error_type = request
            .headers()
            .get("lambda-runtime-function-error-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("Runtime.Unknown")
            .to_owned();
        match read_error(request).await {
            Some(body) => {
                let _ = self.signals.send(Signal::InitError { body, error_type });
                accepted()
            }
            None => problem(StatusCode::BAD_REQUEST, "Runtime.TruncatedResponse", "The body ended too soon"),
        }
    }

    fn conclude(&self, signal: Signal) -> Response<Full<Bytes>> {
        *self.current() = None;
        let _ = self.signals.send(signal);
        accepted()
    }

    fn is_current(&self, id: &str) -> bool {
        self.current().as_deref() == Some(id)
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read_error(request: Request<Incoming>) -> Option<Bytes> {
    let body = Limited::new(request.into_body(), RESPONSE_LIMIT).collect().await.ok()?.to_bytes();
    Some(if body.is_empty() { Bytes::from_static(b"{}") } else { body })
}

/// `Root=1-TIME-ID;Parent=ID;Sampled=0`, derived from the request id so that they can be correlated.
fn trace_id(request_id: &str) -> String {
    let digits: String = request_id.chars().filter(char::is_ascii_hexdigit).chain("0".repeat(32).chars()).collect();
    let seconds = jiff::Timestamp::now().as_second();
    format!("Root=1-{seconds:08x}-{};Parent={};Sampled=0", &digits[..24], &digits[8..24])
}

fn accepted() -> Response<Full<Bytes>> {
    json_response(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
}

fn wrong_id() -> Response<Full<Bytes>> {
    problem(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

fn problem(status: StatusCode, error_type: &str, message: &str) -> Response<Full<Bytes>> {
    json_response(status, &json!({ "errorType": error_type, "errorMessage": message }))
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}
