//! The sweep: handles every incident that is due.
//!
//! It sends what a crash or the mail budget held back, reports what a silence hid, sends reminders, and resolves quiet
//! incidents. It runs on a schedule, every minute, and after an event, at most once a minute. What is to be sent is
//! planned before anything is written, the worst first: a notice that has to wait costs nothing.

mod plan;

use incident_model::mail;
use incident_model::notice::{Attention, attention};
use incident_model::silence::{Silence, covering};
use incident_model::time::seconds_of;
use incident_model::{Incident, Reason};
use serde_json::json;

use crate::clock::Now;
use crate::concurrently;
use crate::context::Context;
use crate::error::HandlerError;
use crate::log;
use crate::mail_budget::{self, DIGESTS};
use crate::notify::Notifier;
use crate::outbox::{self, Delivery, Known};
use crate::record::{LEASE_SECONDS, Sends};
use crate::store::{Outbox, Resolution, Store, StoreError};
use plan::Plan;

/// Limit on the incidents per sweep; the rest waits for the next one. A digest of so many fits into a mail.
const MOST: usize = 400;
/// Concurrent incidents.
const AT_ONCE: usize = 10;

/// How long, in seconds, an ended silence is kept, so that the mail about what it hid can name its owner: such mails
/// may be delayed by their budget.
const KEPT_SECONDS: i64 = 5 * 60;

/// How long, in seconds, a drill's mail is left to the invocation that recorded it, which waits for a free second. If a
/// sweep took the notice meanwhile, a retry of that invocation would consider it sent.
const NEW_DRILL_SECONDS: i64 = 60;

fn is_new_drill(incident: &Incident, now: i64) -> bool {
    incident.drill.is_some() && seconds_of(&incident.created_at).is_some_and(|at| now - at < NEW_DRILL_SECONDS)
}

/// What a sweep did.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// The number of incidents with a mail.
    pub(crate) sent: usize,
    /// The incidents that were due, as they were before.
    pub(crate) looked_at: Vec<Incident>,
}

/// Handles what is due. A failing part does not stop the others.
pub(crate) async fn sweep<S: Store, N: Notifier>(context: &Context<S, N>) -> Result<Swept, HandlerError> {
    let now = context.clock.now();
    let (silences, due) = tokio::join!(context.store.silences(), context.store.due(now.seconds, MOST));
    let (silences, due) = (silences?, due?);
    let due: Vec<Incident> = due.into_iter().filter(|incident| !is_new_drill(incident, now.seconds)).collect();
    let (mut to_send, mut quiet, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for incident in &due {
        match attention(incident, &context.settings.alerts, &silences, now.seconds) {
            Attention::Send | Attention::Remind => to_send.push(incident),
            Attention::Resolve => quiet.push(resolve_quiet(context, incident, &now)),
            Attention::LookAgain(due_at) => later.push(look_again(context, incident, due_at, &silences, &now)),
        }
    }
    let resolved = concurrently::at_most(AT_ONCE, quiet).await;
    let postponed = concurrently::at_most(AT_ONCE, later).await;
    let attended: Result<(), HandlerError> = resolved.into_iter().chain(postponed).collect();
    let sent = send_all(context, &to_send, &silences, &now).await;
    forget_ended(context, &silences, &due, now.seconds).await?;
    attended?;
    Ok(Swept { sent: sent?, looked_at: due })
}

/// Has a later sweep handle an incident again: at a time, in seconds since 1970, or never.
async fn look_again<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
    due_at: Option<i64>,
    silences: &[Silence],
    now: &Now,
) -> Result<(), HandlerError> {
    let silence = incident.due.and_then(|_| covering(silences, incident, now.seconds));
    let silenced_by = silence.map(|silence| silence.silence_id.clone());
    let later = Outbox { due_at, silenced_by, ..Outbox::of(incident) };
    context.store.set_outbox(incident, &later).await?;
    Ok(())
}

async fn resolve_quiet<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
    now: &Now,
) -> Result<(), HandlerError> {
    let quiet = context.settings.alerts.resolve_after_quiet.of(incident.severity);
    let outbox = Outbox { due: None, due_at: None, silenced_by: None, ..Outbox::of(incident) };
    let resolution = Resolution {
        read: incident,
        outbox: &outbox,
        recent_changes: &[],
        what: &format!("resolved: no failure for {quiet}"),
        charge: None,
        at: &now.text,
    };
    match context.store.resolve(&resolution).await {
        // It changed in the meantime, so it is no longer quiet.
        Ok(()) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    log::line("quiet", json!({ "incident_id": incident.incident_id }));
    Ok(())
}

/// Sends what the budgets allow.
async fn send_all<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incidents: &[&Incident],
    silences: &[Silence],
    now: &Now,
) -> Result<usize, HandlerError> {
    if incidents.is_empty() {
        return Ok(0);
    }
    let [mails, critical] = mail_budget::of(&context.settings.alerts);
    let budgets = context.store.budgets(&[mails, critical, DIGESTS]).await?;
    let Some((digests, singles)) = budgets.split_last() else { return Ok(0) };
    send_planned(context, Plan::of(incidents, singles, digests, now.milliseconds), silences).await
}

