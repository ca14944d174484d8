//! Events that tests bring in; see [`history`](crate::history).

use serde_json::{Map, Value, json};

use super::names;
use super::store::Event;
use crate::Cloud;
use crate::config::ACCOUNT;
use crate::past::{HistoryError, PastTime};

/// A checked event.
pub(crate) struct Prepared(Event);

/// Fills in what an event lacks, except its time, source and name.
///
/// # Errors
/// When it lacks one of these.
pub(crate) fn past(region: &str, mut record: Map<String, Value>) -> Result<Prepared, HistoryError> {
    for name in ["eventTime", "eventSource", "eventName"] {
        if record.get(name).and_then(Value::as_str).is_none() {
            return Err(HistoryError::Lacks("an event of the trail", "`eventTime`, `eventSource` or `eventName`"));
        }
    }
    PastTime::parse(record["eventTime"].as_str().unwrap_or_default())?;
    let name = record["eventName"].as_str().unwrap_or_default().to_owned();
    let defaults = [
        ("eventVersion", json!("1.11")),
        ("userIdentity", json!({ "type": "Root", "principalId": ACCOUNT, "accountId": ACCOUNT })),
        ("awsRegion", json!(region)),
        ("sourceIPAddress", json!("127.0.0.1")),
        ("requestParameters", Value::Null),
        ("responseElements", Value::Null),
        ("eventID", json!(uuid::Uuid::new_v4().to_string())),
        ("readOnly", json!(names::is_read_only(&name))),
        ("eventType", json!("AwsApiCall")),
        ("managementEvent", json!(true)),
        ("recipientAccountId", json!(ACCOUNT)),
        ("eventCategory", json!("Management")),
    ];
    for (member, value) in defaults {
        record.entry(member).or_insert(value);
    }
    let event = Event::of(&Value::Object(record), 0);
    event.map(Prepared).ok_or(HistoryError::Lacks("an event of the trail", "a text as `eventID` or `awsRegion`"))
}

/// Adds the events, which lookups return at once.
pub(crate) fn bring_in(cloud: &Cloud, events: Vec<Prepared>) {
    events.into_iter().for_each(|Prepared(event)| cloud.cloudtrail.store.add(event));
}
