//! Messages to the handler that are no events: whoever may invoke it asks it for something.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the handler is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Whether an incident that arrived now would be judged, recorded and mailed. `up` ends with it.
    SelfCheck,
    /// The look at everything that is due, every minute.
    Sweep,
}

/// The message, as it goes over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Message {
    incidentctl: Control,
}

impl Control {
    /// What an invocation's payload asks for; nothing when it is an event.
    pub fn read(payload: &Value) -> Option<Self> {
        Message::deserialize(payload).ok().map(|message| message.incidentctl)
    }

    /// The payload that asks for it.
    pub fn payload(self) -> Value {
        serde_json::json!(Message { incidentctl: self })
    }
}

/// What the handler answers to [`Control::SelfCheck`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// Whether all of it works.
    pub ok: bool,
    /// The handler's version; empty from one that says none.
    #[serde(default)]
    pub version: String,
    /// The rules file.
    #[serde(default)]
    pub rules: Finding,
    /// The setting of when people are written to.
    #[serde(default)]
    pub alerts: Finding,
    /// The incident table, read and written with the handler's role.
    #[serde(default)]
    pub table: Finding,
    /// The alert topic, asked with the handler's role.
    #[serde(default)]
    pub topic: Finding,
}

/// What a self-check found of one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether it works.
    pub ok: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How many there are, of what is counted.
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
        ] {
            assert_eq!(control.payload(), payload);
            assert_eq!(Control::read(&payload), Some(control));
        }
        for event in
            [json!({}), json!({"incidentctl": "other"}), json!({"incidentctl": 1}), json!("sweep"), json!(null)]
        {
            assert_eq!(Control::read(&event), None, "{event}");
        }
    }
}
