//! EventBridge: buses, rules, targets, and routing with retries and dead-letter queues.

mod buses;
mod cron;
mod delivery;
mod entries;
mod group;
mod route;
mod rules;
mod schedule;
mod state;
mod target;
#[cfg(test)]
mod tests;
mod transform;
mod validation;

use serde_json::{Value, json};

pub use state::Events;

use crate::policy::Need;
use crate::{ApiError, Call, Cloud, Output, arn};
pub(crate) use rules::mark;
use state::RuleId;

/// An event, before the bus adds `version` and `region`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Unique id.
    pub id: String,
    /// The source: `aws.cloudwatch`, `lambda`.
    pub source: String,
    /// The detail type.
    pub detail_type: String,
    /// Twelve digits.
    pub account: String,
    /// The event time, written in whole seconds.
    pub time: jiff::Timestamp,
    /// ARNs of the resources concerned.
    pub resources: Vec<String>,
    /// The detail.
    pub detail: Value,
}

impl Event {
    /// An event of the local account, timed now.
    pub fn now(
        source: impl Into<String>,
        detail_type: impl Into<String>,
        resources: Vec<String>,
        detail: Value,
    ) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            source: source.into(),
            detail_type: detail_type.into(),
            account: crate::config::ACCOUNT.to_owned(),
            time: jiff::Timestamp::now(),
            resources,
            detail,
        }
    }

    /// The event as patterns match it and targets receive it.
    fn to_json(&self, region: &str) -> Value {
        json!({
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": self.account,
            "time": written_time(self.time),
            "region": region,
            "resources": self.resources,
            "detail": self.detail,
        })
    }
}

fn written_time(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Handles one operation.
///
/// # Errors
/// AWS's error codes; `NotImplemented` for an unsupported operation.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let events = &cloud.events;
    match call.operation.as_str() {
        "CreateEventBus" => buses::create(events, call),
        "DeleteEventBus" => buses::delete(events, call),
        "DeleteRule" => rules::delete(events, call),
        "DescribeEventBus" => buses::describe(events, call),
        "DescribeRule" => rules::describe(events, call),
        "DisableRule" => rules::set_state(cloud, call, "DISABLED"),
        "EnableRule" => rules::set_state(cloud, call, "ENABLED"),
        "ListEventBuses" => buses::list(events, call),
        "ListRuleNamesByTarget" => target::list_rules(events, call),
        "ListRules" => rules::list(events, call),
        "ListTagsForResource" => rules::list_tags(events, call),
        "ListTargetsByRule" => target::list(events, call),
        "PutEvents" => entries::put(cloud, call),
        "PutRule" => rules::put(cloud, call),
        "PutTargets" => target::put(cloud, call),
        "RemoveTargets" => target::remove(events, call),
        "TagResource" => rules::tag(events, call),
        "TestEventPattern" => entries::test_pattern(call),
        "UntagResource" => rules::untag(events, call),
        operation => Err(ApiError::not_implemented(&call.service, operation)),
    }
}

/// The permissions a call requires.
pub fn authorization(call: &Call) -> Vec<Need> {
    let text = |name| call.input.text(name);
    let bus_arn = |bus: &str| arn::local("events", &call.region, &format!("event-bus/{bus}"));
    let need = |resource: String| Need::new(format!("events:{}", call.operation), resource);
    match call.operation.as_str() {
        "PutEvents" => entries::needs(call),
        "CreateEventBus" | "DescribeEventBus" | "DeleteEventBus" => {
            vec![need(bus_arn(state::bus_name(text("Name"))))]
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            vec![need(text("ResourceARN").unwrap_or("*").to_owned())]
        }
        _ => {
            let bus = state::bus_name(text("EventBusName"));
            let rule = text("Rule").or_else(|| text("Name"));
            vec![need(rule.map_or_else(|| "*".to_owned(), |name| RuleId::new(&call.region, bus, name).arn))]
        }
    }
}

/// Sends an event as an AWS service does: without authorization, from any source. Rules are matched at once, targets
/// called in the background. `bus_name` is a name or an ARN. Needs a tokio runtime.
///
/// # Errors
/// `ResourceNotFoundException` when the bus does not exist.
pub fn put_event(cloud: &Cloud, region: &str, bus_name: &str, event: Event) -> Result<(), ApiError> {
    route::route(cloud, region, bus_name, &event.to_json(region), route::FIRST_HOP).map(drop)
}

/// Sends a service's complete event to a region's default bus, adding `version`, `id`, `account`, `time` and `region`
/// where absent. Returns the id and the names of the matching rules. For tests and tools: `PutEvents` rejects AWS's own
/// sources.
///
/// # Errors
/// `MalformedDetail` when the text is not an event.
pub fn inject(cloud: &Cloud, region: &str, text: &str) -> Result<Value, ApiError> {
    let event = entries::complete(region, text)?;
    let matched = route::route(cloud, region, state::DEFAULT_BUS, &event, route::FIRST_HOP)?;
    Ok(json!({"id": event["id"], "matched": matched}))
}
