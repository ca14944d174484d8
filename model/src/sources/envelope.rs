//! An unwrapped event, in EventBridge's form.

mod secrets;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::arn::Arn;
use crate::fields::{elements, first_text, text};
use crate::fingerprint::digest;
use crate::observation::{Kind, Observation, TopFrame};
use crate::redact::redact;
use crate::time;
use crate::vocabulary::{Verdict, verdict};

/// One event in EventBridge's form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Envelope {
    pub(crate) event_id: String,
    pub(crate) source: String,
    pub(crate) detail_type: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) occurred_at: String,
    pub(crate) resources: Vec<String>,
    pub(crate) detail: Value,
}

impl Envelope {
    /// Reads an event as EventBridge delivers it, or as passed to PutEvents (`DetailType`, `Detail` as text); `None`
    /// for anything else.
    pub(crate) fn read(event: &Value) -> Option<Self> {
        let detail_type = first_text(event, &["/detail-type", "/DetailType", "/detailType"]);
        let detail = event.get("detail").or_else(|| event.get("Detail"))?;
        if detail_type.is_empty() && first_text(event, &["/source", "/Source"]).is_empty() {
            return None;
        }
        let resources = [elements(event, "/resources"), elements(event, "/Resources")].concat();
        Some(
            Self {
                event_id: identity(event),
                source: first_text(event, &["/source", "/Source"]).to_owned(),
                detail_type: detail_type.to_owned(),
                account: text(event, "/account").to_owned(),
                region: text(event, "/region").to_owned(),
                occurred_at: time::normalised(first_text(event, &["/time", "/Time"])),
                resources: resources.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                detail: parsed(detail),
            }
            .completed(),
        )
    }

    /// An event converted from another shape; account and region come from its ARNs.
    pub(crate) fn made(source: &str, detail_type: &str, event_id: &str, resources: &[&str], detail: Value) -> Self {
        Self {
            event_id: event_id.to_owned(),
            source: source.to_owned(),
            detail_type: detail_type.to_owned(),
            account: String::new(),
            region: String::new(),
            occurred_at: String::new(),
            resources: resources.iter().filter(|arn| !arn.is_empty()).map(|&arn| arn.to_owned()).collect(),
            detail,
        }
        .completed()
    }

    pub(crate) fn at(mut self, time: &str) -> Self {
        self.occurred_at = time::normalised(time);
        self
    }

    /// Fills in account and region from the detail, or from the first ARN with them.
    fn completed(mut self) -> Self {
        if self.account.is_empty() {
            self.account = first_text(&self.detail, &["/accountId", "/AwsAccountId", "/awsAccountId"]).to_owned();
        }
        for arn in self.resources.iter().filter_map(|resource| Arn::parse(resource)) {
            if self.account.is_empty() {
                self.account = arn.account.to_owned();
            }
            if self.region.is_empty() {
                self.region = arn.region.to_owned();
            }
        }
        self
    }

    /// The service's short name: `ecs` for `aws.ecs`.
    pub(crate) fn service(&self) -> &str {
        self.source.strip_prefix("aws.").unwrap_or(&self.source)
    }

    /// A string of the detail.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        text(&self.detail, pointer)
    }

    /// The first non-empty string of the detail.
    pub(crate) fn first_text(&self, pointers: &[&str]) -> &str {
        first_text(&self.detail, pointers)
    }

    /// The first resource, which for most services is the failed one.
    pub(crate) fn first_resource(&self) -> &str {
        self.resources.first().map(String::as_str).unwrap_or_default()
    }

    fn observed(&self, kind: Kind, resource: &str) -> Observation {
        Observation {
            kind,
            source: self.service().to_owned(),
            resource: resource.to_owned(),
            account: self.account.clone(),
            region: self.region.clone(),
            error_type: String::new(),
            error_message: String::new(),
            request_id: None,
            event_id: self.event_id.clone(),
            occurred_at: self.occurred_at.clone(),
            detail_type: self.detail_type.clone(),
            top_frame: TopFrame::default(),
            drill: None,
            grouping: None,
            recovers: false,
            attributes: BTreeMap::new(),
        }
    }

    pub(crate) fn failure(&self, resource: &str, error_type: &str, message: &str) -> Observation {
        Observation {
            error_type: error_type.to_owned(),
            error_message: message.trim().to_owned(),
            ..self.observed(Kind::Failure, resource)
        }
    }

    pub(crate) fn recovery(&self, resource: &str) -> Observation {
        self.observed(Kind::Recovery, resource)
    }

    pub(crate) fn ignored(&self, resource: &str, reason: impl Into<String>) -> Observation {
        self.observed(Kind::Ignored { reason: reason.into() }, resource)
    }

    /// A success: not actionable, but it ends an open incident of the resource.
    pub(crate) fn success(&self, resource: &str, status: &str) -> Observation {
        Observation { recovers: true, ..self.ignored(resource, format!("{status} is a success")) }
    }

    /// The observation for a status in the services' common vocabulary.
    pub(crate) fn by_status(&self, resource: &str, status: &str, message: &str) -> Observation {
        match verdict(status) {
            Verdict::Failed => self.failure(resource, status, message),
            Verdict::Succeeded => self.success(resource, status),
            Verdict::Underway => self.ignored(resource, format!("{status} is not a final state")),
            Verdict::Stopped => self.ignored(resource, format!("{status}: ended on purpose")),
            Verdict::Unknown if status.is_empty() => self.ignored(resource, "the event has no status"),
            Verdict::Unknown => self.ignored(resource, format!("status {status} is not a failure")),
        }
    }
}

impl Observation {
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() && value != "" {
            self.attributes.insert(name.to_owned(), value);
        }
        self
    }

    pub(crate) fn request(mut self, id: &str) -> Self {
        self.request_id = (!id.is_empty()).then(|| id.to_owned());
        self
    }

    pub(crate) fn grouped_by(mut self, grouping: &str) -> Self {
        self.grouping = Some(grouping.to_owned());
        self
    }

    pub(crate) fn counted_as(mut self, event_id: String) -> Self {
        self.event_id = event_id;
        self
    }
}

/// The event's identity; empty without an id.
fn identity(event: &Value) -> String {
    let said = ["source", "detail-type", "time", "resources", "detail"].map(|name| event.get(name).map(sorted));
    identified(text(event, "/id"), &Value::from_iter(said))
}

/// An id and a digest of the content. A redelivery, or a replay from an archive, repeats both; events that share an id,
/// as in one message or when written by hand, remain distinct. Empty without an id.
pub(super) fn identified(id: &str, said: &Value) -> String {
    let said = said.to_string();
    // The id stays searchable, unless it contains a secret.
    match id {
        "" => String::new(),
        id if redact(id) != id => digest("content-", [id, &said]),
        id => {
            digest("", [said.as_str()]).chars().take(8).fold(format!("{id}-"), |text, digit| text + &digit.to_string())
        }
    }
}

/// The value with sorted object members, since a wrapper may have reordered them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(sorted).collect(),
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().map(|(name, value)| (name, sorted(value))).collect();
            members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        other => other.clone(),
    }
}

/// Parses a detail that is JSON in a string.
fn parsed(detail: &Value) -> Value {
    match detail {
        Value::String(text) => crate::json::from_str(text).unwrap_or_else(|_| detail.clone()),
        other => other.clone(),
    }
}
