//! A message of a dead-letter queue: the event in it, and why it is there. Pure.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use incident_model::control::Control;
use incident_model::{Kind, Observation, observe, read, redact};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Whose dead letters they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// EventBridge's, of the stack's rules: the event did not reach the handler.
    Rule,
    /// The handler's: it cannot handle the event, or failed at every attempt.
    Handler,
}

impl Origin {
    /// As the command line writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Handler => "handler",
        }
    }
}

/// A message as SQS gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Its id, which stays the same however often it is received.
    pub id: String,
    /// Its text.
    pub body: String,
    /// When it came, in milliseconds since 1970.
    pub sent_at: Option<i64>,
    /// How often it was received, this time included.
    pub receives: u64,
    /// The queue that SQS moved it from, because it was received too often there.
    pub moved_from: Option<String>,
    /// Its own attributes; those that are no text are left out.
    pub attributes: BTreeMap<String, String>,
}

/// A message, understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Id of the message.
    pub message_id: String,
    /// The queue that it is in.
    pub queue: Origin,
    /// Since when, RFC 3339 in UTC.
    pub since: Option<String>,
    /// How often it was received; SQS counts each look of a person as well, this one included.
    pub receives: u64,
    /// What it holds.
    pub event: Event,
    /// Why it is there.
    pub reason: Reason,
    /// What the handler has to be given.
    #[serde(skip)]
    pub payload: String,
    /// The message itself.
    #[serde(skip)]
    pub message: Message,
}

/// What an event says; empty where it says nothing. Secrets are redacted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Event {
    /// How many there are: a delivery may hold several, of which this is the first failure. None when nothing can be read.
    pub number: usize,
    /// The same for every delivery of one event.
    pub id: String,
    /// Kind of resource: `lambda`, `ecs`, `cloudwatch` …
    pub source: String,
    /// The event's `detail-type`.
    pub detail_type: String,
    /// The resource's name.
    pub resource: String,
    /// When it happened, RFC 3339 in UTC.
    pub occurred_at: String,
    /// What happened.
    pub error: String,
}

/// Why it is a dead letter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// EventBridge's `ERROR_CODE`, or the class of the handler's error.
    pub code: String,
    /// The message to it.
    pub message: String,
    /// What ended the attempts: `MaximumRetryAttempts`, `RetriesExhausted` …
    pub condition: Option<String>,
    /// How often it was tried: EventBridge counts the repetitions, Lambda and the handler all.
    pub attempts: Option<u64>,
    /// When the handler first received it from the queue of events, RFC 3339 in UTC.
    pub first_received: Option<String>,
    /// ARN of the rule.
    pub rule: Option<String>,
    /// ARN of the rule's target.
    pub target: Option<String>,
    /// Id of the handler's invocation.
    pub request_id: Option<String>,
}

impl DeadLetter {
    /// Understands a message of a queue; `handler` is the name of the stack's handler. What cannot be understood is a dead
    /// letter as well, and says so.
    pub fn read(message: Message, queue: Origin, handler: &str) -> Self {
        let record = (queue == Origin::Handler).then(|| record_of(&message, handler)).flatten();
        let payload = match &record {
            Some(record) => record.get("requestPayload").unwrap_or(&Value::Null).to_string(),
            None => message.body.clone(),
        };
        let reason = match &record {
            Some(record) => Reason::of_record(record),
            None if message.attributes.is_empty() && message.moved_from.is_some() => Reason::of_move(),
            None => Reason::of_attributes(&message.attributes),
        };
        Self {
            message_id: message.id.clone(),
            queue,
            since: message.sent_at.and_then(|time| Timestamp::from_millisecond(time).ok()).map(|time| time.to_string()),
            receives: message.receives,
            event: Event::of(&payload),
            reason,
            payload,
            message,
        }
    }
}

/// Lambda's record of a failed invocation, which an on-failure destination gets: the event is a member of it. A function's own
/// dead-letter queue gets the event itself, and the error as attributes.
fn record_of(message: &Message, handler: &str) -> Option<Value> {
    let record: Value = read(message.body.as_bytes()).ok()?;
    let arn = record.pointer("/requestContext/functionArn")?.as_str()?;
    let is_own = arn.split(':').nth(6) == Some(handler);
    (is_own && record.get("requestPayload").is_some()).then_some(record)
}

