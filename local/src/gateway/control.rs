//! The `/_local/…` control API, which AWS does not have: status, stop, whether mails can be written, fault rules, recorded calls, consumed capacity,
//! events of AWS services, and what happened before ([`history`] has the format).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::request::Request;
use super::{Reply, State, faults, reply};
use crate::config::ACCOUNT;
use crate::credentials::{AccessKey, is_equal};
use crate::history;
use crate::services::{dynamodb, events};

const PREFIX: &str = "/_local/";
/// Header with the account's secret access key, required by every control request.
pub(crate) const SECRET_HEADER: &str = "x-local-secret";

/// Identifies the server behind a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    pub(crate) instance: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) version: String,
}

/// Whether a request is for the control API.
pub(super) fn is_for(request: &Request) -> bool {
    request.path.starts_with(PREFIX)
}

/// Whether the request carries the secret. Where the access key is the well-known one, none is required.
pub(super) fn is_allowed(state: &State, request: &Request) -> bool {
    if state.cloud.access_key == AccessKey::well_known() {
        return true;
    }
    let secret = &state.cloud.access_key.secret_access_key;
    request.header(SECRET_HEADER).is_some_and(|shown| is_equal(shown, secret))
}

/// Answers an authorised control request.
pub(super) fn answer(state: &State, request: &Request) -> Reply {
    let what = request.path.strip_prefix(PREFIX).unwrap_or_default();
    match (request.method.as_str(), what) {
        ("GET", "status") => document(200, &identity(state)),
        ("POST", "stop") => {
            state.stop.notify_one();
            document(200, &json!({ "stopping": true }))
        }
        ("GET", "storage") => document(200, &state.cloud.outbox.trouble()),
        ("GET", "faults") => document(200, &state.faults.list()),
        ("PUT", "faults") => set_faults(state, request),
        ("GET", "calls") => document(200, &state.calls.list()),
        ("DELETE", "calls") => {
            state.calls.clear();
            document(200, &json!({}))
        }
        ("GET", "consumed") => document(200, &dynamodb::consumed_totals(&state.cloud)),
        ("POST", "events") => send_event(state, request),
        ("PUT", "history") => bring_in(state, request),
        (method, _) => failure(404, &format!("there is no {method} {}", request.path)),
    }
}

fn identity(state: &State) -> Identity {
    Identity {
        pid: std::process::id(),
        instance: state.instance.clone(),
        account: ACCOUNT.to_owned(),
        region: state.cloud.config.region.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn set_faults(state: &State, request: &Request) -> Reply {
    match serde_json::from_slice::<Vec<faults::Rule>>(&request.body) {
        Ok(rules) => {
            state.faults.set(rules);
            document(200, &json!({}))
        }
        Err(error) => failure(400, &format!("fault rules not understood: {error}")),
    }
}

/// Puts an event on the default bus as an AWS service does; `PutEvents` rejects AWS's own sources. `?region=eu-west-1`
/// selects the region; the default is the one in the settings.
fn send_event(state: &State, request: &Request) -> Reply {
    let text = String::from_utf8_lossy(&request.body);
    let region = request.query_parameter("region").unwrap_or_else(|| state.cloud.config.region.clone());
    match events::inject(&state.cloud, &region, &text) {
        Ok(sent) => document(200, &sent),
        Err(error) => failure(error.status, &error.message),
    }
}

/// Brings a [`history`] into a region, which `?region=eu-west-1` selects as above.
fn bring_in(state: &State, request: &Request) -> Reply {
    let region = request.query_parameter("region").unwrap_or_else(|| state.cloud.config.region.clone());
    match history::bring_in(&state.cloud, &region, &request.body) {
        Ok(()) => document(200, &json!({})),
        Err(error) => failure(400, &error.to_string()),
    }
}

fn document(status: u16, value: &impl Serialize) -> Reply {
    reply(status, "application/json", serde_json::to_vec(value).unwrap_or_default())
}

fn failure(status: u16, message: &str) -> Reply {
    document(status, &json!({ "error": message }))
}
