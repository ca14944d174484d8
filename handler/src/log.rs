//! One JSON line per outcome, with embedded CloudWatch metrics. Lines contain ids and names, never messages, which may
//! contain secrets that redaction missed.

use std::io::Write;

use incident_model::Severity;
use serde_json::{Value, json};

/// Namespace of the metrics.
const NAMESPACE: &str = "incidentctl";

/// Writes a line to the function's log.
pub fn line(outcome: &str, fields: Value) {
    // A failing log must not prevent an alert.
    let _ = writeln!(std::io::stdout().lock(), "{}", merged(outcome, fields));
}

/// Metrics of one outcome, in CloudWatch's embedded metric format: the log line is the measurement, without a call.
/// Metrics are billed per combination of dimensions; the handler has ten, as many as are free.
#[derive(Debug, Clone)]
pub struct Metrics<'a> {
    /// The stack, the dimension of every metric.
    pub stack: &'a str,
    /// The severity, the second dimension of metrics by severity.
    pub severity: Option<Severity>,
    /// Time, in milliseconds since 1970.
    pub at_milliseconds: i64,
    /// Names, units and values.
    pub numbers: &'a [(&'static str, Unit, f64)],
}

/// A CloudWatch unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// How long.
    Milliseconds,
}

/// Writes a line with embedded metrics.
pub fn measured(outcome: &str, fields: Value, metrics: &Metrics<'_>) {
    line(outcome, embedded(fields, metrics));
}

/// The fields and metrics in the embedded metric format: `_aws` names the members that are metrics and dimensions.
fn embedded(mut fields: Value, metrics: &Metrics<'_>) -> Value {
    let Some(members) = fields.as_object_mut() else { return fields };
    members.insert("Stack".to_owned(), metrics.stack.into());
    let mut dimensions = vec!["Stack"];
    if let Some(severity) = metrics.severity {
        members.insert("Severity".to_owned(), severity.name().into());
        dimensions.push("Severity");
    }
    let unit = |unit: &Unit| match unit {
        Unit::Count => "Count",
        Unit::Milliseconds => "Milliseconds",
    };
    let named: Vec<Value> =
        metrics.numbers.iter().map(|(name, of, _)| json!({ "Name": name, "Unit": unit(of) })).collect();
    for (name, _, number) in metrics.numbers {
        members.insert((*name).to_owned(), (*number).into());
    }
    let directive = json!([{ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": named }]);
    members.insert("_aws".to_owned(), json!({ "Timestamp": metrics.at_milliseconds, "CloudWatchMetrics": directive }));
    fields
}

fn merged(outcome: &str, fields: Value) -> Value {
    let mut line = json!({ "outcome": outcome });
    if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
        line.extend(fields);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_names_its_metrics_and_dimensions() {
        let metrics = Metrics {
            stack: "devops",
            severity: Some(Severity::High),
            at_milliseconds: 7,
            numbers: &[("Mails", Unit::Count, 1.0), ("TimeToMail", Unit::Milliseconds, 12.0)],
        };
        let line = merged("mailed", embedded(json!({ "incident_id": "inc-1" }), &metrics));
        assert_eq!(
            line,
            json!({
                "outcome": "mailed", "incident_id": "inc-1", "Stack": "devops", "Severity": "HIGH",
                "Mails": 1.0, "TimeToMail": 12.0,
                "_aws": {"Timestamp": 7, "CloudWatchMetrics": [{
                    "Namespace": "incidentctl",
                    "Dimensions": [["Stack", "Severity"]],
                    "Metrics": [{"Name": "Mails", "Unit": "Count"}, {"Name": "TimeToMail", "Unit": "Milliseconds"}],
                }]},
            })
        );
    }
}