impl Event {
    fn of(payload: &str) -> Self {
        let delivery = match read(payload.as_bytes()) {
            Ok(delivery) => delivery,
            Err(error) => return Self::unreadable(&error),
        };
        if let Some(control) = Control::read(&delivery) {
            return Self::asked_for(&control);
        }
        let observed = match observe(&delivery) {
            Ok(observed) => observed,
            Err(error) => return Self::unreadable(&error),
        };
        let number = observed.len();
        let first = observed.iter().find(|seen| seen.kind == Kind::Failure).or(observed.first()).cloned();
        first.map(|seen| Self { number, ..Self::seen(seen.without_secrets()) }).unwrap_or_default()
    }

    fn seen(seen: Observation) -> Self {
        let error = match &seen.kind {
            Kind::Failure => seen.error(),
            Kind::Recovery => "a recovery".to_owned(),
            Kind::Ignored { reason } => format!("no failure: {reason}"),
        };
        Self {
            number: 1,
            id: seen.event_id,
            source: seen.source,
            detail_type: seen.detail_type,
            resource: seen.resource,
            occurred_at: seen.occurred_at,
            error,
        }
    }

    /// What is no event, but a request of the stack itself.
    fn asked_for(control: &Control) -> Self {
        let (detail_type, error) = match control {
            Control::Sweep => ("Sweep", "a sweep failed; the next one does what it left"),
            Control::SelfCheck => ("Self-check", "a self-check failed"),
            Control::Snapshot { .. } => ("Snapshot", "a snapshot of a function failed"),
            Control::Analyse { .. } => ("Analysis", "an analysis of an incident failed"),
        };
        let source = "incidentctl".to_owned();
        Self { source, detail_type: detail_type.to_owned(), error: error.to_owned(), ..Self::default() }
    }

    fn unreadable(error: &impl std::fmt::Display) -> Self {
        Self { error: redact(&format!("cannot be read as an event: {error}")), ..Self::default() }
    }
}

impl Reason {
    /// From the record of an on-failure destination. Without an answer the function never ran, and the condition says why.
    fn of_record(record: &Value) -> Self {
        let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let condition = text("/requestContext/condition");
        let code = text("/responsePayload/errorType").or_else(|| text("/responseContext/functionError"));
        Self {
            code: code.or_else(|| condition.clone()).unwrap_or_default(),
            message: redact(&text("/responsePayload/errorMessage").unwrap_or_default()),
            condition,
            attempts: record.pointer("/requestContext/approximateInvokeCount").and_then(Value::as_u64),
            request_id: text("/requestContext/requestId"),
            ..Self::default()
        }
    }

    /// Of a message that SQS moved by the redrive policy of the queue of events.
    fn of_move() -> Self {
        Self {
            code: "ReceivedTooOften".to_owned(),
            message: "the handler received it as often as its queue allows, and never finished it".to_owned(),
            ..Self::default()
        }
    }

    /// From the attributes that EventBridge, Lambda and the handler give their dead letters (EventBridge user guide, "Using
    /// dead-letter queues"; Lambda developer guide, "Dead-letter queues").
    fn of_attributes(attributes: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| attributes.get(name).cloned();
        let either = |one: &str, other: &str| text(one).or_else(|| text(other)).unwrap_or_default();
        Self {
            code: either("ERROR_CODE", "ErrorCode"),
            message: redact(&either("ERROR_MESSAGE", "ErrorMessage")),
            condition: text("EXHAUSTED_RETRY_CONDITION"),
            attempts: text("RETRY_ATTEMPTS").or_else(|| text("ReceiveCount")).and_then(|number| number.parse().ok()),
            first_received: text("FirstReceived"),
            rule: text("RULE_ARN"),
            target: text("TARGET_ARN"),
            request_id: text("RequestID"),
        }
    }

    /// Code and message in one line; what is known when there is none.
    pub fn line(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => "the message does not say".to_owned(),
            (code, "") => code.to_owned(),
            ("", message) => message.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    }
}
