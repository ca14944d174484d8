//! What `up`, `plan` and `down` share: the stack for this account, its observed state, and how a plan is rendered.

mod args;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::error::CommandError;
use crate::health::Pending;
use crate::session::Session;
use crate::settings::{EmailAddress, Settings};
use crate::ui::{Line, ProgressView, Ui};
use incident_deploy::aws::Clients;
use incident_deploy::engine::{Deployment, EngineError};
use incident_deploy::package::{Destination, Package};
use incident_deploy::plan::{Action, Leftover, Plan};
use incident_deploy::progress::Event;
use incident_deploy::resources;
use incident_deploy::template::{self, Completion, Inputs, Place, Template};

pub(super) use args::DeploymentArgs;

/// The stack with its code, which is located or built first.
pub(super) async fn with_code(
    session: &Session,
    settings: &Settings,
    args: &DeploymentArgs,
) -> Result<Deployment, CommandError> {
    let rules = args.rules.as_deref().or(settings.rules.as_deref());
    let destination = Destination::of(session.sdk().endpoint_url());
    let package = Package::make(args.handler.as_deref(), rules, destination).await?;
    let code = [("Architecture", package.architecture().name().to_owned()), ("CodeKey", package.key())];
    let mut deployment = resolve(session, settings, &settings.emails_or(&args.emails), code)?;
    resources::with_package(&mut deployment.stack, &package);
    Ok(Deployment { package: Some(package), ..deployment })
}

/// The stack without its code, which a teardown does not need.
pub(super) fn without_code(session: &Session, settings: &Settings) -> Result<Deployment, CommandError> {
    resolve(session, settings, &[], [])
}

/// The stack with code that is already deployed; `code` holds the parameters that depend on it.
pub(super) fn as_deployed(
    session: &Session,
    settings: &Settings,
    code: impl IntoIterator<Item = (&'static str, String)>,
) -> Result<Deployment, CommandError> {
    resolve(session, settings, &settings.emails, code)
}

/// The record of subscriptions that wait for confirmation.
pub(super) fn pending(deployment: &Deployment) -> Pending<'_> {
    Pending::of(&deployment.clients, &deployment.stack.place.stack)
}

/// Runs an engine and shows its events. Failing to show something never discards the outcome: a closed or full
/// standard output fails again when the result is printed. `command` resumes the run where it stopped.
pub(super) async fn shown<T>(
    ui: &Ui,
    command: &str,
    work: impl AsyncFnOnce(UnboundedSender<Event>) -> Result<T, EngineError>,
) -> Result<T, CommandError> {
    let (sender, mut receiver) = unbounded_channel();
    let display = async {
        let mut view = ProgressView::new(ui);
        let mut takes = true;
        while let Some(event) = receiver.recv().await {
            // Continue even when nothing can be shown: half a stack is of no use.
            takes = takes && view.show(&event).is_ok();
        }
    };
    tokio::join!(work(sender), display).0.map_err(|error| CommandError::of_engine(error, command))
}

/// The rendered template for these settings; `code` holds the parameters that depend on the package.
pub(super) fn complete(
    settings: &Settings,
    emails: &[EmailAddress],
    code: impl IntoIterator<Item = (&'static str, String)>,
) -> Result<(String, Template), CommandError> {
    let mut parameters = settings.parameters();
    parameters.extend(code.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let completion = Completion {
        emails: emails.iter().map(|email| email.as_str().to_owned()).collect(),
        tags: settings.tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        events: settings.events.patterns().to_vec(),
        parameters,
    };
    Ok(completion.apply(template::EMBEDDED, resources::naming)?)
}

fn resolve(
    session: &Session,
    settings: &Settings,
    emails: &[EmailAddress],
    code: impl IntoIterator<Item = (&'static str, String)>,
) -> Result<Deployment, CommandError> {
    let (text, template) = complete(settings, emails, code)?;
    let place =
        Place::new(settings.stack.as_str(), session.account(), session.region(), session.endpoint().map(str::to_owned))
            .in_partition(session.partition());
    let stack = template.resolve(&Inputs { place, parameters: Default::default() }, resources::naming)?;
    resources::check(&stack)?;
    Ok(Deployment { clients: Clients::new(session.sdk()), stack, template: text, package: None })
}

/// Warns of everything that should be gone but stays, and why.
pub(super) fn tell_leftovers(plan: &Plan, ui: &Ui) {
    for Leftover { resource_type, physical_id, why, .. } in &plan.leftovers {
        ui.warn(&format!("left {resource_type} {physical_id}: {why}"));
    }
}

/// The plan as text: one line per change and per property.
pub(super) fn describe(plan: &Plan) -> Vec<Line> {
    let mut lines: Vec<String> = Vec::new();
    for change in plan.changes.iter().filter(|change| change.action != Action::None) {
        let (sign, verb) = match change.action {
            Action::Create => ("+", "create"),
            Action::Update => ("~", "update"),
            Action::Replace => ("±", "replace"),
            Action::Delete | Action::None => ("-", "delete"),
        };
        let cause = change.cause.as_ref().map_or_else(String::new, |cause| format!(" ({cause})"));
        let loss = match &change.holds {
            Some(holds) => format!(" — deletes its data: {holds}"),
            None if change.data_loss => " — deletes its data".to_owned(),
            None => String::new(),
        };
        lines.push(format!("{sign} {verb:7} {:36} {}{cause}{loss}", change.resource_type, change.logical_id));
        lines.extend(change.properties.iter().map(|property| {
            let (before, after) = (property.before.to_string(), property.after.to_string());
            let start = first_difference(&before, &after);
            format!("      {}: {} → {}", property.path, shorten(&before, start), shorten(&after, start))
        }));
    }
    lines.extend(
        plan.leftovers
            .iter()
            .map(|left| format!("= leave   {:36} {} ({})", left.resource_type, left.physical_id, left.why)),
    );
    lines.push(summary(plan));
    lines.into_iter().map(Line::from).collect()
}

/// `3 to create, 1 to update, 20 unchanged`.
pub(super) fn summary(plan: &Plan) -> String {
    let counts = [
        (Action::Create, "to create"),
        (Action::Update, "to update"),
        (Action::Replace, "to replace"),
        (Action::Delete, "to delete"),
        (Action::None, "unchanged"),
    ];
    let parts = counts.into_iter().map(|(action, words)| (plan.count(action), words));
    let parts: Vec<String> =
        parts.filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
}

/// The longest value shown in full, in characters.
const LIMIT: usize = 80;

fn first_difference(before: &str, after: &str) -> usize {
    before.chars().zip(after.chars()).take_while(|(before, after)| before == after).count()
}

/// Shortens a value to one line: of a long document, only the part around `start` is shown.
fn shorten(text: &str, place: usize) -> String {
    let length = text.chars().count();
    if length <= LIMIT {
        return text.to_owned();
    }
    let start = place.min(length).saturating_sub(LIMIT / 4);
    let part: String = text.chars().skip(start).take(LIMIT).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + LIMIT < length { "…" } else { "" };
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_shown_where_it_differs() {
        let (before, after) = ("a".repeat(100) + "b", "a".repeat(100) + "c");
        let place = first_difference(&before, &after);
        assert_eq!(shorten(&before, place), format!("…{}b", "a".repeat(20)));
        assert_eq!(shorten(&after, place), format!("…{}c", "a".repeat(20)));
        assert_eq!(shorten(&"ä".repeat(100), 0), format!("{}…", "ä".repeat(80)));
        assert_eq!(shorten("short", 3), "short");
    }
}
