//! Metrics embedded in log lines (CloudWatch user guide, "Specification: Embedded metric format"). A line that breaks the
//! specification has none.

use serde_json::{Map, Value};

use super::Datum;

/// Limits of the specification: metrics in a directive, dimensions in a set, values of a metric.
const METRICS: usize = 100;
const DIMENSIONS: usize = 30;
const VALUES: usize = 100;

/// The measurements in a log line.
pub(crate) fn embedded(line: &str) -> Vec<Datum> {
    if !line.contains("\"_aws\"") {
        return Vec::new();
    }
    serde_json::from_str(line).ok().and_then(|line| read(&line)).unwrap_or_default()
}

fn read(line: &Map<String, Value>) -> Option<Vec<Datum>> {
    let metadata = line.get("_aws")?;
    metadata.get("Timestamp")?.as_i64()?;
    let mut data = Vec::new();
    for directive in metadata.get("CloudWatchMetrics")?.as_array()? {
        let namespace = directive.get("Namespace")?.as_str().filter(|name| !name.is_empty())?;
        let metrics = directive.get("Metrics")?.as_array().filter(|metrics| metrics.len() <= METRICS)?;
        for set in directive.get("Dimensions")?.as_array()? {
            let dimensions = dimensions(line, set)?;
            for metric in metrics {
                data.extend(measurements(line, metric, namespace, &dimensions)?);
            }
        }
    }
    Some(data)
}

/// Names and values: each name is a member of the line, whose value is a text.
fn dimensions(line: &Map<String, Value>, set: &Value) -> Option<Vec<(String, String)>> {
    let names = set.as_array().filter(|names| names.len() <= DIMENSIONS)?;
    let dimension = |name: &Value| {
        let name = name.as_str()?;
        Some((name.to_owned(), line.get(name)?.as_str().filter(|value| !value.is_empty())?.to_owned()))
    };
    names.iter().map(dimension).collect()
}

fn measurements(
    line: &Map<String, Value>,
    metric: &Value,
    namespace: &str,
    dimensions: &[(String, String)],
) -> Option<Vec<Datum>> {
    let name = metric.get("Name")?.as_str()?;
    let unit = metric.get("Unit").map_or(Some("None"), Value::as_str)?;
    let values: Vec<f64> = match line.get(name)? {
        Value::Array(values) if values.len() <= VALUES => values.iter().map(Value::as_f64).collect::<Option<_>>()?,
        value => vec![value.as_f64()?],
    };
    let datum = |value| Datum {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        dimensions: dimensions.to_vec(),
        value,
        unit: unit.to_owned(),
    };
    Some(values.into_iter().map(datum).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line() -> Value {
        json!({
            "outcome": "not-recorded", "Stack": "devops", "NotRecorded": 1.0, "TimeToMail": [3, 4],
            "_aws": {"Timestamp": 7, "CloudWatchMetrics": [{
                "Namespace": "incidentctl", "Dimensions": [["Stack"], []],
                "Metrics": [{"Name": "NotRecorded", "Unit": "Count"}, {"Name": "TimeToMail"}],
            }]},
        })
    }

    #[test]
    fn a_line_measures_each_metric_for_each_set_of_dimensions() {
        let data = embedded(&line().to_string());
        let seen: Vec<_> =
            data.iter().map(|one| (one.name.as_str(), one.unit.as_str(), one.value, one.dimensions.len())).collect();
        let expected = [1, 0].map(|dimensions| {
            [
                ("NotRecorded", "Count", 1.0, dimensions),
                ("TimeToMail", "None", 3.0, dimensions),
                ("TimeToMail", "None", 4.0, dimensions),
            ]
        });
        assert_eq!(seen, expected.concat());
        assert_eq!(data[0].dimensions, [("Stack".to_owned(), "devops".to_owned())]);
    }

    #[test]
    fn a_line_that_breaks_the_specification_measures_nothing() {
        for (pointer, broken) in [
            ("/_aws/Timestamp", json!("7")),
            ("/_aws/CloudWatchMetrics/0/Namespace", json!("")),
            ("/_aws/CloudWatchMetrics/0/Dimensions", json!([["Absent"]])),
            ("/_aws/CloudWatchMetrics/0/Metrics/0/Name", json!("Absent")),
            ("/NotRecorded", json!("1")),
            ("/Stack", json!(1)),
        ] {
            let mut line = line();
            if let Some(part) = line.pointer_mut(pointer) {
                *part = broken;
            }
            assert_eq!(embedded(&line.to_string()), [], "{pointer}");
        }
        assert_eq!(embedded("[\"_aws\"]"), []);
        assert_eq!(embedded("plain"), []);
    }
}
