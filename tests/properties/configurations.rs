//! Random configurations.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::Value;

use crate::harness::{BOUNDARY, Desired};

const ADDRESSES: [&str; 3] = ["ada@example.com", "grace@example.com", "joan@example.com"];
const ALARMS: [&str; 10] = [
    "rule-dlq-depth",
    "handler-dlq-depth",
    "not-recorded",
    "events-depth",
    "events-age",
    "handler-errors",
    "alert-delivery",
    "function-errors",
    "function-throttles",
    "function-destinations",
];
const SCHEDULES: [&str; 4] = ["never", "rate(5 minutes)", "rate(1 hour)", "cron(0 12 * * ? *)"];
const ALERTS: [&str; 3] = [
    "{}",
    r#"{"mails_per_minute": 1, "monthly_query_budget": 2.5}"#,
    r#"{"remind_after": {"HIGH": "never"}, "resolve_after_quiet": {"LOW": "90s"}}"#,
];
const EVIDENCE: [&str; 5] = ["logs", "changes", "metrics", "executions", "who"];
const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555";

/// Any configuration with an address: without one, existing addresses stay.
pub(super) fn desired() -> impl Strategy<Value = Desired> {
    let people = (subsequence(ADDRESSES.to_vec(), 1..=3), prop::collection::btree_map("[a-c]", "[x-z ]{0,3}", 0..3));
    let sizes = (select(vec![1_u32, 14, 30, 3653]), 128_u32..=3008, 2_u32..=1000);
    let alarms = prop::collection::btree_map(select(ALARMS.to_vec()), any::<bool>(), 0..8);
    let alerts = select(ALERTS.to_vec()).prop_map(|text| text.parse::<Value>().unwrap_or_default());
    let analysis = prop::collection::btree_map(select(EVIDENCE.to_vec()), any::<bool>(), 0..5);
    let rest = (
        select(SCHEDULES.to_vec()),
        prop::option::of(Just(KEY)),
        prop::option::of(Just(BOUNDARY)),
        any::<bool>(),
        0_u8..2,
    );
    let handler = (alarms, alerts, analysis);
    (people, sizes, handler, rest).prop_map(|(people, sizes, (alarms, alerts, analysis), rest)| Desired {
        emails: people.0.into_iter().map(str::to_owned).collect(),
        tags: people.1,
        log_retention_days: sizes.0,
        handler_memory: sizes.1,
        handler_concurrency: sizes.2,
        alarms,
        alerts,
        analysis,
        schedule: rest.0,
        kms_key: rest.1,
        permissions_boundary: rest.2,
        deletion_protection: rest.3,
        build: rest.4,
    })
}
