//! The event that a function gets: the messages of a batch as records. Pure.

use std::time::Instant;

use bytes::Bytes;
use serde_json::{Map, Value, json};

/// A payload's bytes at most, as for any synchronous invocation.
const PAYLOAD_LIMIT: usize = 6_291_456;
const BEGIN: &str = "{\"Records\":[";
const END: &str = "]}";

/// A received message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Received {
    pub(super) id: String,
    pub(super) receipt: String,
    /// Its record in the event.
    pub(super) record: Value,
    /// When the queue shows it again, unless it is deleted.
    pub(super) visible_again: Instant,
    /// The record's length in the payload.
    length: usize,
}

impl Received {
    /// A message of a `ReceiveMessage` reply. `queue_arn` and `region` are the queue's.
    pub(super) fn read(message: &Value, queue_arn: &str, region: &str, visible_again: Instant) -> Self {
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        let mut record = json!({
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": attributes(&message["MessageAttributes"]),
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": region,
        });
        if let Some(digest) = message.get("MD5OfMessageAttributes") {
            record["md5OfMessageAttributes"] = digest.clone();
        }
        let length = record.to_string().len();
        Self { id: text("MessageId"), receipt: text("ReceiptHandle"), record, visible_again, length }
    }
}

/// Message attributes as events have them.
fn attributes(given: &Value) -> Value {
    let given = given.as_object().into_iter().flatten();
    let attributes: Map<String, Value> = given
        .map(|(name, value)| {
            let mut attribute = json!({
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            });
            for (member, name) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
                if let Some(value) = value.get(member) {
                    attribute[name] = value.clone();
                }
            }
            (name.clone(), attribute)
        })
        .collect();
    Value::Object(attributes)
}

/// How many messages from the first on fit into one payload; at least one.
pub(super) fn fitting(messages: &[Received]) -> usize {
    let mut length = BEGIN.len() + END.len();
    let fits = |message: &&Received| {
        length += message.length + 1;
        length <= PAYLOAD_LIMIT + 1
    };
    messages.iter().take_while(fits).count().max(1).min(messages.len())
}

/// The event with these messages.
pub(super) fn payload(messages: &[Received]) -> Bytes {
    let records: Vec<String> = messages.iter().map(|message| message.record.to_string()).collect();
    Bytes::from(format!("{BEGIN}{}{END}", records.join(",")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn message(body: &str) -> Received {
        let queue = "arn:aws:sqs:eu-west-1:000000000000:jobs";
        Received::read(&json!({"MessageId": "1", "Body": body}), queue, "eu-west-1", Instant::now())
    }

    #[test]
    fn a_record_has_awss_shape() {
        let message = json!({
            "MessageId": "id", "ReceiptHandle": "handle", "MD5OfBody": "body digest", "Body": "hello",
            "Attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "g"},
            "MD5OfMessageAttributes": "digest",
            "MessageAttributes": {
                "kind": {"StringValue": "x", "DataType": "String"},
                "bytes": {"BinaryValue": "AAE=", "DataType": "Binary"},
            },
        });
        let queue = "arn:aws:sqs:eu-west-1:000000000000:jobs";
        let received = Received::read(&message, queue, "eu-west-1", Instant::now());
        assert_eq!((received.id.as_str(), received.receipt.as_str()), ("id", "handle"));
        let expected = json!({
            "messageId": "id",
            "receiptHandle": "handle",
            "body": "hello",
            "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "g"},
            "messageAttributes": {
                "kind": {"stringValue": "x", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
                "bytes": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
            },
            "md5OfMessageAttributes": "digest",
            "md5OfBody": "body digest",
            "eventSource": "aws:sqs",
            "eventSourceARN": queue,
            "awsRegion": "eu-west-1",
        });
        assert_eq!(received.record, expected);
        let payload: Value = serde_json::from_slice(&payload(&[received])).unwrap();
        assert_eq!(payload, json!({"Records": [expected]}));
    }

    #[test]
    fn a_payload_has_six_megabytes_at_most() {
        let small = message("");
        let half = PAYLOAD_LIMIT / 2;
        for (lengths, expected) in [
            (vec![], 0),
            (vec![10], 1),
            (vec![half, half], 1),
            (vec![half, half - 15, 1], 2),
            (vec![half, half - 14, 1], 1),
            // It would not be invoked at all; the invocation fails with its own error.
            (vec![PAYLOAD_LIMIT * 2, 1], 1),
        ] {
            let messages: Vec<Received> =
                lengths.iter().map(|length| Received { length: *length, ..small.clone() }).collect();
            assert_eq!(fitting(&messages), expected, "{lengths:?}");
        }
        let two = [message("a"), message("b")];
        assert_eq!(payload(&two).len(), BEGIN.len() + END.len() + two[0].length + 1 + two[1].length);
    }
}