/// Sends mails about single incidents and those of one cause, then one about several.
async fn send_planned<S: Store, N: Notifier>(
    context: &Context<S, N>,
    plan: Plan,
    silences: &[Silence],
) -> Result<usize, HandlerError> {
    let (mut sent, mut failed) = (0, None);
    for incidents in &plan.mails {
        let about_one = match incidents.as_slice() {
            [incident] => send_singly(context, incident).await,
            of_one_cause => send_shared(context, of_one_cause).await,
        };
        match about_one {
            Ok(mailed) => sent += mailed,
            Err(error) => failed = Some(error),
        }
    }
    match send_together(context, &plan.together, silences).await {
        Ok(together) => sent += together,
        Err(error) => failed = Some(error),
    }
    failed.map_or(Ok(sent), Err)
}

/// Sends a single mail, and returns the number of incidents in it.
async fn send_singly<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
) -> Result<usize, HandlerError> {
    match claimed(context, incident).await? {
        Some(claimed) => send_claimed(context, &claimed).await,
        None => Ok(0),
    }
}

async fn send_claimed<S: Store, N: Notifier>(
    context: &Context<S, N>,
    claimed: &Incident,
) -> Result<usize, HandlerError> {
    let delivery = outbox::send(context, claimed, Known::since(&claimed.created_at), Sends::Unpaid).await?;
    Ok(usize::from(delivery == Delivery::Mailed))
}

/// Sends one mail about incidents of one cause, and returns their number. Of two sweeps at once, the one that has the lease
/// of the first takes the others.
async fn send_shared<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incidents: &[Incident],
) -> Result<usize, HandlerError> {
    let Some((first, others)) = incidents.split_first() else { return Ok(0) };
    let Some(first) = claimed(context, first).await? else { return Ok(0) };
    let (others, failed) = all_claimed(context, others).await;
    let sent = match others.is_empty() {
        true => send_claimed(context, &first).await?,
        false => outbox::send_shared(context, [vec![first], others].concat()).await?,
    };
    failed.map_or(Ok(sent), Err)
}

/// Sends a digest, or what one silence hid, and returns the number of incidents in it. Of the sweeps that handlers run at
/// once in a storm, only the one that may send it takes the leases: it finds them all free, and the others write nothing.
async fn send_together<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incidents: &[Incident],
    silences: &[Silence],
) -> Result<usize, HandlerError> {
    if incidents.is_empty() || !outbox::may_send_together(context).await {
        return Ok(0);
    }
    let (ours, failed) = all_claimed(context, incidents).await;
    if ours.is_empty() {
        return failed.map_or(Ok(0), Err);
    }
    let stack = &context.settings.stack;
    let hid = ours.first().and_then(|first| first.silenced_by.as_ref());
    let mail = match hid.filter(|hid| ours.iter().all(|incident| incident.silenced_by.as_ref() == Some(*hid))) {
        None => mail::digest(&ours, stack),
        Some(id) => {
            let silence = silences.iter().find(|silence| silence.silence_id == *id);
            mail::silence_ended(id, silence, &ours, stack)
        }
    };
    outbox::send_together(context, &ours, &mail, "notified in a digest").await?;
    failed.map_or(Ok(ours.len()), Err)
}

/// Takes the leases that are free, and returns an error of one that could not be taken.
async fn all_claimed<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incidents: &[Incident],
) -> (Vec<Incident>, Option<HandlerError>) {
    let claims = incidents.iter().map(|incident| claimed(context, incident)).collect();
    let (mut ours, mut failed) = (Vec::new(), None);
    for claim in concurrently::at_most(AT_ONCE, claims).await {
        match claim {
            Ok(claimed) => ours.extend(claimed),
            Err(error) => failed = Some(error),
        }
    }
    (ours, failed)
}

/// Takes the lease on the due notice, or makes a reminder due; `None` if another invocation was faster.
async fn claimed<S: Store, N: Notifier>(
    context: &Context<S, N>,
    incident: &Incident,
) -> Result<Option<Incident>, HandlerError> {
    if incident.due.is_some() {
        return outbox::claimed(context, incident).await;
    }
    let lease_end = context.clock.now().seconds + LEASE_SECONDS;
    let reminder = Outbox::next(incident, Reason::Reminder, lease_end);
    let is_ours = context.store.set_outbox(incident, &reminder).await?;
    Ok(is_ours.then(|| reminder.put_into(incident.clone())))
}

/// Deletes silences that ended a while ago and hide nothing.
async fn forget_ended<S: Store, N: Notifier>(
    context: &Context<S, N>,
    silences: &[Silence],
    due: &[Incident],
    now: i64,
) -> Result<(), HandlerError> {
    let hides =
        |silence: &Silence| due.iter().any(|incident| incident.silenced_by.as_ref() == Some(&silence.silence_id));
    let ended: Vec<&str> = silences
        .iter()
        .filter(|silence| !silence.is_active(now - KEPT_SECONDS) && !hides(silence))
        .map(|silence| silence.silence_id.as_str())
        .collect();
    if !ended.is_empty() {
        context.store.forget_silences(&ended).await?;
    }
    Ok(())
}
