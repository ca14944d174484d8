//! What one event says, in the same words for every service.

mod clean;
mod telling;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// What an event means for the people who are on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Kind {
    /// Something broke.
    Failure,
    /// Something that was broken works again.
    Recovery,
    /// Nothing to act on.
    Ignored {
        /// Why, for the log and for `rules test`.
        reason: String,
    },
}

/// One event, understood: who failed, how, when. Every text may be empty when the event does not say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    /// Failure, recovery or neither.
    #[serde(flatten)]
    pub kind: Kind,
    /// Kind of resource: `lambda`, `ecs`, `cloudwatch` …
    pub source: String,
    /// The resource's name as people know it.
    pub resource: String,
    /// Account of the resource.
    pub account: String,
    /// Region of the resource.
    pub region: String,
    /// Class of the error, or the status that means failure.
    pub error_type: String,
    /// What the event says about the cause.
    pub error_message: String,
    /// Id of the failed request, execution, job or build.
    pub request_id: Option<String>,
    /// The same for every delivery of one event.
    pub event_id: String,
    /// When it happened, RFC 3339 in UTC.
    pub occurred_at: String,
    /// The event's `detail-type`, or what it would be.
    pub detail_type: String,
    /// Innermost stack frame of the failing program's own code, without line numbers.
    pub top_frame: String,
    /// The drill that asked for this failure.
    pub drill: Option<String>,
    /// Takes the place of the message in the fingerprint, for sources whose message tells the same failure in many ways.
    pub grouping: Option<String>,
    /// Whether an ignored success ends the open incidents of the same trouble.
    pub recovers: bool,
    /// What else rules may look at; the names are the adapter's.
    pub attributes: BTreeMap<String, Value>,
}

impl Observation {
    /// The normalised event that the rules' patterns are matched against.
    pub fn as_event(&self) -> Value {
        json!({
            "source": self.source,
            "detail_type": self.detail_type,
            "resource": self.resource,
            "account": self.account,
            "region": self.region,
            "error_type": self.error_type,
            "error_message": self.error_message,
            "drill": self.drill.is_some(),
            "attributes": self.attributes,
        })
    }

    /// The error in one line for people: class and message, without a class that says nothing or that the message
    /// says again.
    pub fn error(&self) -> String {
        telling::line(&self.error_type, &self.error_message)
    }
}
