//! Sends due notices: one mail per incident within the mail budget, beyond it a digest.

mod analysed;
mod folding;

use std::time::Duration;

use incident_model::mail::{self, Mail, Notice};
use incident_model::notice::next_look;
use incident_model::time::milliseconds_of;
use incident_model::{Incident, Reason};
use serde_json::json;
use tokio::time::Instant;

use crate::concurrently;
use crate::context::Context;
use crate::error::HandlerError;
use crate::log::{self, Unit};
use crate::mail_budget::{self, DEFERRED_SECONDS, DIGESTS};
use crate::notify::Notifier;
use crate::record::{LEASE_SECONDS, Sends};
use crate::store::backoff::Backoff;
use crate::store::{Budget, Outbox, Rejudged, Sent, Store};
pub(crate) use analysed::Known;

/// Mails about drills per minute, for which a user is waiting; more go into a digest.
const DRILLS: Budget = Budget::of_a_minute("drills", 10);
/// The second in which drills may use what others leave of a second's mails, with a margin for clock skew.
const DRILL_MILLISECONDS: i64 = 1_200;
/// How often a drill tries to get a mail within a second, and the wait between.
const DRILL_ATTEMPTS: usize = 6;
const DRILL_WAIT: Duration = Duration::from_millis(500);
/// Concurrent writes after a mail about many incidents.
const WRITES_AT_ONCE: usize = 10;

/// The fate of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// SNS accepted the mail.
    Mailed,
    /// The budget was used up; a digest will cover it.
    OverBudget,
    /// Its cause was alerted; one mail will cover it and others of that cause.
    Folded,
    /// Another invocation sends it, or it is held back.
    NotOurs,
}

/// Sends the due notice, unless it is too early or another invocation sends it.
pub(crate) async fn send_if_due<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
) -> Result<Delivery, HandlerError> {
    match claimed_if_due(context, incident).await? {
        Some(claimed) => send(context, &claimed, Known::since(&claimed.created_at), Sends::Unpaid).await,
        None => Ok(Delivery::NotOurs),
    }
}

/// Takes the lease on the due notice, unless it is too early.
async fn claimed_if_due<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
) -> Result<Option<Incident>, HandlerError> {
    let now = context.clock.now();
    let is_waiting = incident.due.is_some() && incident.due_at.is_some_and(|at| at <= now.seconds);
    match is_waiting && incident.silenced_by.is_none() {
        true => claimed(context, incident).await,
        false => Ok(None),
    }
}

/// Takes the lease on the due notice; `None` if another invocation holds it.
pub(crate) async fn claimed<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
) -> Result<Option<Incident>, HandlerError> {
    let until = context.clock.now().seconds + LEASE_SECONDS;
    let leased = Outbox { due_at: Some(until), ..Outbox::of(incident) };
    let is_ours = context.store.set_outbox(incident, &leased).await?;
    Ok(is_ours.then(|| leased.put_into(incident.clone())))
}

/// Sends the due notice, whose lease this invocation holds, followed by an escalation that arose in the meantime.
pub(crate) async fn send<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
    known: Known<'_>,
    payment: Sends,
) -> Result<Delivery, HandlerError> {
    let (delivery, mut is_worse) = send_notice(context, incident, known, payment).await?;
    // The escalation is about another failure.
    let known = Known { event: None, ..known };
    while is_worse {
        let Some(read) = context.store.incident(&incident.incident_id).await? else { break };
        let Some(claimed) = claimed_if_due(context, &read).await? else { break };
        is_worse = send_notice(context, &claimed, known, Sends::Unpaid).await?.1;
    }
    Ok(delivery)
}

