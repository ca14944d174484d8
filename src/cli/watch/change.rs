//! `incidentctl watch add` and `remove`.

use clap::Args;
use serde_json::json;

use crate::cli::changes::{Change, report};
use crate::error::CommandError;
use crate::settings::StackName;
use crate::ui::Ui;
use crate::watch::{Added, Removed, Watch, WatchError};
use incident_deploy::aws::{Clients, Explain};

/// Send failures of functions to the default event bus; retries and event age stay unchanged
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Function names or ARNs
    #[arg(value_name = "FUNCTION", required = true)]
    pub functions: Vec<String>,

    /// Version or alias [default: unqualified invocations]
    #[arg(long, value_name = "QUALIFIER")]
    pub qualifier: Option<String>,

    /// Replace an existing on-failure destination; `watch remove` restores it
    #[arg(long)]
    pub replace: bool,
}

/// Restore the previous on-failure destination of functions
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Function names or ARNs
    #[arg(value_name = "FUNCTION", required = true)]
    pub functions: Vec<String>,

    /// Version or alias [default: unqualified invocations]
    #[arg(long, value_name = "QUALIFIER")]
    pub qualifier: Option<String>,
}

pub(super) async fn add(args: &AddArgs, watch: &Watch, ui: &Ui) -> Result<(), CommandError> {
    let mut changes = Vec::new();
    for function in &args.functions {
        let added = watch.add(function, args.qualifier.as_deref(), args.replace).await;
        if let Ok(Added { unchecked: Some(error), function, .. }) = &added {
            ui.warn(&format!("could not check whether {function}'s role allows events:PutEvents: {error}"));
        }
        changes.push(added.map_or_else(|error| describe_failure(function, error), |added| describe_added(&added)));
    }
    report(changes, ui)
}

pub(super) async fn remove(args: &RemoveArgs, watch: &Watch, ui: &Ui) -> Result<(), CommandError> {
    let mut changes = Vec::new();
    for function in &args.functions {
        let removed = watch.remove(function, args.qualifier.as_deref()).await;
        changes
            .push(removed.map_or_else(|error| describe_failure(function, error), |removed| describe_removed(&removed)));
    }
    report(changes, ui)
}

/// Warns when no rule of the stack receives the events of the bus.
pub(super) async fn warn_of_no_listener(clients: &Clients, stack: &StackName, ui: &Ui) {
    let rule = format!("{stack}-function-failures");
    let answer = clients.events.describe_rule().name(&rule).send().await.explain("events:DescribeRule");
    if answer.is_err_and(|error| error.is("ResourceNotFoundException")) {
        ui.warn(&format!("rule {rule} does not exist here, so these failures go unnoticed for now"));
        ui.hint("`incidentctl up` deploys the stack");
    }
}

fn describe_failure(function: &str, error: WatchError) -> Change {
    let object = json!({"function": function, "ok": false, "error": error.to_string(), "hints": error.hints()});
    (object, Err(error.into()))
}

fn describe_added(added: &Added) -> Change {
    let Added { function, changed, before, .. } = added;
    let line = match (changed, before) {
        (true, None) => {
            format!("{function}: failures now go to the default event bus; before, they had no destination")
        }
        (true, Some(before)) => {
            format!("{function}: failures now go to the default event bus; before, they went to {before}")
        }
        (false, _) => format!("{function}: failures already go to the default event bus"),
    };
    (json!({"function": function, "ok": true, "changed": changed, "before": before}), Ok(line))
}

fn describe_removed(removed: &Removed) -> Change {
    let Removed { function, destination, was_changed_since } = removed;
    let place = destination.as_deref().unwrap_or("no destination");
    let line = match was_changed_since {
        false => format!("{function}: failures go to {place} again"),
        true => {
            format!("{function}: the destination was changed to {place} in the meantime and stays; no longer watched")
        }
    };
    let changed = !was_changed_since;
    (json!({"function": function, "ok": true, "changed": changed, "destination": destination}), Ok(line))
}
