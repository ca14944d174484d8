//! Markers: an event that has one was counted.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use incident_model::table::event_key;

use super::Table;
use super::changes::built;
use super::items::pointer;
use crate::store::StoreError;

/// Retention of a marker. EventBridge redelivers for at most a day. A message is in the queue of events for days, then in
/// the dead-letter queue for 14, and one that was counted may be sent again from there.
const DAYS: i64 = 20;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The marker that prevents an event from being counted twice.
pub(super) fn of(table: &Table, event_id: &str, incident_id: &str, now: i64) -> Result<TransactWriteItem, StoreError> {
    let item = pointer(&event_key(event_id), incident_id, Some(now + DAYS * DAY_SECONDS));
    let put = Put::builder().table_name(&table.name).set_item(Some(item));
    let put = put.condition_expression("attribute_not_exists(incident_id)");
    Ok(TransactWriteItem::builder().put(built(put.build())?).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_event_is_known_as_long_as_a_queue_keeps_it() {
        let template = include_str!("../../../../templates/incident-stack.yaml");
        let periods = template.lines().filter_map(|line| line.trim().strip_prefix("MessageRetentionPeriod:"));
        let periods: Vec<i64> = periods.filter_map(|seconds| seconds.trim().parse().ok()).collect();
        assert!(periods.len() >= 2, "the queues of the stack");
        // A day for EventBridge's attempts before the queue, and what a thousand receives of three minutes take in it.
        let before = DAY_SECONDS + 1000 * 180;
        assert!(periods.iter().all(|period| DAYS * DAY_SECONDS > period + before), "{periods:?}");
    }
}
