//! Unwraps events: SNS, SQS, Kinesis, CloudWatch Logs, dead-letter queues, in any nesting.

mod dead_letter;
mod logs;
mod notification;

use serde_json::{Value, json};

use super::Unreadable;
use super::envelope::{Envelope, identified};
use crate::fields::{first_text, text};

/// Maximum number of wrappers. AWS's own services nest three (S3 in SNS in SQS).
const MAX_LAYERS: usize = 8;
/// Detail-type of the placeholder for an unreadable record.
pub(super) const UNREADABLE: &str = "Unreadable Record";

/// All events in a delivery.
///
/// # Errors
/// When the delivery cannot contain an event: neither an object nor an array of objects, empty, or undecodable.
pub(super) fn unwrap(delivery: &Value) -> Result<Vec<Envelope>, Unreadable> {
    let envelopes = Layer { depth: 0, id: "", subject: "" }.open(delivery)?;
    if envelopes.is_empty() { Err(Unreadable::Empty) } else { Ok(envelopes) }
}

/// The current nesting, and the enclosing wrapper's data.
#[derive(Clone, Copy)]
struct Layer<'a> {
    depth: usize,
    /// Id of the nearest wrapper with one; the event's own id takes precedence.
    id: &'a str,
    /// Subject of the enclosing notification, for prose.
    subject: &'a str,
}

impl<'a> Layer<'a> {
    fn inside<'b>(self, id: &'b str, subject: &'b str) -> Result<Layer<'b>, Unreadable>
    where
        'a: 'b,
    {
        let depth = self.depth + 1;
        if depth > MAX_LAYERS {
            return Err(Unreadable::TooDeep);
        }
        let id = if id.is_empty() { self.id } else { id };
        Ok(Layer { depth, id, subject })
    }

    fn open(self, value: &Value) -> Result<Vec<Envelope>, Unreadable> {
        match value {
            Value::Object(fields) if fields.is_empty() => Err(Unreadable::Empty),
            Value::Object(_) => self.object(value),
            Value::Array(values) => self.each(values),
            _ if self.depth == 0 => Err(Unreadable::NotAnObject),
            Value::String(text) => self.text(text),
            _ => Err(Unreadable::NotAnObject),
        }
    }

    fn each(self, values: &[Value]) -> Result<Vec<Envelope>, Unreadable> {
        let layer = self.inside("", self.subject)?;
        opened(values, |value| layer.open(value))
    }

    fn object(self, value: &Value) -> Result<Vec<Envelope>, Unreadable> {
        if let Some(envelope) = Envelope::read(value) {
            return Ok(vec![self.named(envelope)]);
        }
        if let Some(records) = value.get("Records").and_then(Value::as_array) {
            return self.records(records);
        }
        if let Some(entries) = value.get("Entries").and_then(Value::as_array) {
            return self.each(entries);
        }
        if let Some(data) = value.pointer("/awslogs/data") {
            return logs::subscription(data);
        }
        if value.get("logEvents").is_some_and(Value::is_array) {
            return Ok(logs::batch(value.clone()));
        }
        if let Some(message) = value.get("Message").filter(|_| !text(value, "/TopicArn").is_empty()) {
            return self.inside(text(value, "/MessageId"), text(value, "/Subject"))?.open(message);
        }
        Ok(vec![self.named(notification::object(value))])
    }

    fn records(self, records: &[Value]) -> Result<Vec<Envelope>, Unreadable> {
        let layer = self.inside("", self.subject)?;
        opened(records, |record| layer.record(record))
    }

    fn record(self, record: &Value) -> Result<Vec<Envelope>, Unreadable> {
        match first_text(record, &["/eventSource", "/EventSource"]) {
            "aws:sns" => self.open_sns(record),
            "aws:sqs" => self.message(record),
            "aws:kinesis" => self.open_kinesis(record),
            _ if record.get("Sns").is_some() => self.open_sns(record),
            _ if record.get("body").is_some() => self.message(record),
            "" => self.open(record),
            "aws:s3" if text(record, "/eventName").contains("Replication:OperationFailed") => {
                Ok(vec![self.named(replication(record))])
            }
            // A data change, as from S3 and DynamoDB: no sign of a failure.
            service => Ok(vec![Envelope::made(
                &service.replacen("aws:", "aws.", 1),
                "Data Record",
                first_text(record, &["/eventID", "/responseElements/x-amz-request-id"]),
                &[],
                Value::Null,
            )]),
        }
    }

