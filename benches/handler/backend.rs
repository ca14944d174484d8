//! A DynamoDB, an SNS and the services that have evidence. They answer at once, to measure the handler's own cost, or as
//! fast as AWS. Every condition holds, and items can be read back by key.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::evidence::Evidence;
use crate::http::{Request, read_request, write_response};

/// SNS's reply to every call; each client reads the part it needs.
const SNS: &str = "<PublishResponse><PublishResult><MessageId>9f9fba3f-53a2-4e0b-9d4c-8e6e4b2f0c11</MessageId>\
                   </PublishResult></PublishResponse>";
/// The incident table's key.
const KEY: &str = "incident_id";

/// How long a service takes to answer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Latencies {
    pub(crate) dynamodb: Duration,
    pub(crate) logs: Duration,
    pub(crate) metrics: Duration,
    /// Lambda and SNS.
    pub(crate) others: Duration,
}

/// Usual ones within a Region.
pub(crate) const OF_AWS: Latencies = Latencies {
    dynamodb: Duration::from_millis(10),
    logs: Duration::from_millis(30),
    metrics: Duration::from_millis(50),
    others: Duration::from_millis(20),
};

/// A running stub. Its threads end with the program.
pub(crate) struct Backend {
    endpoint: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    connections: AtomicUsize,
    requests: AtomicUsize,
    items: Mutex<HashMap<String, Value>>,
    latencies: Latencies,
    evidence: Evidence,
    mailed: Mutex<Option<Instant>>,
}

impl Backend {
    /// Listens on a free port, with TLS if given.
    ///
    /// # Errors
    /// When no port is free.
    pub(crate) fn start(tls: Option<Arc<ServerConfig>>, latencies: Latencies) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let endpoint = format!("{scheme}://{}", listener.local_addr()?);
        let state = Arc::new(State { latencies, ..State::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let (state, tls) = (Arc::clone(&shared), tls.clone());
                // A client that disconnects ends only its own thread.
                thread::spawn(move || serve(stream, tls, &state));
            }
        });
        Ok(Self { endpoint, state })
    }

    /// Its URL.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// When the newest mail was accepted.
    pub(crate) fn mailed(&self) -> Option<Instant> {
        *self.state.mailed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.state.requests.load(Ordering::Relaxed)
    }
}

fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, state: &State) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        None => converse(stream, state),
        Some(tls) => {
            let session = ServerConnection::new(tls).map_err(io::Error::other)?;
            converse(StreamOwned::new(session, stream), state)
        }
    }
}

fn converse(stream: impl Read + Write, state: &State) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream)? {
        state.requests.fetch_add(1, Ordering::Relaxed);
        let (headers, body) = state.answer(&request)?;
        write_response(stream.get_mut(), "200 OK", headers, &body)?;
    }
    Ok(())
}

impl State {
    /// Headers and body of the answer, once its service has it.
    fn answer(&self, request: &Request) -> io::Result<(&'static str, Vec<u8>)> {
        const JSON: &str = "content-type: application/x-amz-json-1.0\r\n";
        let Latencies { dynamodb, logs, metrics, others } = self.latencies;
        let after = |latency: Duration, headers, body| {
            wait(latency);
            Ok((headers, body))
        };
        match request.target.split_once('.') {
            Some((service, operation)) if service.starts_with("DynamoDB") => {
                let body = self.dynamodb(operation, request)?;
                after(dynamodb, JSON, body.into_bytes())
            }
            Some(_) => after(logs, JSON, self.evidence.log(&request.body)?),
            None if request.path.contains("GetMetricData") => {
                let headers = "content-type: application/cbor\r\nsmithy-protocol: rpc-v2-cbor\r\n";
                after(metrics, headers, self.evidence.metrics.clone())
            }
            None if request.path.contains("/functions/") => {
                after(others, "content-type: application/json\r\n", self.evidence.function(&request.path))
            }
            None => {
                let answer = after(others, "content-type: text/xml\r\n", SNS.as_bytes().to_vec());
                if request.body.starts_with(b"Action=Publish") {
                    *self.mailed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                }
                answer
            }
        }
    }

    fn dynamodb(&self, operation: &str, request: &Request) -> io::Result<String> {
        let asked = || serde_json::from_slice::<Value>(&request.body);
        Ok(match operation {
            "PutItem" => self.put(&asked()?["Item"]),
            "TransactWriteItems" => {
                for write in asked()?["TransactItems"].as_array().into_iter().flatten() {
                    self.put(&write["Put"]["Item"]);
                }
                "{}".to_owned()
            }
            "GetItem" => match self.get(&asked()?["Key"]) {
                Some(item) => json!({ "Item": item }).to_string(),
                None => "{}".to_owned(),
            },
            "BatchGetItem" => {
                let asked = asked()?;
                let found = asked["RequestItems"].as_object().into_iter().flatten().map(|(table, wanted)| {
                    let keys = wanted["Keys"].as_array().into_iter().flatten();
                    (table.clone(), keys.filter_map(|key| self.get(key)).collect::<Value>())
                });
                json!({ "Responses": found.collect::<Value>(), "UnprocessedKeys": {} }).to_string()
            }
            "Query" | "Scan" => r#"{"Items":[],"Count":0,"ScannedCount":0}"#.to_owned(),
            _ => "{}".to_owned(),
        })
    }

    fn put(&self, item: &Value) -> String {
        if let Some(key) = item[KEY]["S"].as_str() {
            self.items.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), item.clone());
        }
        "{}".to_owned()
    }

    fn get(&self, key: &Value) -> Option<Value> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).get(key[KEY]["S"].as_str()?).cloned()
    }
}

#[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
fn wait(latency: Duration) {
    if !latency.is_zero() {
        thread::sleep(latency);
    }
}
