//! The way of an event through the handler: understand, record, notify.

#[cfg(test)]
mod tests;

use incident_model::mail::{self, Notice};
use incident_model::{Classification, Incident, Outcome, Rules, RulesError, Status, Unreadable, classify};
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};

use crate::clients::Clients;
use crate::notify::{Mail, Notifier, NotifyError, Topic};
use crate::record::{How, LEASE_SECONDS, Recorded, record};
use crate::rules_file::LoadedRules;
use crate::settings::Settings;
use crate::store::{Store, StoreError, Table};
use crate::{log, own, rules_file, self_check, sweep};

/// Why an invocation failed. Lambda tries it again, and then puts the event into the handler's dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// There is no event in the delivery.
    #[error("no event: {0}")]
    Unreadable(#[from] Unreadable),
    /// The failure is not in the table, or the table does not say that it was mailed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail was not accepted.
    #[error(transparent)]
    Notify(#[from] NotifyError),
    /// The self-check of a sweep found something. Failing lets the alarm on the handler's errors tell of it.
    #[error("the self-check of a sweep failed: {0}")]
    Unhealthy(Value),
    /// This event's first delivery is still being handled, or its handler died.
    #[error("another invocation holds the mail of incident {0}")]
    Leased(String),
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::Unreadable(_) => "UnreadableEvent",
            HandlerError::Store(_) => "NotRecorded",
            HandlerError::Notify(_) => "NotNotified",
            HandlerError::Unhealthy(_) => "SelfCheckFailed",
            HandlerError::Leased(_) => "NotificationInProgress",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}

/// One moment, in the two forms that records need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// RFC 3339 in UTC with milliseconds.
    pub text: String,
    /// Seconds since 1970.
    pub seconds: i64,
}

impl Now {
    pub(crate) fn read() -> Self {
        let now = Timestamp::now();
        Self { text: format!("{now:.3}"), seconds: now.as_second() }
    }
}

/// The incident handler.
pub struct Handler {
    flow: Flow<Table, Topic>,
    loaded: LoadedRules,
}

impl Handler {
    /// With the table and topic of the settings.
    ///
    /// # Errors
    /// When not even the built-in rules can be used.
    pub fn on_aws(settings: Settings, clients: &Clients) -> Result<Self, RulesError> {
        let store = Table::new(clients.dynamodb.clone(), settings.table.clone());
        let notifier = Topic::new(clients.sns.clone(), settings.topic_arn.clone());
        let loaded = rules_file::load()?;
        if let Some(problem) = &loaded.problem {
            log::line("rules-problem", json!({ "problem": problem }));
        }
        Ok(Self { flow: Flow { store, notifier, settings }, loaded })
    }

    /// Handles one invocation.
    ///
    /// # Errors
    /// When the invocation has to be repeated, or holds no event.
    pub async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, HandlerError> {
        if self_check::is_asked_for(&event.payload) {
            return Ok(self.self_check().await);
        }
        let result = match sweep::is_asked_for(&event.payload) {
            true => self.sweep().await,
            false => {
                self.flow.deliver(&event.payload, &self.loaded.rules).await.map(|events| json!({ "events": events }))
            }
        };
        if let Err(error) = &result {
            log::line("failed", json!({ "request_id": event.context.request_id, "error": error.to_string() }));
        }
        result
    }

    /// Sends what is due, then checks itself.
    async fn sweep(&self) -> Result<Value, HandlerError> {
        let sent = self.flow.sweep().await?;
        let report = self.self_check().await;
        match report.get("ok") {
            Some(Value::Bool(true)) => Ok(json!({ "sent": sent, "self_check": report })),
            _ => Err(HandlerError::Unhealthy(report)),
        }
    }

    async fn self_check(&self) -> Value {
        self_check::run(&self.loaded, &self.flow.store, &self.flow.notifier, Now::read().seconds).await
    }
}

