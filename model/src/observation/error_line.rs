//! An error in one line for people.

use super::json_message;

/// The line for an error without content.
const SILENT: &str = "the event gives no reason";

/// Class and message, without an uninformative or redundant class.
pub(super) fn line(class: &str, message: &str) -> String {
    let class = plain_class(class);
    let object = json_message::line(message);
    let message = object.as_deref().unwrap_or(message);
    if let Some(refused) = refused_call(headline(message)) {
        return refused;
    }
    let message = plain(headline(message));
    let is_repeated = message.starts_with(class) || message.starts_with(REFUSAL) || is_platform(class);
    match (says_something(class), message.is_empty()) {
        (true, false) if !is_repeated => format!("{class}: {message}"),
        (true, true) => class.to_owned(),
        (_, false) => message.to_owned(),
        (false, true) => SILENT.to_owned(),
    }
}

/// `LoadError` of `Init<LoadError>`, as Ruby's runtime writes it.
fn plain_class(class: &str) -> &str {
    ["Init<", "Function<"].iter().find_map(|prefix| class.strip_prefix(prefix)?.strip_suffix('>')).unwrap_or(class)
}

/// Whether a class is informative. Go's `errorString` and Rust's boxed errors cover all errors, and `FAILED` only
/// repeats that there is an incident.
fn says_something(class: &str) -> bool {
    const EMPTY: &[&str] = &[
        "critical",
        "deadletter",
        "error",
        "errors",
        "errorstring",
        "exception",
        "failed",
        "failure",
        "fatal",
        "handled",
        "joinerror",
        "message",
        "object",
        "panic",
        "retriesexhausted",
        "string",
        "unhandled",
        "wraperror",
    ];
    let is_boxed = ["Box<", "dyn "].iter().any(|any| class.contains(any));
    let is_exit_code = class.strip_prefix("Exit").is_some_and(|code| code.parse::<i64>().is_ok());
    let is_empty = class.is_empty() || EMPTY.contains(&class.to_ascii_lowercase().as_str());
    !is_empty && !is_exit_code && !is_boxed && !class.starts_with(['&', '*'])
}

/// Whether Lambda itself reports the error; its messages contain what its classes say.
fn is_platform(class: &str) -> bool {
    ["Runtime.", "Sandbox.", "Function."].iter().any(|prefix| class.starts_with(prefix))
}

/// The line of a message that states the error: the last of a Python traceback, the second of a Rust panic, else the
/// first.
fn headline(message: &str) -> &str {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return "" };
    if first.starts_with("Traceback (most recent call last)") {
        return lines.next_back().unwrap_or(first);
    }
    match lines.next() {
        Some(second) if first.contains("panicked at ") && first.ends_with(':') => second,
        Some(second) if matches!(first, "Error" | "Error:" | "Exception") => second,
        _ => first,
    }
}

/// `ThrottlingException when calling GetItem: Rate exceeded` from botocore's longer text.
fn refused_call(message: &str) -> Option<String> {
    let (code, rest) = message.strip_prefix("An error occurred (")?.split_once(") when calling the ")?;
    let (operation, said) = rest.split_once(" operation")?;
    let said = said.rsplit_once("): ").map_or(said, |(_, said)| said).trim_start_matches([':', ' ']);
    (!said.contains(REFUSAL)).then(|| format!("{code} when calling {operation}: {said}"))
}

/// IAM's words before the denied action.
const REFUSAL: &str = "not authorized to perform: ";
/// Prefixes that runtimes add to every message.
const PREFIXES: &[&str] = &["Error: ", "Uncaught ", "Lambda panicked: ", "Unhandled exception: ", "Exception: "];

/// A message without the additions of runtimes and SDKs; of an access denial only the denied action.
fn plain(message: &str) -> &str {
    if let Some(at) = message.find(REFUSAL) {
        return without_reference(message[at..].split(" because ").next().unwrap_or(message));
    }
    let mut plain = message.trim();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| plain.strip_prefix(prefix)) {
        plain = rest.trim_start();
    }
    without_reference(plain)
}

/// A message without the suffix of Java's SDK: `… (Service: DynamoDb, Status Code: 400, Request ID: 5J3…)`.
fn without_reference(message: &str) -> &str {
    const REFERENCES: &[&str] = &[" (Service: ", " (RequestId: ", " (request id: "];
    REFERENCES.iter().fold(message, |text, begin| text.split(begin).next().unwrap_or(text))
}
