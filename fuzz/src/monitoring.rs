//! CloudWatch and its logs: expressions, filters, lines with metrics.

use std::sync::LazyLock;

use serde_json::json;

use crate::Target;
use crate::account::{ACCOUNT, Account, halves, text};

pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("metric-math", metric_math),
    ("metrics-insights", metrics_insights),
    ("dashboard", dashboard),
    ("log-filter", log_filter),
    ("embedded-metrics", embedded_metrics),
];

/// 2026-11-27T00:00:00Z
const START: i64 = 1_795_737_600;

static METRICS: LazyLock<&Account> = LazyLock::new(|| {
    let account: &Account = &ACCOUNT;
    for minute in 0..5 {
        let datum = json!({"MetricName": "M", "Value": minute, "Timestamp": START + minute * 60,
            "Dimensions": [{"Name": "D", "Value": format!("v{minute}")}]});
        account.make("monitoring", "PutMetricData", json!({"Namespace": "N", "MetricData": [datum]}));
    }
    account
});

fn data(queries: serde_json::Value) {
    let members = json!({"StartTime": START, "EndTime": START + 300, "MetricDataQueries": queries});
    let _ = METRICS.call("monitoring", "GetMetricData", members);
}

fn metric_math(bytes: &[u8]) {
    let metric = json!({"Namespace": "N", "MetricName": "M", "Dimensions": [{"Name": "D", "Value": "v1"}]});
    let stat = json!({"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": false});
    data(json!([stat, {"Id": "e", "Expression": text(bytes)}]));
}

fn metrics_insights(bytes: &[u8]) {
    data(json!([{"Id": "e", "Period": 60, "Expression": format!("SELECT {}", text(bytes))}]));
}

fn dashboard(bytes: &[u8]) {
    let _ = ACCOUNT.call("monitoring", "PutDashboard", json!({"DashboardName": "d", "DashboardBody": text(bytes)}));
}

static LOGS: LazyLock<&Account> = LazyLock::new(|| {
    let account: &Account = &ACCOUNT;
    account.make("logs", "CreateLogGroup", json!({"logGroupName": "g"}));
    account
});

/// A filter and a line that it may match.
fn log_filter(bytes: &[u8]) {
    let (pattern, line) = halves(bytes);
    write(&[
        "{\"a\": {\"b\": [\"x\", 1.5, null, true]}, \"c\": \"*\"}",
        "127.0.0.1 frank [x] \"GET /\" 404 1534",
        line,
    ]);
    let _ = LOGS.call("logs", "FilterLogEvents", json!({"logGroupName": "g", "filterPattern": pattern}));
}

fn embedded_metrics(bytes: &[u8]) {
    write(&[text(bytes)]);
}

/// Writes lines to a new stream.
fn write(lines: &[&str]) {
    let stream = json!({"logGroupName": "g", "logStreamName": "s"});
    let _ = LOGS.call("logs", "DeleteLogStream", stream.clone());
    let _ = LOGS.call("logs", "CreateLogStream", stream.clone());
    let now = jiff::Timestamp::now().as_millisecond();
    let lines = lines.iter().filter(|line| !line.is_empty());
    let events: Vec<_> = lines.map(|line| json!({"timestamp": now, "message": line})).collect();
    let members = json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events});
    let _ = LOGS.call("logs", "PutLogEvents", members);
}
