//! Messages from dead-letter queues. Their attributes state why a delivery failed.

use serde_json::{Value, json};

use crate::fields::{first_text, text};
use crate::sources::envelope::Envelope;

const DETAIL_TYPE: &str = "Dead Letter";

/// The failed delivery that put the message into its queue, if it is such a message.
pub(super) fn delivery_failure(record: &Value) -> Option<Envelope> {
    let attribute = |name: &str| {
        let keys = ["stringValue", "StringValue", "Value"].map(|key| format!("/messageAttributes/{name}/{key}"));
        first_text(record, &keys.each_ref().map(String::as_str)).to_owned()
    };
    let (rule, schedule) = (attribute("RULE_ARN"), attribute("SCHEDULE_ARN"));
    let queue = first_text(record, &["/attributes/DeadLetterQueueSourceArn"]);
    let (source, resource, code, message) = if !rule.is_empty() {
        ("aws.events", rule, attribute("ERROR_CODE"), attribute("ERROR_MESSAGE"))
    } else if !schedule.is_empty() {
        ("aws.scheduler", schedule, attribute("ERROR_CODE"), attribute("ERROR_MESSAGE"))
    } else if holds_user_payload(record) {
        let queue = text(record, "/eventSourceARN").to_owned();
        ("lambda", queue, attribute("ErrorCode"), attribute("ErrorMessage"))
    } else if !queue.is_empty() {
        ("aws.sqs", queue.to_owned(), String::new(), String::new())
    } else {
        return None;
    };
    let detail = json!({
        "resource": resource,
        "errorCode": code,
        "errorMessage": message,
        "target": attribute("TARGET_ARN"),
        "retryAttempts": attribute("RETRY_ATTEMPTS"),
        "requestId": attribute("RequestID"),
        "receiveCount": text(record, "/attributes/ApproximateReceiveCount"),
    });
    let id = text(record, "/messageId");
    let sent = text(record, "/attributes/SentTimestamp").parse().ok();
    let mut envelope = Envelope::made(source, DETAIL_TYPE, id, &[&resource], detail);
    envelope.occurred_at = sent.map(crate::time::from_milliseconds).unwrap_or_default();
    Some(envelope)
}

/// A function's own dead-letter queue holds the function's input: user data, not a description of a failure.
pub(super) fn holds_user_payload(record: &Value) -> bool {
    let has = |name: &str| record.pointer(&format!("/messageAttributes/{name}")).is_some();
    has("RequestID") && has("ErrorMessage")
}
