//! Lambda's Runtime API for one function: sends it events and measures its timing.

use std::io::{self, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::http::{read_request, write_response};

/// Far longer than any response takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A function's step and its time.
#[derive(Debug)]
enum Step {
    /// It asked for an event.
    Asked(Instant),
    /// It is about to receive one.
    Given(Instant),
    /// It reported the event's outcome.
    Answered { at: Instant, well: bool, words: String },
}

/// An event that was handled.
pub(crate) struct Invocation {
    /// When the function received it.
    pub(crate) given: Instant,
    pub(crate) took: Duration,
}

/// The API side of one function. Its threads end with the function.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: Sender<String>,
    steps: Receiver<Step>,
}

impl RuntimeApi {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When no port is free.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (events, pending) = channel();
        let (sender, steps) = channel();
        let pending = Arc::new(Mutex::new(pending));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pending, sender) = (Arc::clone(&pending), sender.clone());
                // The connection ends with its function, as every measurement does.
                thread::spawn(move || converse(stream, &pending, &sender));
            }
        });
        Ok(Self { address, events, steps })
    }

    /// Its address, for `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the function asks for an event.
    ///
    /// # Errors
    /// When it does anything else, or nothing.
    pub(crate) fn asked(&self) -> Result<Instant, String> {
        match self.steps.recv_timeout(TIMEOUT) {
            Ok(Step::Asked(at)) => Ok(at),
            other => Err(format!("the function should ask for an event: {other:?}")),
        }
    }

    /// Sends the function an event and returns its response.
    ///
    /// # Errors
    /// When it fails or does not respond.
    pub(crate) fn invoke(&self, event: String) -> Result<Invocation, String> {
        self.events.send(event).map_err(|error| error.to_string())?;
        let given = match self.steps.recv_timeout(TIMEOUT) {
            Ok(Step::Given(at)) => at,
            other => return Err(format!("the function should be given its event: {other:?}")),
        };
        match self.steps.recv_timeout(TIMEOUT) {
            Ok(Step::Answered { at, well: true, .. }) => Ok(Invocation { given, took: at - given }),
            Ok(Step::Answered { words, .. }) => Err(format!("the function failed: {words}")),
            other => Err(format!("the function should answer: {other:?}")),
        }
    }
}

fn converse(stream: TcpStream, pending: &Mutex<Receiver<String>>, sender: &Sender<Step>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream)? {
        let now = Instant::now();
        if request.method == "GET" {
            sender.send(Step::Asked(now)).map_err(io::Error::other)?;
            let event = pending.lock().unwrap_or_else(PoisonError::into_inner).recv().map_err(io::Error::other)?;
            let headers = invocation_headers();
            sender.send(Step::Given(Instant::now())).map_err(io::Error::other)?;
            write_response(stream.get_mut(), "200 OK", &headers, event.as_bytes())?;
        } else {
            let well = request.path.ends_with("/response");
            let words = String::from_utf8_lossy(&request.body).into_owned();
            sender.send(Step::Answered { at: now, well, words }).map_err(io::Error::other)?;
            write_response(stream.get_mut(), "202 Accepted", "", b"")?;
        }
    }
    Ok(())
}

fn invocation_headers() -> String {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TIMEOUT;
    format!(
        "content-type: application/json\r\n\
         lambda-runtime-aws-request-id: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11\r\n\
         lambda-runtime-deadline-ms: {}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:000000000000:function:devops-incident-handler\r\n\
         lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n",
        deadline.as_millis()
    )
}
