//! Records the calls that the local AWS serves.

use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::store::Event;
use super::{identity, names};
use crate::config::ACCOUNT;
use crate::services::lambda;
use crate::{ApiError, Call, Cloud, Principal, RestRequest};

/// Parameters that are not in events: code and environment (Lambda's guide), templates and their parameters, and what
/// else may be secret.
const OMITTED: [&str; 5] = ["ZipFile", "Environment", "TemplateBody", "Parameters", "Token"];
/// Longest parameters in an event, in bytes; AWS's are about 100 KB.
const LONGEST: usize = 16 * 1024;

/// What is known of a call before it is performed.
#[derive(Debug)]
pub(crate) struct Draft {
    begun: Timestamp,
    name: String,
    source: String,
    region: String,
    identity: Value,
    address: &'static str,
    parameters: Map<String, Value>,
    request_id: String,
}

/// The draft of a management call; `None` for one that is not recorded. A call without an access key comes from a service
/// that makes it for its own caller.
pub(crate) fn draft(cloud: &Cloud, call: &Call, rest: Option<&RestRequest>, access_key: Option<&str>) -> Option<Draft> {
    if !names::is_management(call) || call.principal == Principal::Anonymous {
        return None;
    }
    let parameters = match (call.service.as_str(), rest) {
        ("lambda", Some(rest)) => lambda::parameters(rest),
        ("s3", Some(rest)) => bucket(rest),
        _ => call.input.0.clone(),
    };
    Some(Draft {
        begun: cloud.clock.now(),
        name: names::event_name(&call.service, &call.operation),
        source: format!("{}.amazonaws.com", call.service),
        region: names::region(&call.service, &call.region),
        identity: identity::of(cloud, &call.principal, access_key),
        address: if access_key.is_some() { "127.0.0.1" } else { identity::INTERNAL },
        parameters,
        request_id: call.request_id.clone(),
    })
}

fn bucket(rest: &RestRequest) -> Map<String, Value> {
    let name = rest.path.trim_start_matches('/').split('/').next().filter(|name| !name.is_empty());
    name.map(|name| ("BucketName".to_owned(), json!(name))).into_iter().collect()
}

/// Adds a performed call to the history, from where lookups return it after
/// [`LatencyProfile::trail_event`](crate::config::LatencyProfile).
pub(crate) fn record(cloud: &Cloud, draft: Draft, refused: Option<&ApiError>) {
    let parameters = match refused {
        Some(error) if error.code.starts_with("AccessDenied") => Value::Null,
        _ => written(draft.parameters),
    };
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": draft.identity,
        "eventTime": draft.begun.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": draft.source,
        "eventName": draft.name,
        "awsRegion": draft.region,
        "sourceIPAddress": draft.address,
        "userAgent": draft.address,
        "requestParameters": parameters,
        "responseElements": null,
        "requestID": draft.request_id,
        "eventID": uuid::Uuid::new_v4().to_string(),
        "readOnly": names::is_read_only(&draft.name),
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    });
    if let Some(error) = refused {
        record["errorCode"] = json!(error.code);
        record["errorMessage"] = json!(error.message);
    }
    let visible = SystemTime::now() + cloud.clock.scaled(cloud.config.latency.trail_event);
    let visible = Timestamp::try_from(visible).map_or(i64::MAX, |time| time.as_millisecond());
    if let Some(event) = Event::of(&record, visible) {
        cloud.cloudtrail.store.add(event);
    }
}

/// Parameters as events have them: names begin with a small letter.
fn written(parameters: Map<String, Value>) -> Value {
    let written = small(Value::Object(parameters));
    match written.as_object() {
        Some(members) if members.is_empty() => Value::Null,
        _ if written.to_string().len() > LONGEST => {
            json!({ "omitted": true, "reason": "the local AWS keeps 16 KB of each call's parameters" })
        }
        _ => written,
    }
}

fn small(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept =
                members.into_iter().filter(|(name, value)| !OMITTED.contains(&name.as_str()) && !value.is_null());
            Value::Object(kept.map(|(name, value)| (lower_first(&name), small(value))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(small).collect()),
        other => other,
    }
}

fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
