//! CloudWatch alarms: single, composite, of many time series, their contributors, muted and suppressed ones.

mod scaling;

use serde_json::{Map, Value};

use super::envelope::Envelope;
use crate::alarms;
use crate::arn;
use crate::fields::{elements, first_text, text};
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Vec<Observation> {
    let alarm = alarm_name(envelope);
    if scaling::is_own_alarm(&alarm, envelope.text("/configuration/description")) {
        let why = "an alarm of autoscaling: it scales, and does not indicate a failure";
        return vec![envelope.ignored(&alarm, why)];
    }
    let seen = match envelope.text("/operation") {
        "" => vec![state_change(envelope, &alarm)],
        "delete" => deleted(envelope, &alarm),
        operation => vec![envelope.ignored(&alarm, format!("{operation} of an alarm is not a failure"))],
    };
    seen.into_iter().map(|seen| described(seen, envelope, &alarm)).collect()
}

fn state_change(envelope: &Envelope, alarm: &str) -> Observation {
    let contributor = contributor(&envelope.detail);
    let resource = if contributor.is_empty() { alarm.to_owned() } else { format!("{alarm} ({contributor})") };
    match envelope.text("/state/value") {
        "" => super::generic::observe(envelope),
        _ if is_parent(&envelope.detail) => {
            envelope.ignored(&resource, "each time series of the alarm has its own event")
        }
        // What went off before the actions were suppressed still ends.
        "ALARM" if is_suppressed(&envelope.detail) => {
            envelope.ignored(&resource, "the alarm's actions are suppressed or muted")
        }
        "ALARM" => envelope.failure(&resource, "ALARM", envelope.text("/state/reason")).grouped_by(""),
        "OK" if is_first_state(envelope) => envelope.ignored(&resource, "the alarm was created in OK"),
        "OK" => envelope.recovery(&resource),
        // Without data it will report no OK.
        "INSUFFICIENT_DATA" if envelope.text("/previousState/value") == "ALARM" => {
            envelope.recovery(&resource).with("ended_as", "no data any more")
        }
        value => envelope.ignored(&resource, format!("{value} is neither an alarm nor a recovery")),
    }
}

/// A deleted alarm ends its incident, since it will report no OK. By itself it is a missing monitor, unless it was on:
/// then its end is what matters.
fn deleted(envelope: &Envelope, alarm: &str) -> Vec<Observation> {
    let end = envelope.recovery(alarm).with("ended_as", "the alarm was deleted");
    let message = "the alarm was deleted and no longer monitors anything";
    let missing = || envelope.failure(alarm, alarms::DELETED, message).with("aspect", "deleted");
    match envelope.text("/state/value") {
        "ALARM" => vec![end],
        _ => vec![end, missing()],
    }
}

fn alarm_name(envelope: &Envelope) -> String {
    match envelope.text("/alarmName") {
        "" => arn::name(envelope.first_resource()).to_owned(),
        name => name.to_owned(),
    }
}

fn is_suppressed(detail: &Value) -> bool {
    let state = detail.get("state").unwrap_or(&Value::Null);
    !text(state, "/actionsSuppressedBy").is_empty()
        || [detail, state].iter().any(|part| part.get("muteDetail").is_some_and(|mute| !mute.is_null()))
}

/// Whether the event is about an alarm on every function's errors as a whole. Its contributors report the functions in
/// events of their own, so the whole would be a redundant incident. For other alarms with many time series, contributor
/// events are not guaranteed to arrive, so the whole counts.
fn is_parent(detail: &Value) -> bool {
    let counts_errors = |metric: &Value| {
        let expression = text(metric, "/expression");
        ["GROUP BY", "AWS/Lambda", "(Errors)"].iter().all(|part| expression.contains(part))
    };
    elements(detail, "/configuration/metrics").iter().any(counts_errors) && detail.get("alarmContributor").is_none()
}

/// An alarm that is created in OK is not a recovery.
fn is_first_state(envelope: &Envelope) -> bool {
    envelope.text("/previousState/reason").starts_with("Unchecked: Initial alarm creation")
}

/// The identity of one time series of an alarm.
fn contributor(detail: &Value) -> String {
    let attributes = detail.pointer("/alarmContributor/attributes").and_then(Value::as_object);
    let names = attributes.into_iter().flatten().map(|(_, value)| value.as_str().unwrap_or_default());
    match names.collect::<Vec<_>>().join(", ") {
        names if names.is_empty() => text(detail, "/alarmContributor/id").to_owned(),
        names => names,
    }
}

/// A reason with only the latest datapoint: `Errors 3.0 was greater than the threshold (1.0).`
fn brief_reason(metric: &str, reason: &str) -> String {
    let shortened = || {
        let (_, points) = reason.split_once('[')?;
        let (points, comparison) = points.split_once("] was ")?;
        let value = points.split([' ', ',']).next()?;
        Some(format!("{metric} {value} was {comparison}").trim_start().to_owned())
    };
    shortened().unwrap_or_else(|| reason.to_owned())
}

/// The alarm's tags, in either of the forms that AWS uses: an object, or a list of keys and values.
fn tags(detail: &Value) -> Value {
    let listed = elements(detail, "/alarmTags").iter().map(|tag| {
        let of = |names: &[&str]| first_text(tag, names).to_owned();
        (of(&["/Key", "/key"]), Value::from(of(&["/Value", "/value"])))
    });
    let named = detail.get("alarmTags").and_then(Value::as_object).into_iter().flatten();
    let tags: Map<String, Value> = named.map(|(key, value)| (key.clone(), value.clone())).chain(listed).collect();
    if tags.is_empty() { Value::Null } else { Value::Object(tags) }
}

/// Adds attributes for rules and the handler: the metric, and the function of an alarm on Lambda's errors.
fn described(observation: Observation, envelope: &Envelope, alarm: &str) -> Observation {
    let detail = &envelope.detail;
    let metrics = elements(detail, "/configuration/metrics");
    let metric = metrics.iter().find_map(|metric| metric.pointer("/metricStat/metric")).unwrap_or(&Value::Null);
    let expression = metrics.iter().map(|metric| text(metric, "/expression")).find(|text| !text.is_empty());
    let expression = expression.unwrap_or_default();
    let is_query = expression.contains("GROUP BY");
    let is_metric = |namespace: &str, name: &str| {
        (text(metric, "/namespace") == namespace && text(metric, "/name") == name)
            || (is_query && expression.contains(namespace) && expression.contains(&format!("({name})")))
    };
    let function = match text(detail, "/alarmContributor/attributes/FunctionName") {
        "" => text(metric, "/dimensions/FunctionName"),
        function => function,
    };
    let observation = observation
        .with("alarm", alarm)
        .with("told", brief_reason(text(metric, "/name"), text(detail, "/state/reason")))
        .with("namespace", text(metric, "/namespace"))
        .with("metric", text(metric, "/name"))
        .with("expression", expression)
        .with("function", function)
        .with("description", text(detail, "/configuration/description"))
        .with("alarm_rule", text(detail, "/configuration/alarmRule"))
        .with("alarm_tags", tags(detail));
    if is_metric("AWS/Lambda", "Errors") { observation.with("lambda_errors", true) } else { observation }
}
