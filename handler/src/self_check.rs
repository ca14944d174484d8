//! The self-check that `up` ends with: would an incident that arrived now be judged, recorded and mailed?

use serde_json::{Value, json};

use crate::notify::Topic;
use crate::rules_file::LoadedRules;
use crate::store::Table;

/// Whether an event asks for the self-check.
pub fn is_asked_for(event: &Value) -> bool {
    event.get("incidentctl").and_then(Value::as_str) == Some("self-check")
}

/// Reads the rules, the table and the topic with this function's own role.
/// `alerts_problem` is what is wrong with the setting of when people are written to.
pub async fn run(
    loaded: &LoadedRules,
    alerts_problem: Option<&str>,
    table: &Table,
    topic: &Topic,
    now_seconds: i64,
) -> Value {
    let (table, topic) = tokio::join!(table.check(now_seconds), topic.check());
    let table = table.map_err(|error| error.to_string());
    let topic = topic.map_err(|error| error.to_string());
    let rules = loaded.problem.clone().map_or(Ok(()), Err);
    let alerts = alerts_problem.map_or(Ok(()), |problem| Err(problem.to_owned()));
    json!({
        "ok": rules.is_ok() && alerts.is_ok() && table.is_ok() && topic.is_ok(),
        "version": env!("CARGO_PKG_VERSION"),
        "rules": with_count(finding(rules), loaded.rules.len()),
        "alerts": finding(alerts),
        "table": finding(table),
        "topic": finding(topic),
    })
}

fn finding(result: Result<(), String>) -> Value {
    match result {
        Ok(()) => json!({ "ok": true }),
        Err(error) => json!({ "ok": false, "error": error }),
    }
}

fn with_count(mut finding: Value, count: usize) -> Value {
    if let Some(finding) = finding.as_object_mut() {
        finding.insert("count".to_owned(), count.into());
    }
    finding
}
