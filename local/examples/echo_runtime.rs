//! A Lambda runtime using only the standard library, for the local AWS's tests: the payload selects its behaviour. The
//! example's binary becomes the `bootstrap` of a test package.

#![expect(clippy::disallowed_methods, reason = "to exit and to block is what this runtime is for")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API")?;
    initialise(&api)?;
    loop {
        let (headers, payload) = request(&api, "GET", "invocation/next", "")?;
        let id = headers
            .iter()
            .find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: "))
            .ok_or("an invocation without id")?
            .to_owned();
        let (outcome, body) = act(&payload, &headers);
        request(&api, "POST", &format!("invocation/{id}/{outcome}"), &body)?;
    }
}

/// The handler's name can make initialisation fail.
fn initialise(api: &str) -> Result<(), Box<dyn Error>> {
    match std::env::var("_HANDLER").unwrap_or_default().as_str() {
        "init-exit" => std::process::exit(3),
        "init-error" => {
            let error = json!({ "errorType": "Runtime.ImportModuleError", "errorMessage": "no such module" });
            request(api, "POST", "init/error", &error.to_string())?;
            std::process::exit(1);
        }
        _ => Ok(()),
    }
}

fn act(payload: &str, headers: &[String]) -> (&'static str, String) {
    let event: Value = serde_json::from_str(payload).unwrap_or_default();
    if let Some(records) = event["Records"].as_array().filter(|records| records[0]["eventSource"] == "aws:sqs") {
        return act_on_batch(payload, records, headers);
    }
    let number = |name: &str| event[name].as_u64();
    if let Some(text) = event["print"].as_str() {
        say(text);
    }
    if let Some(milliseconds) = number("sleep") {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
    if let Some(megabytes) = number("allocate") {
        return ("response", json!({ "allocated": allocate(megabytes) }).to_string());
    }
    if let Some(bytes) = number("respond") {
        return ("response", format!("\"{}\"", "x".repeat(usize::try_from(bytes).unwrap_or(0))));
    }
    if let Some(code) = number("exit") {
        std::process::exit(i32::try_from(code).unwrap_or(1));
    }
    if event["abort"] == true {
        std::process::abort();
    }
    if let Some(name) = event["variable"].as_str() {
        return ("response", json!(std::env::var(name).ok()).to_string());
    }
    if event["variables"] == true {
        let names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
        return ("response", json!(names).to_string());
    }
    if event["headers"] == true {
        return ("response", json!(headers).to_string());
    }
    if event["process"] == true {
        return ("response", json!(std::process::id()).to_string());
    }
    match event["error"].as_str() {
        Some(message) => ("error", json!({ "errorType": "Deliberate", "errorMessage": message }).to_string()),
        None => ("response", payload.to_owned()),
    }
}

/// Prints the event of a queue, unless it is very long, and does what its messages say. One that says `"fail": true` is reported as failed; the text
/// in `answer` is the whole answer.
fn act_on_batch(payload: &str, records: &[Value], headers: &[String]) -> (&'static str, String) {
    if payload.len() < 100_000 {
        say(payload);
    }
    let mut failed = Vec::new();
    for record in records {
        let body = record["body"].as_str().unwrap_or_default();
        let message: Value = serde_json::from_str(body).unwrap_or_default();
        if let Some(answer) = message["answer"].as_str() {
            return ("response", answer.to_owned());
        }
        match act(body, headers) {
            ("error", error) => return ("error", error),
            _ if message["fail"] == true => failed.push(json!({ "itemIdentifier": record["messageId"] })),
            _ => {}
        }
    }
    ("response", json!({ "batchItemFailures": failed }).to_string())
}

fn say(text: &str) {
    // The client has disconnected: the invocation is lost anyway.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Allocates and touches memory, a megabyte at a time, slowly enough to be sampled.
fn allocate(megabytes: u64) -> usize {
    let mut blocks = Vec::new();
    for _ in 0..megabytes {
        blocks.push(vec![1_u8; 1 << 20]);
        if blocks.len() % 32 == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    blocks.iter().map(|block| usize::from(block[block.len() / 2])).sum()
}

/// One HTTP request on its own connection: lower-case headers, and the body.
fn request(api: &str, method: &str, path: &str, body: &str) -> Result<(Vec<String>, String), Box<dyn Error>> {
    let mut stream = TcpStream::connect(api)?;
    let length = body.len();
    write!(
        stream,
        "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {api}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )?;
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        headers.push(match line.split_once(": ") {
            Some((name, value)) => format!("{}: {value}", name.to_lowercase()),
            None => line.to_owned(),
        });
    }
    let mut content = String::new();
    reader.read_to_string(&mut content)?;
    Ok((headers, content))
}
