//! Something repeated in one of the places of which a delivery can hold many.

use serde_json::{Map, Value, json};

/// Names that the adapters look for.
pub(crate) const NAMES: &[&str] = &[
    "Records",
    "Entries",
    "Message",
    "Sns",
    "body",
    "detail",
    "error",
    "errorMessage",
    "findings",
    "responsePayload",
    "stackTrace",
    "cause",
    "status",
    "state",
    "containers",
    "password",
];

/// How many places there are.
pub(crate) const PLACES: usize = 7;

/// A delivery of about this many bytes, mostly the repeated unit.
pub(crate) fn repeated(unit: &Value, place: usize, size: usize) -> Value {
    let text = unit.to_string();
    let times = size / text.len();
    let all = vec![unit.clone(); times];
    match place {
        0 => Value::from(all),
        1 => json!({"source": "s", "detail-type": "t", "detail": all}),
        2 => json!({"source": "s", "detail-type": "t", "detail": named(all)}),
        3 => json!({"Records": vec![json!({"eventSource": "aws:sqs", "messageId": "q", "body": text}); times]}),
        4 => json!({"TopicArn": "t", "MessageId": "m", "Message": text.repeat(times)}),
        5 => json!({"TopicArn": "t", "MessageId": "m", "Message": Value::from(all).to_string()}),
        _ => super::hostile::failed(json!(text.repeat(times)), Value::from(all)),
    }
}

fn named(values: Vec<Value>) -> Map<String, Value> {
    values.into_iter().enumerate().map(|(at, value)| (format!("field{at}"), value)).collect()
}
