//! `PutEvents`: custom events.

use std::collections::BTreeSet;

use incident_model::Pattern;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::route;
use super::rules::parse_pattern;
use super::state::bus_name;
use super::validation::{invalid, violated};
use super::{Event, written_time};
use crate::config::ACCOUNT;
use crate::policy::Need;
use crate::{ApiError, Call, Cloud, Input, Output, arn};

const MAX_ENTRIES: usize = 10;
/// Size limit of all entries in bytes. AWS has raised it to 1 MB; older regions and tools still rely on this one.
const MAX_REQUEST: usize = 256 * 1024;

const INVALID_EVENT: &str = "Parameter Event is not valid.";

/// An entry's error: code and message.
type Refusal = (&'static str, String);

/// Accepts or rejects up to ten events, each on its own.
pub(super) fn put(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let entries = call.input.structures("Entries");
    if entries.is_empty() {
        return Err(violated("[]", "entries", "Member must have length greater than or equal to 1"));
    }
    if entries.len() > MAX_ENTRIES {
        let constraint = format!("Member must have length less than or equal to {MAX_ENTRIES}");
        return Err(violated("[PutEventsRequestEntry, ...]", "entries", &constraint));
    }
    if entries.iter().map(size).sum::<usize>() > MAX_REQUEST {
        return Err(invalid("Total size of the entries in the request is over the limit."));
    }
    let results: Vec<Result<String, Refusal>> =
        entries.iter().map(|entry| accept(cloud, &call.region, entry)).collect();
    let failed = results.iter().filter(|result| result.is_err()).count();
    Ok(Output::structure([
        ("FailedEntryCount", Some(Output::Integer(i64::try_from(failed).unwrap_or(i64::MAX)))),
        ("Entries", Some(Output::List(results.into_iter().map(answered).collect()))),
    ]))
}

/// An entry's size, as AWS documents it: 14 bytes for a time, plus the texts.
fn size(entry: &Input) -> usize {
    let time = if entry.get("Time").is_some() { 14 } else { 0 };
    let texts = ["Source", "DetailType", "Detail"].iter().filter_map(|name| entry.text(name)).map(str::len);
    time + texts.sum::<usize>() + entry.texts("Resources").iter().map(String::len).sum::<usize>()
}

fn answered(result: Result<String, Refusal>) -> Output {
    match result {
        Ok(id) => Output::structure([("EventId", Some(id.into()))]),
        Err((code, message)) => {
            Output::structure([("ErrorCode", Some(code.into())), ("ErrorMessage", Some(message.into()))])
        }
    }
}

fn accept(cloud: &Cloud, region: &str, entry: &Input) -> Result<String, Refusal> {
    let required = |name: &str| {
        let refusal = || {
            let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            ("InvalidArgument", message)
        };
        entry.text(name).filter(|text| !text.is_empty()).ok_or_else(refusal)
    };
    let source = required("Source")?;
    let detail_type = required("DetailType")?;
    let detail = required("Detail")?;
    if source.starts_with("aws.") {
        return Err(("NotAuthorizedForSourceException", "Not authorized for the source.".to_owned()));
    }
    let detail: Map<String, Value> =
        serde_json::from_str(detail).map_err(|_| ("MalformedDetail", "Detail is malformed.".to_owned()))?;
    let event = Event::now(source, detail_type, entry.texts("Resources"), Value::Object(detail));
    let event = Event { time: time_of(entry).unwrap_or(event.time), ..event };
    let sent =
        route::route(cloud, region, bus_name(entry.text("EventBusName")), &event.to_json(region), route::FIRST_HOP);
    // As on AWS, an event for a missing bus is accepted and dropped.
    if let Err(error) = sent {
        tracing::warn!(%error, "an event was dropped");
    }
    Ok(event.id)
}

fn time_of(entry: &Input) -> Option<Timestamp> {
    match entry.get("Time")? {
        Value::String(text) => text.parse().ok(),
        value => value.as_f64().and_then(|seconds| Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()),
    }
}

/// The permissions `PutEvents` requires: one per bus.
pub(super) fn needs(call: &Call) -> Vec<Need> {
    let entries = call.input.structures("Entries");
    let buses: BTreeSet<&str> = entries.iter().map(|entry| bus_name(entry.text("EventBusName"))).collect();
    let need = |bus| {
        let resource = arn::local("events", &call.region, &format!("event-bus/{bus}"));
        let of_bus = entries.iter().filter(|entry| bus_name(entry.text("EventBusName")) == bus);
        of_bus.fold(Need::new("events:PutEvents", resource), |need, entry| {
            let keys = [("events:source", "Source"), ("events:detail-type", "DetailType")];
            keys.iter().fold(need, |need, (key, name)| match entry.text(name) {
                Some(value) => need.with(key, value),
                None => need,
            })
        })
    };
    buses.into_iter().map(need).collect()
}

/// `TestEventPattern`: the event must have the standard members.
pub(super) fn test_pattern(call: &Call) -> Result<Output, ApiError> {
    let (_, pattern): (String, Pattern) = parse_pattern(call.input.required_text("EventPattern")?)?;
    let event: Value = serde_json::from_str(call.input.required_text("Event")?).map_err(|_| invalid(INVALID_EVENT))?;
    // `resources` and `detail` may be missing.
    let has = |name: &&str| event.get(name).is_some();
    if !["id", "account", "source", "time", "region", "detail-type"].iter().all(has) {
        return Err(invalid(INVALID_EVENT));
    }
    Ok(Output::structure([("Result", Some(pattern.matches(&event).into()))]))
}

/// Parses an event from a file and adds missing standard members.
///
/// # Errors
/// When the text is not an object with `source` and `detail-type`.
pub(super) fn complete(region: &str, text: &str) -> Result<Value, ApiError> {
    let refuse = |message: String| ApiError::new("MalformedDetail", message);
    // Files written on Windows may begin with a byte order mark.
    let mut event: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| refuse(format!("the event is not a JSON object: {error}")))?;
    for name in ["source", "detail-type"] {
        if !event.get(name).is_some_and(Value::is_string) {
            return Err(refuse(format!("the event has no `{name}`, so no service would put it on a bus")));
        }
    }
    let defaults = [
        ("version", json!("0")),
        ("id", json!(uuid::Uuid::new_v4().to_string())),
        ("account", json!(ACCOUNT)),
        ("time", json!(written_time(Timestamp::now()))),
        ("region", json!(region)),
        ("resources", json!([])),
        ("detail", json!({})),
    ];
    for (name, value) in defaults {
        event.entry(name).or_insert(value);
    }
    Ok(Value::Object(event))
}
