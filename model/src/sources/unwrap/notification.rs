//! Events without EventBridge's envelope: destination records, alarm actions, SNS notifications in JSON, in
//! `Key='Value'` lines and in prose. Each is converted to the equivalent EventBridge event.

use serde_json::{Map, Value, json};

use crate::arn;
use crate::fields::{elements, first_text, scalar, text};
use crate::sources::envelope::Envelope;

/// An object without EventBridge's keys.
pub(super) fn object(value: &Value) -> Envelope {
    if !text(value, "/requestContext/functionArn").is_empty() && !text(value, "/requestContext/condition").is_empty() {
        invocation_record(value)
    } else if value.get("alarmData").is_some() {
        alarm_action(value)
    } else if !text(value, "/AlarmName").is_empty() && !text(value, "/NewStateValue").is_empty() {
        classic_alarm(value)
    } else if text(value, "/Event").starts_with("autoscaling:") {
        let arn = text(value, "/AutoScalingGroupARN");
        Envelope::made("aws.autoscaling", text(value, "/Event"), text(value, "/RequestId"), &[arn], value.clone())
    } else if !text(value, "/Event Message").is_empty() {
        database_notification(value)
    } else if let Some((event, cluster)) = cache_event(value) {
        Envelope::made("aws.elasticache", event, "", &[], json!({ "name": cluster }))
    } else if !text(value, "/deploymentId").is_empty() && !text(value, "/applicationName").is_empty() {
        deployment(value)
    } else {
        Envelope::made("", "", "", &[], value.clone())
    }
}

/// ElastiCache's message to SNS: `{"ElastiCache:CacheClusterProvisioningFailed": "sessions"}`.
fn cache_event(value: &Value) -> Option<(&str, &str)> {
    let (event, cluster) = value.as_object()?.iter().find(|(name, _)| name.starts_with("ElastiCache:"))?;
    Some((event, cluster.as_str()?))
}

/// A CodeDeploy trigger's message to SNS; its errors are JSON in a string.
fn deployment(notice: &Value) -> Envelope {
    let errors: Value = crate::json::from_str(text(notice, "/errorInformation")).unwrap_or_default();
    let detail = json!({
        "application": text(notice, "/applicationName"),
        "deploymentGroup": text(notice, "/deploymentGroupName"),
        "deploymentId": text(notice, "/deploymentId"),
        "state": first_text(notice, &["/status", "/instanceStatus", "/lifecycleEvents/0/lifecycleEventStatus"]),
        "errorMessage": first_text(&errors, &["/ErrorMessage", "/message"]),
    });
    let mut envelope =
        Envelope::made("aws.codedeploy", "CodeDeploy Deployment State-change Notification", "", &[], detail);
    envelope.account = text(notice, "/accountId").to_owned();
    envelope.region = text(notice, "/region").to_owned();
    envelope
}

/// Lambda's record for destinations, without an envelope.
fn invocation_record(record: &Value) -> Envelope {
    let condition = text(record, "/requestContext/condition");
    let outcome = if condition == "Success" { "Success" } else { "Failure" };
    let id = text(record, "/requestContext/requestId");
    let id = if id.is_empty() { String::new() } else { format!("{id}#{condition}") };
    Envelope::made(
        "lambda",
        &format!("Lambda Function Invocation Result - {outcome}"),
        &id,
        &[text(record, "/requestContext/functionArn")],
        record.clone(),
    )
    .at(text(record, "/timestamp"))
}

/// The event of an alarm's Lambda action.
fn alarm_action(action: &Value) -> Envelope {
    let alarm = action.get("alarmData").cloned().unwrap_or_default();
    let arn = text(action, "/alarmArn");
    let id = format!("{arn}#{}#{}", text(&alarm, "/state/value"), text(&alarm, "/state/timestamp"));
    let detail_type =
        if alarm.get("alarmContributor").is_some() { CONTRIBUTOR } else { "CloudWatch Alarm State Change" };
    let mut envelope = Envelope::made("aws.cloudwatch", detail_type, &id, &[arn], alarm).at(text(action, "/time"));
    envelope.account = text(action, "/accountId").to_owned();
    envelope.region = text(action, "/region").to_owned();
    envelope
}

const CONTRIBUTOR: &str = "CloudWatch Alarm Contributor State Change";

/// An alarm's message to SNS.
fn classic_alarm(alarm: &Value) -> Envelope {
    let dimensions: Map<String, Value> = elements(alarm, "/Trigger/Dimensions")
        .iter()
        .map(|dimension| {
            let name = first_text(dimension, &["/name", "/Name"]).to_owned();
            (name, Value::from(first_text(dimension, &["/value", "/Value"])))
        })
        .collect();
    let detail = json!({
        "alarmName": text(alarm, "/AlarmName"),
        "state": {
            "value": text(alarm, "/NewStateValue"),
            "reason": text(alarm, "/NewStateReason"),
            "timestamp": text(alarm, "/StateChangeTime"),
        },
        "previousState": { "value": text(alarm, "/OldStateValue") },
        "configuration": {
            "description": text(alarm, "/AlarmDescription"),
            "metrics": [{ "metricStat": { "metric": {
                "namespace": text(alarm, "/Trigger/Namespace"),
                "name": text(alarm, "/Trigger/MetricName"),
                "dimensions": dimensions,
            } } }],
        },
    });
    let arn = text(alarm, "/AlarmArn");
    let mut envelope = Envelope::made("aws.cloudwatch", "CloudWatch Alarm State Change", "", &[arn], detail)
        .at(text(alarm, "/StateChangeTime"));
    envelope.account = text(alarm, "/AWSAccountId").to_owned();
    envelope
}

/// RDS's and DMS's message to SNS.
fn database_notification(notice: &Value) -> Envelope {
    let id = text(notice, "/Event ID");
    let event = arn::name(id).rsplit('#').next().unwrap_or_default();
    let source = if event.starts_with("DMS") { "aws.dms" } else { "aws.rds" };
    let detail = json!({
        "EventID": event,
        "EventCategories": [],
        "SourceIdentifier": scalar(notice, "/Source ID") + &scalar(notice, "/SourceId"),
        "Message": text(notice, "/Event Message"),
    });
    Envelope::made(source, "Event Notification", "", &[first_text(notice, &["/Source ARN"])], detail)
}

/// A message that is not JSON: CloudFormation's `Key='Value'` lines, or free text.
pub(super) fn prose(subject: &str, message: &str) -> Envelope {
    let fields = key_values(message);
    let field = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if field("StackId").is_empty() {
        let detail = json!({ "subject": subject, "text": message });
        return Envelope::made("", "Message", "", &[], detail);
    }
    let of_stack = field("ResourceType") == "AWS::CloudFormation::Stack";
    let detail_type =
        if of_stack { "CloudFormation Stack Status Change" } else { "CloudFormation Resource Status Change" };
    let detail = json!({
        "stack-id": field("StackId"),
        "logical-resource-id": field("LogicalResourceId"),
        "resource-type": field("ResourceType"),
        "status-details": { "status": field("ResourceStatus"), "status-reason": field("ResourceStatusReason") },
    });
    Envelope::made("aws.cloudformation", detail_type, &field("EventId"), &[&field("StackId")], detail)
        .at(&field("Timestamp"))
}

fn key_values(message: &str) -> Map<String, Value> {
    message
        .lines()
        .filter_map(|line| {
            let (key, value) = line.split_once("='")?;
            Some((key.trim().to_owned(), Value::from(value.trim_end().trim_end_matches('\''))))
        })
        .collect()
}
