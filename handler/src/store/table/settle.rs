//! Changes of an incident's state: its outbox, its accepted notices, its end.

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::{Incident, Reason, Severity, Status, TimelineEntry};

use super::changes::Changes;
use super::timeline::apply_noted;
use super::{Table, analysis, budget, open};
use crate::item::{number, text};
use crate::store::{Outbox, Resolution, Sent, Store, StoreError};

/// How often an incident is read before its caller has to wait.
const READS: usize = 3;

/// Resolves an incident and closes its tally in one transaction.
pub(super) async fn resolve(table: &Table, resolution: &Resolution<'_>) -> Result<(), StoreError> {
    let Resolution { read, outbox, at, what, .. } = resolution;
    let recent = resolution.recent_changes.iter().map(|change| number(*change)).collect();
    let changes = Changes::default()
        .only_if_unresolved()
        .only_if_untouched(read)
        .resolved(at)
        .set("recovered", AttributeValue::Bool(true))
        .set("recent_changes", AttributeValue::L(recent))
        .outbox(outbox, read.severity, Status::Resolved)
        .noted_in_head(read, at, what)?;
    let mut writes = vec![changes.in_transaction(&table.name, &read.incident_id)?, open::closed(table, read)?];
    if let Some(charge) = resolution.charge {
        writes.push(budget::taken(table, charge)?);
    }
    table.transact(writes).await
}

/// Changes the outbox of an incident, unless it changed since it was read.
pub(super) async fn set_outbox(table: &Table, read: &Incident, outbox: &Outbox) -> Result<bool, StoreError> {
    let changes = Changes::new("attribute_exists(incident_id)")
        .only_if_untouched(read)
        // An escalation moves it into another queue.
        .only_if("severity = :read_severity")
        .with(":read_severity", text(read.severity.name()))
        .outbox(outbox, read.severity, read.status)
        .mended(read)?;
    table.apply(&read.incident_id, changes).await
}

/// Marks an incident whose function does not exist. Another sweep may have been first.
pub(super) async fn mark_missing(table: &Table, read: &Incident, at: &str, what: &str) -> Result<(), StoreError> {
    let changes = Changes::new("attribute_exists(incident_id) AND attribute_not_exists(function_missing_at)")
        .set("function_missing_at", text(at));
    apply_noted(table, read, changes, &[TimelineEntry::new(at, what)]).await.map(drop)
}

/// Takes the mark from an incident whose function exists now.
pub(super) async fn unmark_missing(table: &Table, read: &Incident, at: &str, what: &str) -> Result<(), StoreError> {
    let changes = Changes::new("attribute_exists(function_missing_at)").remove("function_missing_at");
    apply_noted(table, read, changes, &[TimelineEntry::new(at, what)]).await.map(drop)
}

/// Records an accepted notice; returns whether the incident became worse than it states.
pub(super) async fn mark_sent(table: &Table, sent: &Sent<'_>) -> Result<bool, StoreError> {
    let Incident { severity: mailed, notices, status, .. } = sent.incident;
    let outbox = Outbox { due: None, due_at: sent.next_look, silenced_by: None, ..Outbox::of(sent.incident) };
    let as_stated = as_stated(sent);
    let with_stated = |changes: Changes| {
        let stated = analysis::stated(*mailed, sent.rejudged).into_iter().enumerate();
        let with = |changes: Changes, (at, severity): (usize, Severity)| {
            changes.with(&format!(":stated_{at}"), text(severity.name()))
        };
        stated.fold(changes, with).with(":sent", number(*notices))
    };
    let notified = TimelineEntry::new(sent.at, sent.what);
    let raised = sent.rejudged.map(|rejudged| TimelineEntry::new(sent.at, &rejudged.what));
    let with_raise: Vec<TimelineEntry> = raised.into_iter().chain([notified.clone()]).collect();
    let mut incident = sent.incident.clone();
    for _ in 0..READS {
        let untouched = with_stated(accepted(sent, &as_stated)).outbox(&outbox, *mailed, *status);
        let untouched =
            sent.rejudged.into_iter().fold(untouched, |changes, rejudged| changes.rejudged(sent.incident, rejudged));
        if apply_noted(table, &incident, untouched, &with_raise).await? {
            return Ok(false);
        }
        if let Some(condition) = worse_than(*mailed) {
            let unsaid = accepted(sent, &format!("notices = :sent AND #status <> :resolved AND {condition}"))
                .with(":sent", number(*notices))
                .named("#status", "status")
                .with(":resolved", text(Status::Resolved.name()));
            let escalation = Outbox::next(sent.incident, Reason::Escalated, sent.now);
            let unsaid = unsaid.outbox(&escalation, Severity::Critical, *status);
            let named = |severity: Severity| (format!(":{}", severity.name()), text(severity.name()));
            let unsaid =
                severities_above(*mailed).map(named).fold(unsaid, |changes, (name, value)| changes.with(&name, value));
            if apply_noted(table, &incident, unsaid, std::slice::from_ref(&notified)).await? {
                return Ok(true);
            }
        }
        // During the send the next notice became due, which must stay, or the incident was resolved manually.
        let kept = accepted(sent, "attribute_exists(incident_id)").only_if(&format!("NOT ({as_stated})"));
        if apply_noted(table, &incident, with_stated(kept), std::slice::from_ref(&notified)).await? {
            return Ok(false);
        }
        // It was deleted, or its full timeline changed.
        let Some(read) = table.incident(&incident.incident_id).await? else { return Ok(false) };
        incident = read;
    }
    Err(StoreError::Conflict)
}

/// The condition that the notice is still the due one, and states the severity; an analysis may have raised that.
fn as_stated(sent: &Sent<'_>) -> String {
    let stated = analysis::stated(sent.incident.severity, sent.rejudged).len();
    let names: Vec<String> = (0..stated).map(|at| format!(":stated_{at}")).collect();
    format!("attribute_exists(due) AND notices = :sent AND severity IN ({})", names.join(", "))
}

fn accepted(sent: &Sent<'_>, condition: &str) -> Changes {
    let changes = Changes::new(condition)
        .set("last_notified_at", text(sent.at))
        .set_expression("notified_at = if_not_exists(notified_at, :last_notified_at)");
    sent.incident.analysis.iter().fold(changes, |changes, analysis| changes.suspected(analysis))
}

/// The severities above another.
fn severities_above(severity: Severity) -> impl Iterator<Item = Severity> {
    Severity::ALL.into_iter().filter(move |other| *other > severity)
}

/// The condition that an incident is worse than it was mailed; `None` if nothing is worse. Its placeholders are the
/// names of [`severities_above`].
fn worse_than(mailed: Severity) -> Option<String> {
    let names: Vec<String> = severities_above(mailed).map(|severity| format!(":{}", severity.name())).collect();
    (!names.is_empty()).then(|| format!("severity IN ({})", names.join(", ")))
}