/// The fate of the notice, and whether the incident became worse than the notice states.
async fn send_notice<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
    known: Known<'_>,
    payment: Sends,
) -> Result<(Delivery, bool), HandlerError> {
    if payment != Sends::Paid && !may_mail(context, incident).await {
        put_off(context, incident, DEFERRED_SECONDS).await?;
        context.held_back(incident, "over the mail budget");
        return Ok((Delivery::OverBudget, false));
    }
    let begun = Instant::now();
    // Boxed, so that no part needs the stack of all.
    let stated = Box::pin(analysed::stated(context, incident, known)).await;
    if Box::pin(folding::fold(context, incident, &stated, begun)).await {
        analysed::keep(context, &stated).await;
        context.held_back(incident, "in one mail with others of its cause");
        return Ok((Delivery::Folded, false));
    }
    let notice = Notice {
        number: incident.notices,
        reason: incident.due.unwrap_or(Reason::Opened),
        stack: &context.settings.stack,
    };
    let mail = mail::about(&stated.incident, &notice);
    let mailing = async {
        publish(context, &mail, std::slice::from_ref(incident)).await?;
        mailed(context, incident, known.failed_at);
        match record_sent(context, &stated.incident, stated.rejudged.as_ref(), "notified").await {
            // Whatever an analysis has that the table does not take: the mail went out.
            Err(HandlerError::Store(error)) if error.is_invalid() && stated.incident.analysis.is_some() => {
                log::line("not-stated", json!({ "incident_id": incident.incident_id, "error": error.to_string() }));
                record_sent(context, incident, None, "notified").await
            }
            recorded => recorded,
        }
    };
    let (is_worse, ()) = tokio::join!(Box::pin(mailing), Box::pin(analysed::keep(context, &stated)));
    Ok((Delivery::Mailed, is_worse?))
}

/// Takes a mail about several incidents from its budget.
pub(crate) async fn may_send_together<S: Store, N: Notifier>(context: &Context<S, N>) -> bool {
    is_within(context, &DIGESTS).await
}

/// Sends one mail for the notices of all these incidents, whose leases this invocation holds, and which is taken from its
/// budget. `what` is for their timelines.
pub(crate) async fn send_together<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incidents: &[Incident],
    mail: &Mail,
    what: &str,
) -> Result<(), HandlerError> {
    publish(context, mail, incidents).await?;
    context.measured("digest", json!({ "incidents": incidents.len() }), None, &[("Mails", Unit::Count, 1.0)]);
    let recorded = incidents.iter().map(|incident| record_sent(context, incident, None, what)).collect();
    let recorded = concurrently::at_most(WRITES_AT_ONCE, recorded).await;
    recorded.into_iter().try_for_each(|recorded| recorded.map(drop))
}

/// Sends one mail for the notices of incidents that share a cause, whose leases this invocation holds, within the budget of
/// single mails; returns how many are in it.
pub(crate) async fn send_shared<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incidents: Vec<Incident>,
) -> Result<usize, HandlerError> {
    let Some(worst) = incidents.iter().max_by_key(|incident| incident.severity) else { return Ok(0) };
    if !may_mail(context, worst).await {
        for incident in &incidents {
            put_off(context, incident, DEFERRED_SECONDS).await?;
            context.held_back(incident, "over the mail budget");
        }
        return Ok(0);
    }
    let incidents = analysed::with_analyses(context, incidents).await;
    let mail = mail::digest(&incidents, &context.settings.stack);
    send_together(context, &incidents, &mail, "notified with others of its cause").await?;
    Ok(incidents.len())
}

/// Whether the mail about an incident may be sent now. Drills do not use the budget of others, as long as there is
/// room.
async fn may_mail<S: Store, N: Notifier>(context: &Context<S, N>, incident: &Incident) -> bool {
    let policy = &context.settings.alerts;
    match mail_budget::room_for_drills(policy) {
        room if room > 0 && incident.drill.is_some() => may_mail_drill(context, room).await,
        _ => {
            for budget in mail_budget::of(policy).iter().filter(|budget| mail_budget::is_for(budget, incident.severity))
            {
                if is_within(context, budget).await {
                    return true;
                }
            }
            false
        }
    }
}