/// Recording and notifying, on whatever store and notifier.
pub(crate) struct Flow<S, N> {
    pub(crate) store: S,
    pub(crate) notifier: N,
    pub(crate) settings: Settings,
}

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Handles every event of a delivery and returns their number. One that fails does not keep the others from being
    /// handled; those that succeeded are known as duplicates when the delivery comes again.
    pub(crate) async fn deliver(&self, delivery: &Value, rules: &Rules) -> Result<usize, HandlerError> {
        let redriven = own::redriven(delivery, &self.settings.function)?;
        let deliveries = if redriven.is_empty() { std::slice::from_ref(delivery) } else { &redriven };
        let mut events = 0;
        let mut failed = None;
        for delivery in deliveries {
            for classification in classify(delivery, rules)? {
                events += 1;
                if let Err(error) = self.handle(&classification).await {
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(events), Err)
    }

    async fn handle(&self, event: &Classification) -> Result<(), HandlerError> {
        if own::is_own(&event.observation, &self.settings.function, &self.settings.stack) {
            self.ignored(event, "a failure of the alert path itself, which has alarms of its own");
            return Ok(());
        }
        match event.outcome {
            Outcome::Incident => self.failure(event).await,
            Outcome::Recovery => self.recovery(event).await,
            Outcome::Ignored if event.recovers() => self.recovery(event).await,
            Outcome::Ignored => {
                self.ignored(event, event.reason().unwrap_or_default());
                Ok(())
            }
        }
    }

    async fn failure(&self, event: &Classification) -> Result<(), HandlerError> {
        let now = Now::read();
        let incident_id = format!("inc-{}", uuid::Uuid::now_v7());
        let Some(incident) = event.incident(incident_id, now.text.clone()) else { return Ok(()) };
        if let Some(reason) = self.said_before(event).await {
            self.ignored(event, &reason);
            return Ok(());
        }
        match record(&self.store, event, &incident, &now).await {
            Ok(recorded) => self.mail_once(&recorded, &now).await,
            Err(error) => {
                self.mail_unrecorded(&incident).await?;
                Err(error.into())
            }
        }
    }

    /// An alarm on a function's errors tells nothing new while the failure that raised it is an open incident. A table
    /// that cannot be read keeps nothing back.
    async fn said_before(&self, event: &Classification) -> Option<String> {
        let attributes = &event.observation.attributes;
        if attributes.get("lambda_errors") != Some(&Value::Bool(true)) {
            return None;
        }
        let function = attributes.get("function")?.as_str()?;
        let newest = self.store.newest_of_resource("lambda", function).await.ok()??;
        let is_open = newest.incident.status != Status::Resolved;
        is_open.then(|| format!("incident {} is open for the errors of {function}", newest.incident.incident_id))
    }

    /// Mails unless the mail is out or in somebody else's hands.
    async fn mail_once(&self, recorded: &Recorded, now: &Now) -> Result<(), HandlerError> {
        let incident = &recorded.incident;
        let is_ours = match recorded.how {
            How::Opened => true,
            _ if incident.notified_at.is_some() => false,
            _ => self.store.claim(&incident.incident_id, now.seconds, now.seconds + LEASE_SECONDS).await?,
        };
        if is_ours {
            self.mail(incident).await?;
        } else if recorded.how == How::Duplicate && incident.notified_at.is_none() {
            return Err(HandlerError::Leased(incident.incident_id.clone()));
        }
        self.recorded(recorded, is_ours);
        Ok(())
    }

    pub(crate) async fn mail(&self, incident: &Incident) -> Result<(), HandlerError> {
        let notice = self.notice(1, true);
        let mail = Mail { subject: mail::subject(incident, &notice), body: mail::body(incident, &notice) };
        if let Err(error) = self.notifier.publish(&mail).await {
            // Without it the next attempt would have to wait for the lease to end.
            let _ = self.store.release(&incident.incident_id).await;
            return Err(error.into());
        }
        self.store.mark_notified(&incident.incident_id, &Now::read().text).await?;
        Ok(())
    }

    /// Fail open: people hear of a failure even when it cannot be recorded.
    async fn mail_unrecorded(&self, incident: &Incident) -> Result<(), HandlerError> {
        let notice = self.notice(1, false);
        let mail = Mail { subject: mail::subject(incident, &notice), body: mail::body(incident, &notice) };
        self.notifier.publish(&mail).await?;
        log::line("mailed-unrecorded", json!({ "source": incident.source, "resource": incident.resource }));
        Ok(())
    }

    /// Resolves what the resource has open and says so. The mail is sent again if this event's first delivery died
    /// between resolving and mailing.
    async fn recovery(&self, event: &Classification) -> Result<(), HandlerError> {
        let seen = &event.observation;
        let Some(newest) = self.store.newest_of_resource(&seen.source, &seen.resource).await? else {
            self.ignored(event, event.reason().unwrap_or("nothing is open for the resource"));
            return Ok(());
        };
        let incident = newest.incident;
        let is_unfinished =
            newest.recovered_by.as_ref() == Some(&seen.event_id) && newest.recovery_notified_at.is_none();
        if incident.status == Status::Resolved && !is_unfinished {
            self.ignored(event, event.reason().unwrap_or("nothing is open for the resource"));
            return Ok(());
        }
        let now = Now::read();
        if incident.status != Status::Resolved {
            self.store.resolve(&incident.incident_id, &seen.event_id, &now.text).await?;
        }
        let notice = self.notice(2, true);
        let mail = Mail {
            subject: mail::recovery_subject(&incident, &notice),
            body: mail::recovery_body(&incident, &notice, &now.text),
        };
        self.notifier.publish(&mail).await?;
        self.store.mark_recovery_notified(&incident.incident_id, &Now::read().text).await?;
        log::line("recovered", json!({ "incident_id": incident.incident_id, "resource": incident.resource }));
        Ok(())
    }

    fn notice(&self, number: u64, recorded: bool) -> Notice<'_> {
        Notice { number, stack: &self.settings.stack, recorded }
    }

    fn ignored(&self, event: &Classification, reason: &str) {
        let seen = &event.observation;
        let fields =
            json!({ "source": seen.source, "resource": seen.resource, "event_id": seen.event_id, "reason": reason });
        log::line("ignored", fields);
    }

    fn recorded(&self, recorded: &Recorded, mailed: bool) {
        let incident = &recorded.incident;
        let outcome = match recorded.how {
            How::Opened => "opened",
            How::Counted => "counted",
            How::Duplicate => "duplicate",
        };
        let fields = json!({
            "incident_id": incident.incident_id,
            "severity": incident.severity,
            "rule": incident.rule,
            "source": incident.source,
            "resource": incident.resource,
            "request_id": incident.request_id,
            "occurrences": incident.occurrences,
            "mailed": mailed,
        });
        log::line(outcome, fields);
    }
}
