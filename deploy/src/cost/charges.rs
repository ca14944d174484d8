//! What a resource costs while nothing fails: one decision for each type that a template may have.

use serde_json::Value;

use super::prices::{self, Price};
use super::sweep;
use crate::template::{Desired, Stack};

/// The shortest period of an alarm of standard resolution, in seconds.
const STANDARD_PERIOD: u64 = 60;
/// Seconds of a month as AWS reckons it, with 730 hours.
const MONTH: f64 = 730.0 * 3600.0;

/// Something that is paid for by the month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Charge {
    pub(super) what: &'static str,
    pub(super) price: &'static Price,
    /// How many in a month; `None` when that could not be counted.
    pub(super) quantity: Option<f64>,
}

impl Charge {
    pub(super) fn of(what: &'static str, price: &'static Price, quantity: f64) -> Self {
        Self { what, price, quantity: Some(quantity) }
    }
}

/// The charges of a resource of a stack; `None` for a resource type without a decision.
pub(super) fn of(desired: &Desired, stack: &Stack) -> Option<Vec<Charge>> {
    let properties = &desired.properties;
    match desired.resource_type.as_str() {
        "AWS::CloudWatch::Alarm" => Some(vec![alarm(properties)?]),
        "AWS::CloudWatch::Dashboard" => Some(vec![Charge::of("dashboard", &prices::DASHBOARD, 1.0)]),
        // Provisioned capacity would cost by the hour.
        "AWS::DynamoDB::Table" => (text(properties, "/BillingMode") == Some("PAY_PER_REQUEST")).then(Vec::new),
        "AWS::Events::Rule" => rule(properties, stack),
        "AWS::Lambda::EventSourceMapping" => Some(vec![idle_polls(properties)?]),
        // Nothing of these is billed before an event, a message, a line or a call comes.
        "AWS::IAM::Role"
        | "AWS::Lambda::EventInvokeConfig"
        | "AWS::Lambda::Function"
        | "AWS::Lambda::Permission"
        | "AWS::Logs::LogGroup"
        | "AWS::SNS::Subscription"
        | "AWS::SNS::Topic"
        | "AWS::SNS::TopicPolicy"
        | "AWS::SQS::Queue"
        | "AWS::SQS::QueuePolicy" => Some(Vec::new()),
        _ => None,
    }
}

/// An alarm on a query is billed for each metric that the query reads, however many these become: no decision.
fn alarm(properties: &Value) -> Option<Charge> {
    let standard = |metrics: usize| Charge::of("standard alarms", &prices::STANDARD_ALARM, metrics as f64);
    let is_standard = |period: Option<&Value>| period.and_then(Value::as_u64).is_some_and(|p| p >= STANDARD_PERIOD);
    if properties.get("MetricName").is_some() {
        return is_standard(properties.get("Period")).then(|| standard(1));
    }
    let queries = properties.get("Metrics")?.as_array()?;
    if queries.iter().filter_map(|query| text(query, "/Expression")).any(|text| text.trim_start().starts_with("SELECT"))
    {
        return None;
    }
    let metrics: Vec<&Value> = queries.iter().filter_map(|query| query.get("MetricStat")).collect();
    let standards = !metrics.is_empty() && metrics.iter().all(|metric| is_standard(metric.get("Period")));
    standards.then(|| standard(metrics.len()))
}

/// Events of AWS and a schedule are free; what a schedule begins is not.
fn rule(properties: &Value, stack: &Stack) -> Option<Vec<Charge>> {
    let Some(schedule) = text(properties, "/ScheduleExpression") else { return Some(Vec::new()) };
    let mut charges = Vec::new();
    for target in properties.get("Targets").and_then(Value::as_array).into_iter().flatten() {
        let function = stack.resources.iter().find(|resource| {
            let arn = resource.attributes.attributes.get("Arn").map(String::as_str);
            resource.resource_type == "AWS::Lambda::Function" && arn == text(target, "/Arn")
        })?;
        charges.extend(sweep::charges(schedule, function)?);
    }
    Some(charges)
}

/// Lambda's pollers ask an empty queue all the time.
fn idle_polls(properties: &Value) -> Option<Charge> {
    // Lambda begins with five pollers and keeps them while the queue is empty; each waits the longest that SQS lets it
    // (Lambda's guide, "Polling and batching behavior for SQS").
    const POLLERS: f64 = 5.0;
    const SECONDS_OF_A_POLL: f64 = 20.0;
    // With pollers of its own, a mapping costs by the hour; other sources than SQS cost other things.
    let is_queue = text(properties, "/EventSourceArn").is_some_and(|arn| arn.split(':').nth(2) == Some("sqs"));
    let is_standard = is_queue && properties.get("ProvisionedPollerConfig").is_none();
    is_standard
        .then(|| Charge::of("polls of the empty queue", &prices::SQS_REQUEST, POLLERS * MONTH / SECONDS_OF_A_POLL))
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}
