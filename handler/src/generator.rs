//! The error generator: a function that really fails, in the requested way.

use std::net::ToSocketAddrs;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};

use crate::clients::Clients;
use crate::log;

/// The kinds of failure, as `trigger-test --kind` names them.
pub const KINDS: [&str; 7] = ["exception", "timeout", "oom", "panic", "crash", "access-denied", "dependency"];

/// A host that no resolver knows: the top-level domain is reserved for that (RFC 2606).
const UNREACHABLE: &str = "dependency.invalid";
/// How long to look for a host, within the function's timeout.
const LOOKUP: Duration = Duration::from_secs(2);
/// How long used memory is held, for platforms that measure it now and then.
const HELD: Duration = Duration::from_secs(1);

/// An error of the generator, as Lambda reports it.
#[derive(Debug)]
pub struct Deliberate {
    error_type: String,
    error_message: String,
}

impl From<Deliberate> for Diagnostic {
    fn from(error: Deliberate) -> Self {
        Self { error_type: error.error_type, error_message: error.error_message }
    }
}

impl Deliberate {
    fn new(error_type: &str, error_message: impl Into<String>) -> Self {
        Self { error_type: error_type.to_owned(), error_message: error_message.into() }
    }
}

/// Fails as the payload's `kind` requests; by default with an exception.
///
/// # Errors
/// Always, unless the process dies first.
pub async fn fail(clients: &Clients, event: LambdaEvent<Value>) -> Result<Value, Deliberate> {
    let kind = event.payload.get("kind").and_then(Value::as_str).unwrap_or("exception");
    Err(match kind {
        "exception" => {
            Deliberate::new("DeliberateException", "deliberate failure, as incidentctl trigger-test asked for")
        }
        "timeout" => sleep_past_deadline(&event.context).await,
        "oom" => use_up_memory(event.payload.get("megabytes").and_then(Value::as_u64)).await,
        "panic" => panic_deliberately(),
        "crash" => end_process(),
        "access-denied" => read_forbidden_table(clients).await,
        "dependency" => call_unreachable_host().await,
        other => Deliberate::new(
            "UnknownKind",
            format!("unknown kind of failure `{other}`; the kinds are {}", KINDS.join(", ")),
        ),
    })
}

/// Lambda ends the sandbox at the deadline; the code after the sleep is for runtimes that do not.
async fn sleep_past_deadline(context: &Context) -> Deliberate {
    let left = context.deadline().duration_since(std::time::SystemTime::now()).unwrap_or_default();
    tokio::time::sleep(left + Duration::from_secs(30)).await;
    Deliberate::new("DeadlineNotEnforced", "deliberately slept past the deadline, and nothing ended the function")
}

/// Allocates memory in steps, as much as is asked for or more than any function has, and writes to every page, because
/// untouched pages do not count.
async fn use_up_memory(megabytes: Option<u64>) -> Deliberate {
    const STEP: usize = 16 << 20;
    const PAGE: usize = 4096;
    const MOST: usize = 11 << 30; // the largest function has 10 GB
    let wanted = megabytes.and_then(|megabytes| usize::try_from(megabytes).ok()?.checked_mul(1 << 20));
    let most = wanted.unwrap_or(MOST).min(MOST);
    log::line("allocating", json!({ "megabytes": most >> 20 }));
    let mut taken: Vec<Vec<u8>> = Vec::new();
    while taken.len() * STEP < most {
        let mut block = vec![0_u8; STEP];
        block.iter_mut().step_by(PAGE).for_each(|byte| *byte = 1);
        taken.push(std::hint::black_box(block));
    }
    tokio::time::sleep(HELD).await;
    let used = format!("deliberately used {} MB of memory, and nothing ended the function", most >> 20);
    Deliberate::new("MemoryLimitNotEnforced", used)
}

#[expect(clippy::panic, reason = "it is what was asked for")]
fn panic_deliberately() -> Deliberate {
    panic!("deliberate panic, as incidentctl trigger-test asked for")
}

#[expect(clippy::disallowed_methods, reason = "a process that ends in the middle of a request is what was asked for")]
fn end_process() -> Deliberate {
    std::process::exit(1)
}

/// Reads the incident table, to which the generator's role has no access.
async fn read_forbidden_table(clients: &Clients) -> Deliberate {
    let Ok(table) = std::env::var("FORBIDDEN_TABLE") else {
        return Deliberate::new("MissingVariable", "environment variable FORBIDDEN_TABLE is not set");
    };
    let key = AttributeValue::S("deliberately-forbidden".to_owned());
    match clients.dynamodb.get_item().table_name(table).key(incident_model::table::INCIDENT_ID, key).send().await {
        Ok(_) => Deliberate::new("AccessNotDenied", "deliberately read a table without permission, and was allowed to"),
        Err(error) => Deliberate::new(
            error.code().unwrap_or("ServiceUnreachable"),
            format!("deliberate failure: {}", error.message().unwrap_or("no answer from DynamoDB")),
        ),
    }
}

/// Looks for a host that does not exist, and fails in the words of an HTTP client.
async fn call_unreachable_host() -> Deliberate {
    log::line("calling", json!({ "host": UNREACHABLE }));
    let lookup = tokio::task::spawn_blocking(|| (UNREACHABLE, 443).to_socket_addrs().map(drop));
    let why = match tokio::time::timeout(LOOKUP, lookup).await {
        Ok(Ok(Ok(()))) => {
            return Deliberate::new("HostNotMissing", format!("{UNREACHABLE} should not exist, and does"));
        }
        Ok(Ok(Err(error))) => error.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("failed to lookup address information: timed out after {} s", LOOKUP.as_secs()),
    };
    let url = format!("https://{UNREACHABLE}/");
    Deliberate::new(
        "ConnectError",
        format!("error sending request for url ({url}): client error (Connect): dns error: {why}"),
    )
}