/// Whether the mail about a drill may be sent, with room for so many within a second. Waits for the next second.
async fn may_mail_drill<S: Store, N: Notifier>(context: &Context<S, N>, room: usize) -> bool {
    if !is_within(context, &DRILLS).await {
        return false;
    }
    let at_once = Budget { name: "drills-at-once", limit: room, milliseconds: DRILL_MILLISECONDS };
    for _ in 0..DRILL_ATTEMPTS {
        if is_within(context, &at_once).await {
            return true;
        }
        tokio::time::sleep(DRILL_WAIT).await;
    }
    false
}

/// Takes a mail from a budget. Fails open if the table cannot be read.
async fn is_within<S: Store, N: Notifier>(context: &Context<S, N>, budget: &Budget) -> bool {
    match context.store.take(budget, context.clock.now().milliseconds).await {
        Ok(is_taken) => is_taken,
        Err(error) => {
            log::line("budget-unknown", json!({ "error": error.to_string() }));
            true
        }
    }
}

async fn put_off<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
    seconds: i64,
) -> Result<(), HandlerError> {
    let later = Outbox { due_at: Some(context.clock.now().seconds + seconds), ..Outbox::of(incident) };
    // A notice that became due in the meantime has its own time.
    context.store.set_outbox(incident, &later).await?;
    Ok(())
}

/// Publishes a mail. If SNS rejects it, the leases of its incidents are released.
async fn publish<S: Store, N: Notifier>(
    context: &Context<S, N>,
    mail: &Mail,
    incidents: &[Incident],
) -> Result<(), HandlerError> {
    let published = context.notifier.publish(mail).await;
    if published.is_err() {
        release(context, incidents).await;
    }
    Ok(published?)
}

/// Releases leases. If that fails, they expire.
async fn release<S: Store, N: Notifier>(context: &Context<S, N>, incidents: &[Incident]) {
    let released = incidents.iter().map(|incident| put_off(context, incident, 0)).collect();
    for (incident, released) in incidents.iter().zip(concurrently::at_most(WRITES_AT_ONCE, released).await) {
        if let Err(error) = released {
            log::line("lease-kept", json!({ "incident_id": incident.incident_id, "error": error.to_string() }));
        }
    }
}

/// Records that a notice was sent; returns whether the incident became worse than the notice states.
async fn record_sent<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
    rejudged: Option<&Rejudged>,
    what: &str,
) -> Result<bool, HandlerError> {
    let now = context.clock.now();
    let mailed = Incident { last_notified_at: Some(now.text.clone()), ..incident.clone() };
    let policy = &context.settings;
    let next_look =
        [next_look(&mailed, &policy.alerts), analysed::look_for_author(&mailed, &policy.analysis, now.seconds)];
    let reason = incident.due.unwrap_or(Reason::Opened).name();
    let what = format!("{what} ({reason}, notice {})", incident.notices);
    let sent = Sent {
        incident,
        rejudged,
        next_look: next_look.into_iter().flatten().min(),
        what: &what,
        at: &now.text,
        now: now.seconds,
    };
    let mut backoff = Backoff::default();
    // Without the record the mail would be sent again.
    loop {
        match context.store.mark_sent(&sent).await {
            Ok(is_worse) => return Ok(is_worse),
            Err(error) => backoff.wait_after(error).await?,
        }
    }
}

fn mailed<S: Store, N: Notifier>(context: &Context<S, N>, incident: &Incident, failed_at: &str) {
    let now = context.clock.now().milliseconds;
    let mut metrics = vec![("Mails", Unit::Count, 1.0)];
    if let (Some(Reason::Opened), Some(failed_at)) = (incident.due, milliseconds_of(failed_at)) {
        metrics.push(("TimeToMail", Unit::Milliseconds, now.saturating_sub(failed_at).max(0) as f64));
    }
    let fields = json!({ "incident_id": incident.incident_id, "reason": incident.due, "notice": incident.notices });
    context.measured("mailed", fields, None, &metrics);
}
