//! Whether the functions that failed exist: whoever may call `events:PutEvents` can send what looks like a failure of one.
//!
//! An alert never waits for that. The sweep asks about what it has just looked at, a few functions a minute, and marks the
//! incidents of those that do not exist: what still waits comes after all others, and its mail says so. A mark does not
//! outlast the function's creation: whoever foresees a name must not be able to put its real failures last.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use incident_model::{Incident, Status};
use serde_json::json;

use crate::context::Context;
use crate::function_name::is_function_name;
use crate::log;
use crate::notify::Notifier;
use crate::refused::Refused;
use crate::store::{Store, StoreError};

/// Functions that one sweep asks about. Lambda takes fifteen such calls a second of the whole account
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const MOST: usize = 10;
/// Names that are remembered as existing; more are forgotten together.
const MOST_KNOWN: usize = 1_000;
/// The timeline's entry.
const MISSING: &str = "no function has this name: it was deleted, or Lambda did not send the event";
/// The timeline's entry when that has changed.
const FOUND: &str = "a function has this name now";

/// What Lambda says about names.
pub(crate) trait Functions {
    /// Whether a function of this account and region has the name.
    fn exists(&self, name: &str) -> impl Future<Output = Result<bool, Refused>>;
}

/// Lambda. Of all calls that need a name, this one reveals the least: a number.
#[derive(Debug)]
pub(crate) struct OnLambda(pub(crate) aws_sdk_lambda::Client);

impl Functions for OnLambda {
    async fn exists(&self, name: &str) -> Result<bool, Refused> {
        let answer = self.0.get_function_concurrency().function_name(name).send().await;
        match answer.map_err(Refused::of("lambda:GetFunctionConcurrency")) {
            Ok(_) => Ok(true),
            Err(refused) if refused.is("ResourceNotFoundException") => Ok(false),
            Err(refused) => Err(refused),
        }
    }
}

/// The check of incidents, with what it learnt.
#[derive(Debug)]
pub(crate) struct Existence<F> {
    functions: F,
    known: Mutex<BTreeSet<String>>,
}

impl<F: Functions> Existence<F> {
    pub(crate) fn new(functions: F) -> Self {
        Self { functions, known: Mutex::default() }
    }

    /// Marks the incidents of functions that do not exist, and takes the mark from those of functions that do. The first
    /// call that fails ends it until the next sweep: nothing depends on it.
    pub(crate) async fn check<S: Store, N: Notifier>(&self, context: &Context<S, N>, looked_at: &[Incident]) {
        let mut checkable: Vec<&Incident> =
            looked_at.iter().filter(|incident| self.is_open_question(context, incident)).collect();
        // Failures of names that do not exist must not keep others from being looked at.
        checkable.sort_by_key(|incident| incident.function_missing_at.is_some());
        let names: BTreeSet<&str> = checkable.iter().map(|incident| incident.resource.as_str()).take(MOST).collect();
        for name in names {
            let of_name = checkable.iter().filter(|incident| incident.resource == name);
            let found = match self.functions.exists(name).await {
                Ok(true) => {
                    self.remember(name);
                    unmark(context, of_name.filter(|incident| incident.function_missing_at.is_some())).await
                }
                Ok(false) => mark(context, of_name.filter(|incident| incident.function_missing_at.is_none())).await,
                Err(error) => return log::line("not-checked", json!({ "error": error.to_string() })),
            };
            if let Err(error) = found {
                return log::line("not-checked", json!({ "error": error.to_string() }));
            }
        }
    }

    fn is_open_question<S, N>(&self, context: &Context<S, N>, incident: &Incident) -> bool {
        incident.names_function()
            && incident.status != Status::Resolved
            && context.settings.is_here(&incident.account, &incident.region)
            && is_function_name(&incident.resource)
            && match &incident.function_missing_at {
                None => !self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&incident.resource),
                Some(at) => incident.last_seen_at > *at,
            }
    }

    fn remember(&self, name: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(name.to_owned());
    }
}

async fn mark<'i, S: Store, N: Notifier>(
    context: &Context<S, N>,
    incidents: impl Iterator<Item = &'i &'i Incident>,
) -> Result<(), StoreError> {
    for incident in incidents {
        let at = context.clock.now().text;
        context.store.mark_missing(incident, &at, MISSING).await?;
        log::line("no-function", json!({ "incident_id": incident.incident_id, "resource": incident.resource }));
    }
    Ok(())
}

async fn unmark<'i, S: Store, N: Notifier>(
    context: &Context<S, N>,
    incidents: impl Iterator<Item = &'i &'i Incident>,
) -> Result<(), StoreError> {
    for incident in incidents {
        let at = context.clock.now().text;
        context.store.unmark_missing(incident, &at, FOUND).await?;
        log::line("function", json!({ "incident_id": incident.incident_id, "resource": incident.resource }));
    }
    Ok(())
}
