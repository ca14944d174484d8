//! Recoveries: events that report that a resource works again.

use incident_model::notice::{FLAPPING_SECONDS, RECOVERED, recent};
use incident_model::observation::{ENDED_AS, Observation};
use incident_model::table::Place;
use incident_model::time::milliseconds_of;
use incident_model::trouble::ends;
use incident_model::{Classification, Incident, Outcome, Reason, Silence, Status};
use serde_json::json;

use crate::clock::Now;
use crate::context::Context;
use crate::error::HandlerError;
use crate::log;
use crate::mail_budget;
use crate::notify::Notifier;
use crate::outbox::{self, Known};
use crate::record::{LEASE_SECONDS, Sends, held_by, is_leased, paid, resolved};
use crate::store::backoff::Backoff;
use crate::store::{BudgetState, Outbox, Resolution, Store, StoreError, Trouble};

/// Limit on the incidents of one trouble. More open ones hardly end together.
const MOST_BESIDE: usize = 25;

/// What a recovery is decided on.
struct Surroundings {
    silences: Vec<Silence>,
    budgets: Vec<BudgetState>,
    /// The timeline's entry.
    what: String,
}

/// `recovered`, or how it ended otherwise.
fn what_happened(seen: &Observation) -> String {
    let ended_as = seen.attributes.get(ENDED_AS).and_then(serde_json::Value::as_str);
    ended_as.map_or_else(|| RECOVERED.to_owned(), |how| format!("{RECOVERED}: {how}"))
}

/// Resolves and reports all open incidents of the trouble that ended.
pub(crate) async fn recovery<S: Store, N: Notifier>(
    context: &Context<S, N>,
    event: &Classification,
) -> Result<(), HandlerError> {
    let seen = &event.observation;
    let name = event.trouble();
    let place = Place { account: &seen.account, region: &seen.region };
    let trouble = Trouble { place, source: &seen.source, name: &name };
    let budgets = mail_budget::of(&context.settings.alerts);
    // Side by side, because a mail waits for them.
    let (remembered, incidents, silences, budgets) = tokio::join!(
        remember(context, event, &trouble),
        of_trouble(&context.store, &trouble),
        context.store.silences(),
        context.store.budgets(&budgets),
    );
    remembered?;
    let surroundings = Surroundings { silences: silences?, budgets: budgets?, what: what_happened(seen) };
    let mut ended = 0;
    for incident in incidents? {
        if ends(seen, &incident) && !failed_later(&incident, &seen.occurred_at) {
            ended += usize::from(recover(context, &incident, &seen.occurred_at, &surroundings).await?);
        }
    }
    if ended == 0 {
        context.ignored(event, event.reason().unwrap_or("the resource has no open incident"));
    }
    Ok(())
}

/// Remembers when the trouble ended, for failures that are reported later.
async fn remember<S: Store, N: Notifier>(
    context: &Context<S, N>,
    event: &Classification,
    trouble: &Trouble<'_>,
) -> Result<(), StoreError> {
    match milliseconds_of(&event.observation.occurred_at).filter(|_| event.outcome == Outcome::Recovery) {
        Some(at) => context.store.remember_recovery(trouble, at).await,
        None => Ok(()),
    }
}

/// Whether an alarm went off again after a recovery that was delivered late. Only CloudWatch's events carry the time of
/// the change itself; other services' events carry that of their publication, which may be out of order.
fn failed_later(incident: &Incident, recovered_at: &str) -> bool {
    let failed_at = incident.last_failed_at.as_deref().filter(|_| incident.source == "cloudwatch");
    let failed_at = failed_at.and_then(milliseconds_of);
    failed_at.zip(milliseconds_of(recovered_at)).is_some_and(|(failed, recovered)| failed > recovered)
}

/// The latest incidents of a trouble, in any status, newest first.
pub(crate) async fn of_trouble(store: &impl Store, trouble: &Trouble<'_>) -> Result<Vec<Incident>, StoreError> {
    let mut found = store.newest_of_trouble(trouble).await?;
    let mut incidents = Vec::new();
    while let Some(incident) = found {
        found = match &incident.beside_incident_id {
            Some(beside) if incidents.len() + 1 < MOST_BESIDE => store.incident(beside).await?,
            _ => None,
        };
        incidents.push(incident);
    }
    Ok(incidents)
}

/// Resolves an unresolved incident that recovered at this time, and reports it; returns whether it did.
async fn recover<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
    recovered_at: &str,
    surroundings: &Surroundings,
) -> Result<bool, HandlerError> {
    if incident.status == Status::Resolved {
        // The event's first delivery may have crashed before its mail.
        outbox::send_if_due(context, incident).await?;
        return Ok(false);
    }
    let resolved = resolved_by_event(context, incident, recovered_at, surroundings).await?;
    let Some((recovered, sends)) = resolved else { return Ok(false) };
    log::line("recovered", json!({ "incident_id": recovered.incident_id, "resource": recovered.resource }));
    match sends {
        Sends::No => context.held_back(&recovered, "silenced, flapping or over the mail budget"),
        sends => drop(outbox::send(context, &recovered, Known::since(&recovered.last_seen_at), sends).await?),
    }
    Ok(true)
}

/// The resolved incident, and whether its notice is to be sent at once; `None` if it was resolved in the meantime, or
/// failed again.
async fn resolved_by_event<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
    recovered_at: &str,
    surroundings: &Surroundings,
) -> Result<Option<(Incident, Sends)>, StoreError> {
    let mut backoff = Backoff::default();
    let mut read = Some(incident.clone());
    let mut is_first = true;
    while let Some(open) = read.filter(|read| read.status != Status::Resolved && !failed_later(read, recovered_at)) {
        let now = context.clock.now();
        let outbox = recovery_notice(&open, &surroundings.silences, &now);
        let recent_changes = [recent(&open.recent_changes, now.seconds), vec![now.seconds]].concat();
        let recovered = outbox.put_into(resolved(open.clone(), &surroundings.what, &now));
        // What was read of the budgets serves one attempt.
        let is_due = is_leased(&recovered, &now);
        let (recovered, charge, sends) = match is_first {
            true => paid(recovered, is_due, &surroundings.budgets, &now),
            false if is_due => (recovered, None, Sends::Unpaid),
            false => (recovered, None, Sends::No),
        };
        let resolution = Resolution {
            read: &open,
            outbox: &Outbox::of(&recovered),
            recent_changes: &recent_changes,
            what: &surroundings.what,
            charge: charge.as_ref(),
            at: &now.text,
        };
        match context.store.resolve(&resolution).await {
            Ok(()) => return Ok(Some((recovered, sends))),
            Err(error) => backoff.wait_after(error).await?,
        }
        is_first = false;
        read = context.store.incident(&open.incident_id).await?;
    }
    Ok(None)
}

/// The notice of a recovery. For a flapping resource it waits until the state is stable.
fn recovery_notice(incident: &Incident, silences: &[Silence], now: &Now) -> Outbox {
    let wait = if incident.flapping { FLAPPING_SECONDS } else { LEASE_SECONDS };
    held_by(silences, incident, Outbox::next(incident, Reason::Recovered, now.seconds + wait), now)
}
