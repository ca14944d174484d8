//! Event source mappings: Lambda polls queues and invokes functions with batches of their messages.

mod batch;
mod call;
mod event;
mod filter;
mod lifecycle;
mod manage;
mod poller;
mod response;
mod run;
mod scaling;
mod settings;
mod source;
mod tags;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::reference::Reference;
use crate::{ApiError, Cloud, arn};

use lifecycle::Lifecycle;
pub(super) use manage::{create, delete, get, list, update};
use run::Run;
use settings::Settings;
pub(crate) use tags::mark;
pub(super) use tags::{add as add_tags, list as list_tags, remove as remove_tags};

/// Resource prefix of a mapping's ARN.
const RESOURCE: &str = "event-source-mapping:";

/// The mappings of all regions.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    /// By UUID.
    mappings: Mutex<BTreeMap<String, Mapping>>,
}

/// A mapping of a queue to a function.
#[derive(Debug, Clone)]
struct Mapping {
    uuid: String,
    region: String,
    /// The queue's ARN.
    source: String,
    function: Reference,
    settings: Settings,
    tags: BTreeMap<String, String>,
    modified: Timestamp,
    lifecycle: Lifecycle,
    run: Arc<Run>,
}

impl Mappings {
    /// Locks the mappings, without those whose deletion has come to its end.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Mapping>> {
        let mut mappings = self.mappings.lock().unwrap_or_else(PoisonError::into_inner);
        mappings.retain(|_, mapping| !mapping.lifecycle.is_over());
        mappings
    }

    /// Ends all pollers.
    pub(super) fn close(&self) {
        self.lock().values().for_each(|mapping| _ = mapping.run.supersede());
    }
}

impl Mapping {
    fn arn(&self) -> String {
        arn_of(&self.region, &self.uuid)
    }

    /// An `EventSourceMappingConfiguration`.
    fn describe(&self) -> Value {
        let mut members = json!({
            "UUID": self.uuid,
            "EventSourceMappingArn": self.arn(),
            "EventSourceArn": self.source,
            "FunctionArn": self.function.asked_arn(),
            "LastModified": self.modified.as_millisecond() as f64 / 1000.0,
            "State": self.lifecycle.state(self.settings.enabled),
            "StateTransitionReason": "USER_INITIATED",
        });
        self.settings.describe(&mut members);
        members
    }
}

/// A mapping's ARN.
pub(super) fn arn_of(region: &str, uuid: &str) -> String {
    arn::local("lambda", region, &format!("{RESOURCE}{uuid}"))
}

/// The UUID in a mapping's ARN; `None` for any other text.
pub(super) fn uuid_in(text: &str) -> Option<&str> {
    arn::Arn::parse(text).filter(|arn| arn.service == "lambda")?.resource.strip_prefix(RESOURCE)
}

fn not_found() -> ApiError {
    ApiError::new("ResourceNotFoundException", "The resource you requested does not exist.").with_status(404)
}

/// Starts what polls for a mapping once its change has settled, if it is enabled.
fn start(cloud: &Cloud, mapping: &Mapping) {
    let version = mapping.run.supersede();
    if mapping.settings.enabled && !mapping.lifecycle.is_deletion() {
        tokio::spawn(poller::poll(cloud.clone(), mapping.clone(), version));
    }
}
