//! A message of the stack's queue of events, as Lambda's event source mapping delivers it.

use serde_json::{Value, json};

use crate::settings::Settings;

/// A message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    record: &'a Value,
}

impl<'a> Message<'a> {
    /// The messages of an invocation's payload; `None` unless all are from the stack's own queue of events, whose mapping
    /// reads the answer.
    pub(crate) fn batch(payload: &'a Value, settings: &Settings) -> Option<Vec<Self>> {
        let records = payload.get("Records")?.as_array()?;
        let is_own = |record: &Value| {
            record.get("eventSource").and_then(Value::as_str) == Some("aws:sqs")
                && record.get("eventSourceARN").and_then(Value::as_str).is_some_and(|arn| settings.is_events_queue(arn))
        };
        let are_own = !records.is_empty() && records.iter().all(is_own);
        are_own.then(|| records.iter().map(|record| Self { record }).collect())
    }

    /// Its id, by which the answer names it.
    pub(crate) fn id(&self) -> &'a str {
        self.text("/messageId")
    }

    /// Its text.
    pub(crate) fn body(&self) -> &'a str {
        self.text("/body")
    }

    /// What it can be deleted with.
    pub(crate) fn receipt(&self) -> &'a str {
        self.text("/receiptHandle")
    }

    /// How often it was received, this time included.
    pub(crate) fn receives(&self) -> u64 {
        self.text("/attributes/ApproximateReceiveCount").parse().unwrap_or(1)
    }

    /// When it was first received, in milliseconds since 1970.
    pub(crate) fn first_received(&self) -> Option<i64> {
        self.text("/attributes/ApproximateFirstReceiveTimestamp").parse().ok()
    }

    /// The delivery of this message alone. Where it came from when it was moved back from the dead-letter queue is no
    /// failure of its own.
    pub(crate) fn delivery(&self, settings: &Settings) -> Value {
        let mut record = self.record.clone();
        if let Some(attributes) = record.get_mut("attributes").and_then(Value::as_object_mut) {
            let is_own = |arn: &Value| arn.as_str().is_some_and(|arn| settings.is_events_queue(arn));
            if attributes.get("DeadLetterQueueSourceArn").is_some_and(is_own) {
                attributes.shift_remove("DeadLetterQueueSourceArn");
            }
        }
        json!({ "Records": [record] })
    }

    fn text(&self, pointer: &str) -> &'a str {
        self.record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}
