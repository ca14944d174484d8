//! An event in a form common to all services.

mod clean;
mod error_line;
mod frame;
mod json_message;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

pub use frame::TopFrame;

/// What an event means for the people on call.
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

/// Attribute of a recovery that is none: how the trouble ended without being over, in a few words.
pub const ENDED_AS: &str = "ended_as";
/// Attribute with an alarm's tags, an object of texts: rules match `attributes: {alarm_tags: {team: [payments]}}`.
pub const ALARM_TAGS: &str = "alarm_tags";

/// One interpreted event: what failed, how, when. Every text is empty if the event does not provide it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    /// Failure, recovery or neither.
    #[serde(flatten)]
    pub kind: Kind,
    /// Kind of resource: `lambda`, `ecs`, `cloudwatch` …
    pub source: String,
    /// The resource's usual name.
    pub resource: String,
    /// Account of the resource.
    pub account: String,
    /// Region of the resource.
    pub region: String,
    /// Class of the error, or the failing status.
    pub error_type: String,
    /// The cause according to the event.
    pub error_message: String,
    /// Id of the failed request, execution, job or build.
    pub request_id: Option<String>,
    /// Equal for every delivery of one event.
    pub event_id: String,
    /// When it happened, RFC 3339 in UTC.
    pub occurred_at: String,
    /// The event's `detail-type`, or its equivalent.
    pub detail_type: String,
    /// Innermost stack frame of application code.
    pub top_frame: TopFrame,
    /// The drill that caused this failure.
    pub drill: Option<String>,
    /// Replaces the message in the fingerprint, for sources whose messages vary for one failure. If it has content, it
    /// identifies the failure and replaces the resource, too.
    pub grouping: Option<String>,
    /// Whether this ignored success ends the open incidents of the same trouble.
    pub recovers: bool,
    /// Further values for rules; the names are the adapter's.
    pub attributes: BTreeMap<String, Value>,
}

impl Observation {
    /// The normalised event for the rules' patterns.
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

    /// The error in one line for people: class and message, without an uninformative or redundant class.
    pub fn error(&self) -> String {
        error_line::line(&self.error_type, &self.error_message)
    }
}
