//! The stack: whether its names are free, who gets its alerts, whether failures reach it.

use super::coverage;
use crate::cli::deployed::Deployed;
use crate::cli::deployment;
use crate::error::CommandError;
use crate::health::{CONFIRM_HINT, Check, LIFETIME_HOURS, Pending, hours_pending};
use crate::session::Session;
use crate::settings::Settings;
use incident_deploy::aws::AwsError;
use incident_deploy::plan::{Observations, Ownership};
use incident_deploy::resources::Subscription;

/// Checks names, subscriptions and coverage.
pub(super) async fn checks(session: &Session, settings: &Settings) -> Vec<Check> {
    let deployed = match Deployed::read(session, settings).await {
        Ok(deployed) => deployed,
        Err(error) => return vec![unreadable(&error)],
    };
    let names = names(&deployed.observations);
    if !deployed.exists() {
        let absent = |name| Check::ok(name, "the stack is not deployed yet");
        return vec![names, absent("subscriptions"), absent("coverage")];
    }
    vec![names, subscriptions(&deployed).await, coverage::check(&deployed)]
}

fn unreadable(error: &CommandError) -> Check {
    let check = Check::fail("names", error.to_string());
    Check { hint: error.first_hint().map(str::to_owned), ..check }
}

/// Resources under the stack's names that the stack does not own.
fn names(observations: &Observations) -> Check {
    const NAME: &str = "names";
    let foreign = observations.resources.values().filter_map(|found| match &found.ownership {
        Ownership::Foreign { why } => Some(format!("`{}` ({why})", found.physical_id)),
        _ => None,
    });
    let foreign: Vec<String> = foreign.collect();
    match foreign.as_slice() {
        [] => Check::ok(NAME, "no name the stack needs is taken"),
        taken => Check::fail(NAME, format!("taken by resources outside the stack: {}", taken.join(", ")))
            .hint("choose another --stack name, or delete these resources"),
    }
}

async fn subscriptions(deployed: &Deployed) -> Check {
    const NAME: &str = "subscriptions";
    let found = match deployed.deployment.subscriptions().await {
        Ok(found) => found,
        Err(error) => return Check::warn(NAME, format!("could not be checked: {error}")),
    };
    let pending: Vec<&Subscription> = found.iter().filter(|one| one.pending).collect();
    let confirmed = found.len() - pending.len();
    let mut waiting = Vec::new();
    for one in &pending {
        waiting.push(age(&deployment::pending(&deployed.deployment), &one.endpoint).await);
    }
    let message = match waiting.as_slice() {
        [] => format!("{confirmed} confirmed"),
        waiting => format!("{confirmed} confirmed, pending: {}", waiting.join(", ")),
    };
    match (confirmed, pending.is_empty()) {
        (0, true) => Check::warn(NAME, "alerts have no recipient")
            .hint("`incidentctl up --email you@example.com` adds an address"),
        (_, true) => Check::ok(NAME, message),
        _ => Check::warn(NAME, message).hint(CONFIRM_HINT),
    }
}

/// A pending address and how long it has waited.
async fn age(memory: &Pending<'_>, address: &str) -> String {
    let since: Result<_, AwsError> = memory.since(address).await;
    match since.ok().flatten() {
        Some(since) => {
            let (waited, left) = hours_pending(since);
            format!("{address} (for {waited} h, expires in {left} h)")
        }
        None => format!("{address} (for less than {LIFETIME_HOURS} h; SNS does not report since when)"),
    }
}
