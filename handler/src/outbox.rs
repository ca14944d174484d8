//! Sends due notices: one mail per incident within the mail budget, beyond it a digest.

use std::time::Duration;

use incident_model::mail::{self, Mail, Notice};
use incident_model::notice::next_look;
use incident_model::time::milliseconds_of;
use incident_model::{Incident, Reason};
use serde_json::json;

use crate::backoff::Backoff;
use crate::flow::{Flow, HandlerError};
use crate::log::{self, Metrics, Unit};
use crate::notify::Notifier;
use crate::store::{Budget, Outbox, Sent, Store};

/// Lease of a sender, in seconds: longer than a publish with its retries takes.
pub(crate) const LEASE_SECONDS: i64 = 30;
/// Delay, in seconds, of a notice over the budget. The next sweep comes later anyway.
const DEFERRED_SECONDS: i64 = 20;
/// Mails per second: SNS resets an email subscription that gets ten to pending, and removes it after 48 hours. A
/// minute's whole budget may fall into one second.
const MOST_AT_ONCE: usize = 9;
/// Mails about drills per minute, for which a user is waiting; more go into a digest.
const DRILLS: Budget = Budget::of_a_minute("drills", 10);
/// The second in which drills may use what others leave of [`MOST_AT_ONCE`], with a margin for clock skew.
const DRILL_MILLISECONDS: i64 = 1_200;
/// How often a drill tries to get a mail within a second, and the wait between.
const DRILL_ATTEMPTS: usize = 6;
const DRILL_WAIT: Duration = Duration::from_millis(500);
/// Mails about several incidents. They have a budget of their own, because a storm would use up a shared one.
pub(crate) const DIGESTS: Budget = Budget::of_a_minute("digests", 1);

