//! What recording and sending need: the table, the topic, the settings, the clock. Generic over store and notifier.

use incident_model::{Classification, Incident, Severity};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::evidence::Analyse;
use crate::log::{self, Metrics, Unit};
use crate::opened::Opened;
use crate::settings::Settings;

/// The surroundings of the handler's functions.
pub(crate) struct Context<S, N> {
    pub(crate) store: S,
    pub(crate) notifier: N,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    /// Finds the cause of what is alerted; `None` alerts without.
    pub(crate) analyst: Option<Box<dyn Analyse>>,
    /// What was opened a moment ago.
    pub(crate) opened: Opened,
}

impl<S, N> Context<S, N> {
    /// Logs an event without an effect.
    pub(crate) fn ignored(&self, event: &Classification, reason: &str) {
        let seen = &event.observation;
        let fields =
            json!({ "source": seen.source, "resource": seen.resource, "event_id": seen.event_id, "reason": reason });
        log::line("ignored", fields);
    }

    /// Logs a notice that is not sent now.
    pub(crate) fn held_back(&self, incident: &Incident, why: &str) {
        let fields = json!({ "incident_id": incident.incident_id, "reason": incident.due, "why": why });
        self.measured("held-back", fields, None, &[("MailsHeldBack", Unit::Count, 1.0)]);
    }

    /// Logs an outcome with metrics.
    pub(crate) fn measured(
        &self,
        outcome: &str,
        fields: Value,
        severity: Option<Severity>,
        numbers: &[(&'static str, Unit, f64)],
    ) {
        let at_milliseconds = self.clock.now().milliseconds;
        let metrics = Metrics { stack: &self.settings.stack, severity, at_milliseconds, numbers };
        log::measured(outcome, fields, &metrics);
    }
}
