//! The tables of docs/operations.md, computed.

use super::super::prices::{self, Price};
use super::{Bill, Stack, stack};

const README: &str = include_str!("../../../../README.md");
const PERFORMANCE: &str = include_str!("../../../../docs/performance.md");
const OPERATIONS: &str = include_str!("../../../../docs/operations.md");

/// The numbers of functions that the documents have a column for.
const ACCOUNTS: [u64; 3] = [10, 100, 1000];

#[test]
fn operations_has_the_idle_cost_by_number_of_functions() {
    let stack = stack("us-east-1", &[]);
    // Nothing of it depends on their number.
    let bills = ACCOUNTS.map(|_| Bill::of(&stack));
    let sweep = |what: &str| what.contains("sweep") || what.contains("key of the table");
    let rows = [
        row("dashboard", &bills, |bill| of(bill, |what| what == "dashboard")),
        row("standard alarms", &bills, |bill| of(bill, |what| what == "standard alarms")),
        row("polls of the empty queue", &bills, |bill| of(bill, |what| what == "polls of the empty queue")),
        row("the sweep every minute", &bills, |bill| of(bill, sweep)),
        row("**a month**", &bills, |bill| bill.monthly_usd),
        row("of it within the free tier", &bills, |bill| bill.free_tier_usd),
        row("while functions fail, at most", &bills, |bill| bill.query_budget_usd),
    ];
    has(&rows);
    let listed: f64 = rows_sum(&stack);
    assert!((listed - bills[0].monthly_usd).abs() < 1e-9, "a row is missing: {listed}");
}

/// What the rows of the table sum up to for ten functions.
fn rows_sum(stack: &Stack) -> f64 {
    let bill = Bill::of(stack);
    let known = ["dashboard", "standard alarms", "polls of the empty queue"];
    of(&bill, |what| known.contains(&what) || what.contains("sweep") || what.contains("key of the table"))
}

fn of(bill: &Bill, which: impl Fn(&str) -> bool) -> f64 {
    bill.items.iter().filter(|item| which(item.what)).filter_map(|item| item.monthly_usd).sum()
}

fn row(name: &str, bills: &[Bill], cost: impl Fn(&Bill) -> f64) -> String {
    let cells: Vec<String> = bills.iter().map(|bill| format!("${:.2}", cost(bill))).collect();
    format!("| {name} | {} |", cells.join(" | "))
}

/// A million failures that are known already, within an hour.
mod storm {
    /// Failures.
    pub(super) const FAILURES: f64 = 1e6;
    /// Hours that it lasts: what is measured is billed for them.
    pub(super) const HOURS: f64 = 1.0;
    /// A batch looks, and counts in a transaction; both wait for DynamoDB.
    pub(super) const BATCH_SECONDS: f64 = 0.015;
    pub(super) const MEMORY_GB: f64 = 0.25;
    /// Messages that the handler gets at once while many wait.
    pub(super) const BATCH: f64 = 10.0;
    /// EventBridge sends each event; it is received and deleted in batches.
    pub(super) const QUEUE_REQUESTS: f64 = 1.0 + 2.0 / BATCH;
    /// What a failure consumes in a batch of ten: the tests of `incident-handler` measure it.
    pub(super) const WRITES: f64 = 2.2;
    pub(super) const READS: f64 = 2.3;
    /// A marker, with DynamoDB's 100 bytes for an item.
    pub(super) const STORED_GB: f64 = 250e-9;
    /// The handler's line about a batch, and Lambda's own.
    pub(super) const BATCH_LOGGED_GB: f64 = 1000e-9;
    /// Six mails and a digest a minute.
    pub(super) const MAILS: f64 = 7.0 * 60.0 * HOURS;
    /// Those of the handler, by name and severity.
    pub(super) const METRICS: f64 = 8.0;
}