/// The fate of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// SNS accepted the mail.
    Mailed,
    /// The budget was used up; a digest will cover it.
    OverBudget,
    /// Another invocation sends it, or it is held back.
    NotOurs,
}

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Sends the due notice, unless it is too early or another invocation sends it.
    pub(crate) async fn send_if_due(&self, incident: &Incident) -> Result<Delivery, HandlerError> {
        match self.claimed_if_due(incident).await? {
            Some(claimed) => self.send(&claimed, &claimed.created_at).await,
            None => Ok(Delivery::NotOurs),
        }
    }

    /// Takes the lease on the due notice, unless it is too early.
    async fn claimed_if_due(&self, incident: &Incident) -> Result<Option<Incident>, HandlerError> {
        let now = self.clock.now();
        let is_waiting = incident.due.is_some() && incident.due_at.is_some_and(|at| at <= now.seconds);
        match is_waiting && incident.silenced_by.is_none() {
            true => self.claimed(incident).await,
            false => Ok(None),
        }
    }

    /// Takes the lease on the due notice; `None` if another invocation holds it.
    pub(crate) async fn claimed(&self, incident: &Incident) -> Result<Option<Incident>, HandlerError> {
        let until = self.clock.now().seconds + LEASE_SECONDS;
        let leased = Outbox { due_at: Some(until), ..Outbox::of(incident) };
        let is_ours = self.store.set_outbox(incident, &leased).await?;
        Ok(is_ours.then(|| leased.put_into(incident.clone())))
    }

    /// Sends the due notice, whose lease this invocation holds, followed by an escalation that arose in the meantime.
    /// `failed_at` is the time of the failure.
    pub(crate) async fn send(&self, incident: &Incident, failed_at: &str) -> Result<Delivery, HandlerError> {
        let (delivery, mut is_worse) = self.send_notice(incident, failed_at).await?;
        while is_worse {
            let Some(read) = self.store.incident(&incident.incident_id).await? else { break };
            let Some(claimed) = self.claimed_if_due(&read).await? else { break };
            is_worse = self.send_notice(&claimed, failed_at).await?.1;
        }
        Ok(delivery)
    }

    /// The fate of the notice, and whether the incident became worse than the notice states.
    async fn send_notice(&self, incident: &Incident, failed_at: &str) -> Result<(Delivery, bool), HandlerError> {
        if !self.may_mail(incident).await {
            self.put_off(incident, DEFERRED_SECONDS).await?;
            self.suppressed(incident, "over the mail budget");
            return Ok((Delivery::OverBudget, false));
        }
        let notice = Notice {
            number: incident.notices,
            reason: incident.due.unwrap_or(Reason::Opened),
            stack: &self.settings.stack,
        };
        self.publish(&mail::about(incident, &notice), std::slice::from_ref(incident)).await?;
        self.mailed(incident, failed_at);
        let is_worse = self.record_sent(incident, "notified").await?;
        Ok((Delivery::Mailed, is_worse))
    }

    /// Sends one mail for the notices of all these incidents, whose leases this invocation holds.
    pub(crate) async fn send_together(&self, incidents: &[Incident], mail: &Mail) -> Result<Delivery, HandlerError> {
        if !self.is_within(&DIGESTS).await {
            for incident in incidents {
                self.put_off(incident, DEFERRED_SECONDS).await?;
            }
            return Ok(Delivery::OverBudget);
        }
        self.publish(mail, incidents).await?;
        self.measured("digest", json!({ "incidents": incidents.len() }), None, &[("Mails", Unit::Count, 1.0)]);
        let mut failed = None;
        for incident in incidents {
            if let Err(error) = self.record_sent(incident, "notified in a digest").await {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(Delivery::Mailed), Err)
    }

    /// Whether the mail about an incident may be sent now. Drills do not use the budget of others, as long as there is
    /// room.
    async fn may_mail(&self, incident: &Incident) -> bool {
        let mails = Budget::of_a_minute("mails", self.settings.alerts.mails_per_minute.get());
        match MOST_AT_ONCE.saturating_sub(DIGESTS.limit + mails.limit) {
            room if room > 0 && incident.drill.is_some() => self.may_mail_drill(room).await,
            _ => self.is_within(&mails).await,
        }
    }

    /// Whether the mail about a drill may be sent, with room for so many within a second. Waits for the next second.
    async fn may_mail_drill(&self, room: usize) -> bool {
        if !self.is_within(&DRILLS).await {
            return false;
        }
        let at_once = Budget { name: "drills-at-once", limit: room, milliseconds: DRILL_MILLISECONDS };
        for _ in 0..DRILL_ATTEMPTS {
            if self.is_within(&at_once).await {
                return true;
            }
            tokio::time::sleep(DRILL_WAIT).await;
        }
        false
    }

    /// Takes a mail from a budget. Fails open if the table cannot be read.
    async fn is_within(&self, budget: &Budget) -> bool {
        match self.store.take(budget, self.clock.now().milliseconds).await {
            Ok(is_taken) => is_taken,
            Err(error) => {
                log::line("budget-unknown", json!({ "error": error.to_string() }));
                true
            }
        }
    }

    async fn put_off(&self, incident: &Incident, seconds: i64) -> Result<(), HandlerError> {
        let later = Outbox { due_at: Some(self.clock.now().seconds + seconds), ..Outbox::of(incident) };
        // A notice that became due in the meantime has its own time.
        self.store.set_outbox(incident, &later).await?;
        Ok(())
    }

    /// Publishes a mail. If SNS rejects it, the leases of its incidents are released.
    async fn publish(&self, mail: &Mail, incidents: &[Incident]) -> Result<(), HandlerError> {
        let published = self.notifier.publish(mail).await;
        if published.is_err() {
            self.release(incidents).await;
        }
        Ok(published?)
    }

    /// Releases leases. If that fails, they expire.
    async fn release(&self, incidents: &[Incident]) {
        for incident in incidents {
            if let Err(error) = self.put_off(incident, 0).await {
                log::line("lease-kept", json!({ "incident_id": incident.incident_id, "error": error.to_string() }));
            }
        }
    }

    /// Records that a notice was sent; returns whether the incident became worse than the notice states.
    async fn record_sent(&self, incident: &Incident, what: &str) -> Result<bool, HandlerError> {
        let now = self.clock.now();
        let mailed = Incident { last_notified_at: Some(now.text.clone()), ..incident.clone() };
        let next_look = next_look(&mailed, &self.settings.alerts);
        let reason = incident.due.unwrap_or(Reason::Opened).name();
        let what = format!("{what} ({reason}, notice {})", incident.notices);
        let sent = Sent { incident, next_look, what: &what, at: &now.text, now: now.seconds };
        let mut backoff = Backoff::default();
        // Without the record the mail would be sent again.
        loop {
            match self.store.mark_sent(&sent).await {
                Ok(is_worse) => return Ok(is_worse),
                Err(error) => backoff.wait_after(error).await?,
            }
        }
    }

    fn mailed(&self, incident: &Incident, failed_at: &str) {
        let now = self.clock.now().milliseconds;
        let mut metrics = vec![("Mails", Unit::Count, 1.0)];
        if let (Some(Reason::Opened), Some(failed_at)) = (incident.due, milliseconds_of(failed_at)) {
            metrics.push(("TimeToMail", Unit::Milliseconds, now.saturating_sub(failed_at).max(0) as f64));
        }
        let fields = json!({ "incident_id": incident.incident_id, "reason": incident.due, "notice": incident.notices });
        self.measured("mailed", fields, None, &metrics);
    }

    pub(crate) fn suppressed(&self, incident: &Incident, why: &str) {
        let fields = json!({ "incident_id": incident.incident_id, "reason": incident.due, "why": why });
        self.measured("held-back", fields, None, &[("MailsHeldBack", Unit::Count, 1.0)]);
    }

    pub(crate) fn measured(
        &self,
        outcome: &str,
        fields: serde_json::Value,
        severity: Option<incident_model::Severity>,
        numbers: &[(&'static str, Unit, f64)],
    ) {
        let at_milliseconds = self.clock.now().milliseconds;
        let metrics = Metrics { stack: &self.settings.stack, severity, at_milliseconds, numbers };
        log::measured(outcome, fields, &metrics);
    }
}
