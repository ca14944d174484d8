//! Routes events from a bus to the targets of matching rules.

use std::sync::Arc;

use serde_json::Value;

use super::delivery::{self, Delivery, count};
use super::state::{Rule, RuleId};
use super::target::Target;
use crate::{ApiError, Cloud};

/// The hop count of a new event.
pub(super) const FIRST_HOP: u8 = 1;
/// Hop limit: buses that target each other would loop forever.
const LAST_HOP: u8 = 5;

/// Sends an event to every matching rule of a bus and returns their names.
///
/// # Errors
/// `ResourceNotFoundException` when the bus does not exist.
pub(super) fn route(cloud: &Cloud, region: &str, bus: &str, event: &Value, hop: u8) -> Result<Vec<String>, ApiError> {
    let matched: Vec<(RuleId, Vec<Target>)> = cloud.events.with_bus(region, Some(bus), |bus| {
        let matching = |rule: &&Rule| {
            rule.is_enabled() && rule.pattern.as_ref().is_some_and(|(_, pattern)| pattern.matches(event))
        };
        Ok(bus.rules.values().filter(matching).map(|rule| (rule.id.clone(), rule.targets.clone())).collect())
    })?;
    if hop > LAST_HOP {
        tracing::warn!(bus, "an event exceeded the hop limit between buses and was dropped");
        return Ok(Vec::new());
    }
    let event = Arc::new(event.clone());
    for (rule, targets) in &matched {
        count(cloud, rule, "MatchedEvents");
        call_targets(cloud, rule, targets, &event, hop);
    }
    Ok(matched.into_iter().map(|(rule, _)| rule.name).collect())
}

/// Sends an event to one rule's targets, regardless of its pattern.
pub(super) fn fire(cloud: &Cloud, rule: &RuleId, event: &Value) {
    let targets = cloud.events.with_bus(&rule.region, Some(&rule.bus), |bus| Ok(bus.rule(&rule.name)?.targets.clone()));
    // The rule may have been deleted since its schedule was read.
    call_targets(cloud, rule, &targets.unwrap_or_default(), &Arc::new(event.clone()), FIRST_HOP);
}

fn call_targets(cloud: &Cloud, rule: &RuleId, targets: &[Target], event: &Arc<Value>, hop: u8) {
    count(cloud, rule, "TriggeredRules");
    for target in targets {
        delivery::start(Delivery {
            cloud: cloud.clone(),
            rule: rule.clone(),
            target: target.clone(),
            event: event.clone(),
            hop,
        });
    }
}