    fn open_sns(self, record: &Value) -> Result<Vec<Envelope>, Unreadable> {
        let message = record.pointer("/Sns/Message").unwrap_or(&Value::Null);
        self.inside(text(record, "/Sns/MessageId"), text(record, "/Sns/Subject"))?.open(message)
    }

    fn open_kinesis(self, record: &Value) -> Result<Vec<Envelope>, Unreadable> {
        let text = logs::decoded(text(record, "/kinesis/data"))?;
        self.inside(crate::fields::text(record, "/eventID"), "")?.text(&text)
    }

    /// An SQS message. One from a dead-letter queue reports two things: the failed delivery, and its content.
    fn message(self, record: &Value) -> Result<Vec<Envelope>, Unreadable> {
        let layer = self.inside(text(record, "/messageId"), "")?;
        let mut envelopes: Vec<Envelope> = dead_letter::delivery_failure(record).into_iter().collect();
        if dead_letter::holds_user_payload(record) {
            return Ok(envelopes);
        }
        let is_dead_letter = !envelopes.is_empty();
        match layer.text(text(record, "/body")) {
            Ok(inner) => {
                envelopes.extend(inner.into_iter().filter(|inner| !is_dead_letter || !inner.source.is_empty()))
            }
            Err(error) if !is_dead_letter => return Err(error),
            Err(_) => {}
        }
        Ok(envelopes)
    }

    fn text(self, text: &str) -> Result<Vec<Envelope>, Unreadable> {
        match crate::json::from_str::<Value>(text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => self.inside("", self.subject)?.open(&value),
            _ if text.trim().is_empty() => Err(Unreadable::Empty),
            _ => Ok(vec![self.named(notification::prose(self.subject, text))]),
        }
    }

    /// An event without an id gets its wrapper's.
    fn named(self, mut envelope: Envelope) -> Envelope {
        if envelope.event_id.is_empty() {
            let said = [envelope.source.as_str().into(), envelope.detail_type.as_str().into(), envelope.detail.clone()];
            envelope.event_id = identified(self.id, &Value::from_iter(said));
        }
        envelope
    }
}

/// Unwraps all. An unreadable one does not hide the others, and is reported as well, since it may have been a failure.
/// If none is readable, the delivery is an error.
fn opened(
    records: &[Value],
    open: impl Fn(&Value) -> Result<Vec<Envelope>, Unreadable>,
) -> Result<Vec<Envelope>, Unreadable> {
    let mut envelopes = Vec::new();
    let mut unreadable = Vec::new();
    for record in records {
        match open(record) {
            Ok(opened) => envelopes.extend(opened),
            Err(error) => unreadable.push((record, error)),
        }
    }
    if envelopes.is_empty() {
        return unreadable.pop().map_or(Ok(envelopes), |(_, error)| Err(error));
    }
    envelopes.extend(unreadable.iter().map(|(record, error)| stand_in(record, error)));
    Ok(envelopes)
}

/// A replication that failed, as S3 notifies of it:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>.
fn replication(record: &Value) -> Envelope {
    let id = text(record, "/responseElements/x-amz-request-id");
    let bucket = text(record, "/s3/bucket/arn");
    let detail = json!({
        "eventName": "OperationFailedReplication",
        "status": "FAILED",
        "object": record.pointer("/s3/object/key"),
        "failureReason": record.pointer("/replicationEventData/failureReason"),
        "destinationBucket": record.pointer("/replicationEventData/destinationBucket"),
    });
    Envelope {
        region: text(record, "/awsRegion").to_owned(),
        ..Envelope::made("aws.s3", "Replication Failed", id, &[bucket], detail)
    }
}

fn stand_in(record: &Value, error: &Unreadable) -> Envelope {
    let service = first_text(record, &["/eventSource", "/EventSource"]).replacen("aws:", "aws.", 1);
    let origin = first_text(record, &["/eventSourceARN", "/Sns/TopicArn", "/EventSubscriptionArn"]);
    let id = first_text(record, &["/messageId", "/Sns/MessageId", "/eventID"]);
    Envelope::made(&service, UNREADABLE, id, &[origin], json!({ "reason": error.to_string(), "messageId": id }))
}
