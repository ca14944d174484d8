//! Control messages to the handler, which are not events.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The request in a control message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Whether an incident would be judged, recorded and mailed now. The last step of `up`.
    SelfCheck,
    /// Handle everything that is due; sent every minute.
    Sweep,
    /// Note the state of one function now, as the sweep does with all: what changes afterwards is seen.
    Snapshot {
        /// Its name.
        function: String,
    },
    /// Gather the evidence of an incident again, and write what it says to the record. The answer is the
    /// [`Analysis`](crate::Analysis), or an object with an `error`. Sends nothing.
    Analyse {
        /// The incident.
        incident_id: String,
    },
}

/// The wire format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Message {
    incidentctl: Control,
}

impl Control {
    /// The names of all requests of this version.
    pub const NAMES: [&'static str; 4] = ["self-check", "sweep", "snapshot", "analyse"];

    /// The name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SelfCheck => "self-check",
            Self::Sweep => "sweep",
            Self::Snapshot { .. } => "snapshot",
            Self::Analyse { .. } => "analyse",
        }
    }

    /// The request in an invocation's payload; `None` for an event.
    pub fn read(payload: &Value) -> Option<Self> {
        Message::deserialize(payload).ok().map(|message| message.incidentctl)
    }

    /// The payload of this request.
    pub fn payload(&self) -> Value {
        serde_json::json!({ "incidentctl": self })
    }
}

/// The handler's response to [`Control::Snapshot`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotTaken {
    /// The function.
    pub function: String,
    /// When its snapshot last changed, in seconds since 1970; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<i64>,
    /// Why it could not be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The handler's response to [`Control::SelfCheck`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// Whether all of it works.
    pub ok: bool,
    /// The handler's version; empty from handlers without this field.
    #[serde(default)]
    pub version: String,
    /// The requests that the handler knows; empty from handlers without this field.
    #[serde(default)]
    pub requests: Vec<String>,
    /// The rules file.
    #[serde(default)]
    pub rules: Finding,
    /// The alert policy.
    #[serde(default)]
    pub alerts: Finding,
    /// The setting about evidence.
    #[serde(default)]
    pub analysis: Finding,
    /// The incident table, read and written with the handler's role.
    #[serde(default)]
    pub table: Finding,
    /// The alert topic, read with the handler's role.
    #[serde(default)]
    pub topic: Finding,
}

/// The self-check's finding about one component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether it works.
    pub ok: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The number of items, where applicable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
}

impl<E: ToString> From<Result<(), E>> for Finding {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self { ok: true, ..Self::default() },
            Err(error) => Self { error: Some(error.to_string()), ..Self::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_read_as_it_is_written() {
        for (control, payload) in [
            (Control::SelfCheck, json!({"incidentctl": "self-check"})),
            (Control::Sweep, json!({"incidentctl": "sweep"})),
            (
                Control::Snapshot { function: "orders".to_owned() },
                json!({"incidentctl": {"snapshot": {"function": "orders"}}}),
            ),
            (
                Control::Analyse { incident_id: "inc-1".to_owned() },
                json!({"incidentctl": {"analyse": {"incident_id": "inc-1"}}}),
            ),
        ] {
            assert!(payload["incidentctl"] == control.name() || payload["incidentctl"].get(control.name()).is_some());
            assert!(Control::NAMES.contains(&control.name()));
            assert_eq!(control.payload(), payload);
            assert_eq!(Control::read(&payload), Some(control));
        }
        for event in [
            json!({}),
            json!({"incidentctl": "other"}),
            json!({"incidentctl": 1}),
            json!("sweep"),
            json!(null),
            json!({"incidentctl": {"snapshot": {}}}),
        ] {
            assert_eq!(Control::read(&event), None, "{event}");
        }
    }
}
