//! What a resource costs while nothing fails: one decision for each type that a template may have.

use serde_json::Value;

use super::prices::{self, Price};
use super::sweep;
use crate::template::{Desired, Stack};

/// The shortest period of an alarm of standard resolution, in seconds.
const STANDARD_PERIOD: u64 = 60;

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

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}
