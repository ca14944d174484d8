//! A common cause becomes two mails, however many resources it breaks: the first incident's at once, then one about all
//! others. Their notices wait for each other, for at most a minute and the sweep after it.

use std::time::Duration;

use incident_model::time::seconds_of;
use incident_model::{Incident, Reason, Severity, Status};
use serde_json::json;
use tokio::time::Instant;

use super::analysed::Stated;
use crate::context::Context;
use crate::log;
use crate::record::LEASE_SECONDS;
use crate::store::{Folded, Store, StoreError};

/// Notices that arise within so many seconds become due together.
const WINDOW_SECONDS: i64 = 30;
/// Shortest wait, in seconds: more than a mail takes that goes out because the answer to the write was lost.
const SHORTEST_SECONDS: i64 = 15;
/// Incidents of the same cause that are looked at, the oldest first.
const MOST: usize = 5;
/// Longest time for it and the analysis before: an alert waits for both.
const LONGEST: Duration = Duration::from_secs(1);
/// Time for reading and writing that it has after the longest analysis.
const LEAST: Duration = Duration::from_millis(250);

/// What a notice waits with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Companion {
    /// The incident whose alert goes out, or went.
    shares_cause_with: String,
    /// When all of them are due, in seconds since 1970.
    due_at: i64,
}

/// Puts off the notice of an incident whose cause was alerted already; returns whether it did. Otherwise the notice goes out
/// at once, whatever went wrong. The analysis began at `begun`.
pub(super) async fn fold<S: Store, N>(
    context: &Context<S, N>,
    read: &Incident,
    stated: &Stated,
    begun: Instant,
) -> bool {
    if !may_wait(read, stated) {
        return false;
    }
    let until = (begun + LONGEST).max(Instant::now() + LEAST);
    let why = match tokio::time::timeout_at(until, folded(context, read, stated)).await {
        Ok(Ok(is_folded)) => return is_folded,
        Ok(Err(error)) => error.to_string(),
        Err(late) => late.to_string(),
    };
    log::line("not-folded", json!({ "incident_id": read.incident_id, "error": why }));
    false
}

async fn folded<S: Store, N>(context: &Context<S, N>, read: &Incident, stated: &Stated) -> Result<bool, StoreError> {
    let Some(analysis) = &stated.incident.analysis else { return Ok(false) };
    let mut ids: Vec<String> = analysis.shared_with.iter().filter(|id| **id != read.incident_id).cloned().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(MOST);
    let others = if ids.is_empty() { Vec::new() } else { context.store.incidents(&ids).await? };
    let now = context.clock.now();
    let Some(companion) = companion(read, &others, now.seconds) else { return Ok(false) };
    let folded = Folded {
        read,
        analysed: &stated.incident,
        rejudged: stated.rejudged.as_ref(),
        shares_cause_with: &companion.shares_cause_with,
        due_at: companion.due_at,
        at: &now.text,
    };
    context.store.fold(&folded).await
}

/// Whether an incident is one that may wait for others: new, and not CRITICAL by itself. A severity that was raised because
/// most calls fail is as high for each of them.
fn may_wait(read: &Incident, stated: &Stated) -> bool {
    let is_critical_by_rule = stated.rejudged.as_ref().is_some_and(|rejudged| rejudged.by_rule)
        && stated.incident.severity >= Severity::Critical;
    read.due == Some(Reason::Opened)
        && read.severity < Severity::Critical
        && read.drill.is_none()
        && read.shares_cause_with.is_none()
        && !is_critical_by_rule
}

/// What an incident waits with, given others of its cause, the oldest first.
fn companion(incident: &Incident, others: &[Incident], now: i64) -> Option<Companion> {
    let soonest = now + SHORTEST_SECONDS;
    let companion = |other: &Incident| {
        let alerted_at = other.notified_at.as_deref().and_then(seconds_of);
        match &other.shares_cause_with {
            Some(first) if *first != incident.incident_id => Some(Companion {
                shares_cause_with: first.clone(),
                due_at: other.due_at.filter(|_| alerted_at.is_none()).unwrap_or(soonest).clamp(soonest, now + 60),
            }),
            Some(_) => None,
            None => {
                // Of two that are mailed at the same time the older one goes.
                let is_going_out = is_going_out(other, now) && other.incident_id < incident.incident_id;
                let alerted_at = alerted_at.or(is_going_out.then_some(now))?;
                Some(Companion {
                    shares_cause_with: other.incident_id.clone(),
                    due_at: end_of_window(alerted_at, now).max(soonest),
                })
            }
        }
    };
    others.iter().filter(|other| other.status != Status::Resolved && other.drill.is_none()).find_map(companion)
}

/// The end of the window, counted from the first alert, in which `now` is.
fn end_of_window(alerted_at: i64, now: i64) -> i64 {
    let since = now.saturating_sub(alerted_at).max(0);
    now + WINDOW_SECONDS - since % WINDOW_SECONDS
}

/// Whether an alert is being sent: the invocation that opened the incident holds its lease.
fn is_going_out(incident: &Incident, now: i64) -> bool {
    let created_at = seconds_of(&incident.created_at);
    let is_leased = incident.due_at.zip(created_at).is_some_and(|(due_at, created_at)| {
        // One over the mail budget is due earlier.
        (created_at + LEASE_SECONDS..=now + LEASE_SECONDS).contains(&due_at) && now < due_at
    });
    incident.due == Some(Reason::Opened) && incident.silenced_by.is_none() && is_leased
}
