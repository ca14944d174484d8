//! The sweep: handles every incident that is due.
//!
//! It sends what a crash or the mail budget held back, reports what a silence hid, sends reminders, and resolves quiet
//! incidents. It runs on a schedule, every minute, and after an event, at most once a minute.

use incident_model::mail;
use incident_model::notice::{Attention, attention};
use incident_model::silence::{Silence, covering};
use incident_model::time::seconds_of;
use incident_model::{Incident, Reason};
use serde_json::json;

use crate::flow::{Flow, HandlerError};
use crate::log;
use crate::notify::Notifier;
use crate::outbox::{Delivery, LEASE_SECONDS};
use crate::store::{Outbox, Resolution, Store, StoreError};

/// Limit on the incidents per sweep; the rest waits for the next one.
const MOST: usize = 100;
/// Up to this many notices are sent as single mails, within the budget; more go into a digest.
const MOST_SINGLE_MAILS: usize = 3;

/// How long, in seconds, an ended silence is kept, so that the mail about what it hid can name its owner: such mails
/// may be delayed by their budget.
const KEPT_SECONDS: i64 = 5 * 60;

/// How long, in seconds, a drill's mail is left to the invocation that recorded it, which waits for a free second. If a
/// sweep took the notice meanwhile, a retry of that invocation would consider it sent.
const NEW_DRILL_SECONDS: i64 = 60;

fn is_new_drill(incident: &Incident, now: i64) -> bool {
    incident.drill.is_some() && seconds_of(&incident.created_at).is_some_and(|at| now - at < NEW_DRILL_SECONDS)
}

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Handles what is due, and returns the number of incidents with a mail. A failing part does not stop the others.
    pub(crate) async fn sweep(&self) -> Result<usize, HandlerError> {
        let now = self.clock.now().seconds;
        let (silences, due) = tokio::join!(self.store.silences(), self.store.due(now, MOST));
        let (silences, due) = (silences?, due?);
        let mut failed = None;
        let mut to_send = Vec::new();
        for incident in due.iter().filter(|incident| !is_new_drill(incident, now)) {
            match self.attend(incident, &silences).await {
                Ok(claimed) => to_send.extend(claimed),
                Err(error) => failed = Some(error),
            }
        }
        let (hidden, others): (Vec<_>, Vec<_>) =
            to_send.into_iter().partition(|incident| incident.silenced_by.is_some());
        let sent = self.send_unsilenced(others).await;
        let revealed = self.reveal(hidden, &silences).await;
        self.forget_ended(&silences, &due, now).await?;
        failed.map_or(Ok(sent? + revealed?), Err)
    }

    /// Handles one incident, and returns it if this invocation is to send its notice.
    async fn attend(&self, incident: &Incident, silences: &[Silence]) -> Result<Option<Incident>, HandlerError> {
        let now = self.clock.now();
        match attention(incident, &self.settings.alerts, silences, now.seconds) {
            Attention::Send => self.claimed(incident).await,
            Attention::Remind => {
                let reminder = Outbox::next(incident, Reason::Reminder, now.seconds + LEASE_SECONDS);
                let is_ours = self.store.set_outbox(incident, &reminder).await?;
                Ok(is_ours.then(|| reminder.put_into(incident.clone())))
            }
            Attention::Resolve => {
                self.resolve_quiet(incident).await?;
                Ok(None)
            }
            Attention::LookAgain(due_at) => {
                let silence = incident.due.and_then(|_| covering(silences, incident, now.seconds));
                let silenced_by = silence.map(|silence| silence.silence_id.clone());
                let later = Outbox { due_at, silenced_by, ..Outbox::of(incident) };
                self.store.set_outbox(incident, &later).await?;
                Ok(None)
            }
        }
    }

    async fn resolve_quiet(&self, incident: &Incident) -> Result<(), HandlerError> {
        let now = self.clock.now();
        let quiet = self.settings.alerts.resolve_after_quiet.of(incident.severity);
        let outbox = Outbox { due: None, due_at: None, silenced_by: None, ..Outbox::of(incident) };
        let resolution = Resolution {
            read: incident,
            outbox: &outbox,
            recent_changes: &[],
            what: &format!("resolved: no failure for {quiet}"),
            at: &now.text,
        };
        match self.store.resolve(&resolution).await {
            // It changed in the meantime, so it is no longer quiet.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        log::line("quiet", json!({ "incident_id": incident.incident_id }));
        Ok(())
    }

    /// Sends the notices without a silence: few as single mails, many as a digest. Drills count separately.
    async fn send_unsilenced(&self, incidents: Vec<Incident>) -> Result<usize, HandlerError> {
        let (drills, others): (Vec<_>, Vec<_>) = incidents.into_iter().partition(|incident| incident.drill.is_some());
        let (few, many): (Vec<_>, Vec<_>) =
            [drills, others].into_iter().partition(|group| group.len() <= MOST_SINGLE_MAILS);
        let (singly, together): (Vec<_>, Vec<_>) = (few.concat(), many.concat());
        let (mut sent, mut failed) = (0, None);
        for incident in &singly {
            match self.send(incident, &incident.created_at).await {
                Ok(delivery) => sent += usize::from(delivery == Delivery::Mailed),
                Err(error) => failed = Some(error),
            }
        }
        if !together.is_empty() {
            match self.send_together(&together, &mail::digest(&together, &self.settings.stack)).await {
                Ok(Delivery::Mailed) => sent += together.len(),
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(sent), Err)
    }

    /// Reports for each ended silence what it hid.
    async fn reveal(&self, mut hidden: Vec<Incident>, silences: &[Silence]) -> Result<usize, HandlerError> {
        hidden.sort_by(|one, other| one.silenced_by.cmp(&other.silenced_by));
        let mut sent = 0;
        for incidents in hidden.chunk_by(|one, other| one.silenced_by == other.silenced_by) {
            let id = incidents.first().and_then(|incident| incident.silenced_by.as_deref()).unwrap_or_default();
            let silence = silences.iter().find(|silence| silence.silence_id == id);
            let mail = mail::silence_ended(id, silence, incidents, &self.settings.stack);
            if self.send_together(incidents, &mail).await? == Delivery::Mailed {
                sent += incidents.len();
            }
        }
        Ok(sent)
    }

    /// Deletes silences that ended a while ago and hide nothing.
    async fn forget_ended(&self, silences: &[Silence], due: &[Incident], now: i64) -> Result<(), HandlerError> {
        let hides =
            |silence: &Silence| due.iter().any(|incident| incident.silenced_by.as_ref() == Some(&silence.silence_id));
        let ended: Vec<&str> = silences
            .iter()
            .filter(|silence| !silence.is_active(now - KEPT_SECONDS) && !hides(silence))
            .map(|silence| silence.silence_id.as_str())
            .collect();
        if !ended.is_empty() {
            self.store.forget_silences(&ended).await?;
        }
        Ok(())
    }
}
