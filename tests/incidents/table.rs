//! Incident records without a failure.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::Severity;
use incident_model::table::{CALENDAR, INCIDENT_ID, NEVER_DUE, month_of};
use serde_json::{Value, json};

use crate::harness::{Aws, TestResult};

pub(crate) const TABLE: &str = "devops-incidents";

/// An incident as the handler writes it, with overrides.
pub(crate) fn incident(id: &str, own: Value) -> Value {
    let mut incident = json!({
        "record_type": "incident",
        "incident_id": id,
        "status": "open",
        "severity": "HIGH",
        "summary": "orders timed out after 3 s",
        "recommendation": "Raise the timeout.",
        "created_at": "2026-01-31T12:00:00.000Z",
        "last_seen_at": "2026-01-31T12:00:00.000Z",
        "occurrences": 1,
        "fingerprint": "v1:0123",
        "source": "lambda",
        "resource": "orders",
        "account": "000000000000",
        "region": "us-east-1",
        "error_type": "Sandbox.Timedout",
        "error_message": "Task timed out after 3.00 seconds",
        "rule": "lambda-timeout",
        "notices": 1,
        "timeline": [{"at": "2026-01-31T12:00:00.000Z", "what": "opened"}],
    });
    if let (Some(members), Value::Object(own)) = (incident.as_object_mut(), own) {
        members.extend(own);
    }
    incident["month"] = json!(month_of(incident["created_at"].as_str().unwrap_or_default()));
    let is_over = incident["status"] == "resolved" && incident.get("due").is_none();
    if !is_over {
        let queue: Severity = serde_json::from_value(incident["severity"].clone()).unwrap_or(Severity::Critical);
        incident["due_queue"] = json!(queue.queue());
        if incident.get("due_at").is_none() {
            incident["due_at"] = json!(NEVER_DUE);
        }
    }
    incident
}

/// Writes a record, and its month in the calendar.
pub(crate) async fn put(aws: &Aws, record: &Value) -> TestResult {
    let item: HashMap<String, AttributeValue> = serde_dynamo::to_item(record)?;
    aws.dynamodb.put_item().table_name(TABLE).set_item(Some(item)).send().await?;
    if let Some(month) = record["month"].as_str() {
        let calendar =
            aws.dynamodb.update_item().table_name(TABLE).key(INCIDENT_ID, AttributeValue::S(CALENDAR.into()));
        let months = AttributeValue::Ss(vec![month.to_owned()]);
        let calendar = calendar.update_expression("ADD months :month").expression_attribute_values(":month", months);
        calendar.send().await?;
    }
    Ok(())
}

/// Reads a record.
pub(super) async fn get(aws: &Aws, id: &str) -> TestResult<Value> {
    let key = AttributeValue::S(id.to_owned());
    let reply = aws.dynamodb.get_item().table_name(TABLE).key("incident_id", key).consistent_read(true).send().await?;
    Ok(serde_dynamo::from_item(reply.item.ok_or("no such record")?)?)
}

/// Stops the handler from processing the records.
pub(super) async fn stop_the_sweep(aws: &Aws) -> TestResult {
    aws.events.disable_rule().name("devops-sweep").send().await?;
    Ok(())
}
