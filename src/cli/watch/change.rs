//! `incidentctl watch add` and `remove`.

use clap::Args;
use serde_json::json;

use crate::cli::changes::{Change, report};
use crate::error::CommandError;
use crate::settings::StackName;
use crate::ui::Ui;
use crate::watch::{Added, Removed, Watch, WatchError};
use incident_deploy::aws::{Clients, Explain};

/// Send the failures of functions to the default event bus; retries and event age stay as they are
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Names or ARNs of functions
    #[arg(value_name = "FUNCTION", required = true)]
    pub functions: Vec<String>,

    /// Version or alias, where callers name one [default: what runs without one]
    #[arg(long, value_name = "QUALIFIER")]
    pub qualifier: Option<String>,

    /// Also where failures go elsewhere already; `watch remove` brings that back
    #[arg(long)]
    pub replace: bool,
}

/// Send the failures of functions where they went before
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Names or ARNs of functions
    #[arg(value_name = "FUNCTION", required = true)]
    pub functions: Vec<String>,

    /// Version or alias, as it was watched
    #[arg(long, value_name = "QUALIFIER")]
    pub qualifier: Option<String>,
}

pub(super) async fn add(args: &AddArgs, watch: &Watch, ui: &Ui) -> Result<(), CommandError> {
    let mut changes = Vec::new();
    for function in &args.functions {
        let added = watch.add(function, args.qualifier.as_deref(), args.replace).await;
        if let Ok(Added { unchecked: Some(error), function, .. }) = &added {
            ui.warn(&format!("nobody knows whether the role of {function} may put events on the bus: {error}"));
        }
        changes.push(added.map_or_else(|error| said_of_failure(function, error), |added| said_of_added(&added)));
    }
    report(changes, ui)
}

pub(super) async fn remove(args: &RemoveArgs, watch: &Watch, ui: &Ui) -> Result<(), CommandError> {
    let mut changes = Vec::new();
    for function in &args.functions {
        let removed = watch.remove(function, args.qualifier.as_deref()).await;
        changes
            .push(removed.map_or_else(|error| said_of_failure(function, error), |removed| said_of_removed(&removed)));
    }
    report(changes, ui)
}

/// Events on a bus that nobody listens to are gone.
pub(super) async fn warn_of_no_listener(clients: &Clients, stack: &StackName, ui: &Ui) {
    let rule = format!("{stack}-function-failures");
    let answer = clients.events.describe_rule().name(&rule).send().await.explain("events:DescribeRule");
    if answer.is_err_and(|error| error.is("ResourceNotFoundException")) {
        ui.warn(&format!("the rule {rule} does not exist here, so nobody sees these failures yet"));
        ui.hint("`incidentctl up` deploys the stack");
    }
}

fn said_of_failure(function: &str, error: WatchError) -> Change {
    let object = json!({"function": function, "ok": false, "error": error.to_string(), "hints": error.hints()});
    (object, Err(error.into()))
}

fn said_of_added(added: &Added) -> Change {
    let Added { function, changed, before, .. } = added;
    let line = match (changed, before) {
        (true, None) => format!("{function}: failures go to the default event bus; they went nowhere before"),
        (true, Some(before)) => {
            format!("{function}: failures go to the default event bus; they went to {before} before")
        }
        (false, _) => format!("{function}: failures go to the default event bus already; nothing changed"),
    };
    (json!({"function": function, "ok": true, "changed": changed, "before": before}), Ok(line))
}

fn said_of_removed(removed: &Removed) -> Change {
    let Removed { function, destination, was_changed_since } = removed;
    let place = destination.as_deref().unwrap_or("nowhere");
    let line = match was_changed_since {
        false => format!("{function}: failures go to {place} again"),
        true => {
            format!("{function}: somebody sent the failures to {place} since, where they stay; not watched any more")
        }
    };
    let changed = !was_changed_since;
    (json!({"function": function, "ok": true, "changed": changed, "destination": destination}), Ok(line))
}