/// A round of queries, of one metric, by the number of functions in the account: those that are known to fail by name, with
/// their calls; all of them, and the calls of those that fail.
#[test]
fn operations_has_the_cost_of_a_round_of_queries() {
    let dollars = |metrics: u64| prices::READ_METRIC.usd * metrics as f64;
    let row = |name: &str, cost: &dyn Fn(u64) -> f64| {
        format!("| {name} | {} |", ACCOUNTS.map(|functions| format!("${:.5}", cost(functions))).join(" | "))
    };
    let named = |known: u64| 3 + 2 * known;
    has(&[
        row("one function fails, as it did a minute ago", &|_| dollars(named(1))),
        row("another one begins to fail", &|functions| dollars(named(1) + functions + 2)),
    ]);
}

#[test]
fn operations_has_the_cost_of_a_storm() {
    use storm::{
        BATCH, BATCH_LOGGED_GB, BATCH_SECONDS, FAILURES, HOURS, MAILS, MEMORY_GB, METRICS, QUEUE_REQUESTS, READS,
        STORED_GB, WRITES,
    };
    let cost = |price: &Price, quantity: f64| price.usd * quantity;
    let mut rows = vec![
        ("DynamoDB, writes", cost(&prices::WRITE, FAILURES * WRITES)),
        ("failure records, if they are billed as custom events", cost(&prices::CUSTOM_EVENT, FAILURES)),
        ("DynamoDB, reads", cost(&prices::READ, FAILURES * READS)),
        ("log lines", cost(&prices::LOG_INGESTION, FAILURES / BATCH * BATCH_LOGGED_GB)),
        ("the queue, requests", cost(&prices::SQS_REQUEST, FAILURES * QUEUE_REQUESTS)),
        (
            "DynamoDB, a month of what is stored, with recovery",
            (prices::TABLE_STORAGE.usd + prices::TABLE_RECOVERY.usd) * FAILURES * STORED_GB,
        ),
        ("Lambda, time", cost(&prices::TIME_ON_X86, FAILURES / BATCH * BATCH_SECONDS * MEMORY_GB)),
        ("Lambda, requests", cost(&prices::INVOCATION, FAILURES / BATCH)),
        (
            "mails and metrics",
            cost(&prices::MAIL, MAILS)
                + cost(&prices::SNS_REQUEST, MAILS)
                + cost(&prices::CUSTOM_METRIC, METRICS * HOURS / 730.0),
        ),
    ];
    rows.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let sum: f64 = rows.iter().map(|(_, cost)| cost).sum();
    let lines: Vec<String> =
        rows.iter().chain([&("**together**", sum)]).map(|(what, cost)| format!("| {what} | ${cost:.2} |")).collect();
    has(&lines);
    assert!(flowing(OPERATIONS).contains(&format!("consumes {WRITES} write units and {READS} read units")));
    let line = format!("A million failures that an open incident counts cost ${sum:.2}");
    assert!(flowing(README).contains(&line), "README.md lacks `{line}`");
}

#[test]
fn performance_has_the_cost_of_a_million_incidents() {
    // The tests of `incident-handler` measure them.
    let (writes, reads) = (20.0, 14.0);
    let cost = 1e6 * (prices::WRITE.usd * writes + prices::READ.usd * reads);
    let row = format!("| DynamoDB: {writes} write and {reads} read units; 1 write unit | ${cost:.2} |");
    assert!(PERFORMANCE.contains(&row), "docs/performance.md lacks `{row}`");
}

/// A text without its line breaks.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has(lines: &[String]) {
    let missing: Vec<_> = lines.iter().filter(|line| !OPERATIONS.lines().any(|have| have == *line)).collect();
    assert!(missing.is_empty(), "docs/operations.md lacks\n{missing:#?}\nof\n{}", lines.join("\n"));
}

/// Whoever changes a price says where it stands.
#[test]
fn operations_has_every_source_and_the_day() {
    let stack = stack("us-east-1", &[]);
    for source in Bill::of(&stack).items.iter().map(|item| item.source) {
        assert!(OPERATIONS.contains(source), "{source}");
    }
    for text in [prices::AS_OF, prices::REGION, prices::CUSTOM_EVENT.source, prices::MAIL.source] {
        assert!(OPERATIONS.contains(text), "{text}");
    }
}
