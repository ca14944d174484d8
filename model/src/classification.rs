//! Classifies a delivery for the people on call: the entry point that the handler and `rules test` share.

#[cfg(test)]
mod tests;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::analysis::origin;
use crate::fields::shortened;
use crate::fingerprint::Fingerprint;
use crate::incident::{Incident, Status};
use crate::observation::{Kind, Observation};
use crate::rules::{Judgement, Rules};
use crate::sources::{Unreadable, observe};
use crate::table::CURRENT_RECORD_VERSION;
use crate::timeline::TimelineEntry;
use crate::{Severity, console, trouble};

/// Longest error message of a record, in characters. Rules see more; every change of a record pays for it again.
const MOST_MESSAGE: usize = 1000;

/// The outcome of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A failure: recorded and mailed.
    Incident,
    /// The end of a failure.
    Recovery,
    /// Neither.
    Ignored,
}

/// One classified event. Serialises to the fields of `rules test`.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// Its outcome.
    pub outcome: Outcome,
    /// The rules' judgement; for incidents only.
    pub judgement: Option<Judgement>,
    /// Its identity among failures.
    pub fingerprint: Fingerprint,
    /// The observation, without secrets.
    pub observation: Observation,
}

/// Classifies each event in a delivery.
///
/// # Errors
/// When the delivery contains no event.
pub fn classify(delivery: &Value, rules: &Rules) -> Result<Vec<Classification>, Unreadable> {
    Ok(observe(delivery)?.into_iter().map(|observation| Classification::of(observation, rules)).collect())
}

impl Classification {
    /// Removes the secrets from an observation, and judges it.
    pub fn of(observation: Observation, rules: &Rules) -> Self {
        let observation = observation.without_secrets();
        let (outcome, judgement) = match observation.kind {
            Kind::Failure => (Outcome::Incident, Some(rules.judge(&observation))),
            Kind::Recovery => (Outcome::Recovery, None),
            Kind::Ignored { .. } => (Outcome::Ignored, None),
        };
        Self { outcome, judgement, fingerprint: Fingerprint::of(&observation), observation }
    }

    /// The identity of its trouble among those of its source.
    pub fn trouble(&self) -> String {
        trouble::of(&self.observation).unwrap_or_else(|| self.observation.resource.clone())
    }

    /// Why the event is ignored; `None` for the others.
    pub fn reason(&self) -> Option<&str> {
        match &self.observation.kind {
            Kind::Ignored { reason } => Some(reason),
            _ => None,
        }
    }

    /// Whether it ends the open incidents of the same trouble.
    pub fn recovers(&self) -> bool {
        self.outcome == Outcome::Recovery || self.observation.recovers
    }

    /// The new incident that this failure opens; `None` for anything else. `at` is RFC 3339 in UTC.
    pub fn incident(&self, incident_id: String, at: String) -> Option<Incident> {
        let judgement = self.judgement.as_ref()?;
        let seen = &self.observation;
        Some(Incident {
            incident_id,
            record_version: CURRENT_RECORD_VERSION,
            status: Status::Open,
            severity: judgement.severity,
            summary: judgement.summary.clone(),
            recommendation: judgement.recommendation.clone(),
            created_at: at.clone(),
            last_seen_at: at.clone(),
            last_failed_at: Some(seen.occurred_at.clone()).filter(|at| !at.is_empty()),
            occurrences: 1,
            fingerprint: self.fingerprint.digest.clone(),
            former_fingerprint: Some(self.fingerprint.former.clone()),
            fingerprint_inputs: self.fingerprint.inputs.clone(),
            source: seen.source.clone(),
            resource: seen.resource.clone(),
            account: seen.account.clone(),
            region: seen.region.clone(),
            error_type: seen.error_type.clone(),
            error_message: shortened(&seen.error_message, MOST_MESSAGE),
            request_id: seen.request_id.clone(),
            rule: judgement.rule.clone(),
            runbook: judgement.runbook.clone(),
            console_url: console::url(seen),
            trouble: trouble::of(seen),
            drill: seen.drill.clone(),
            acknowledged_at: None,
            resolved_at: None,
            notified_at: None,
            last_notified_at: None,
            notices: 0,
            due: None,
            due_at: None,
            silenced_by: None,
            previous_incident_id: None,
            beside_incident_id: None,
            explains_incident_id: None,
            function_missing_at: None,
            recovered: false,
            origin: origin::of(seen),
            shares_cause_with: None,
            cause: None,
            confidence: None,
            analysis: None,
            earlier: None,
            resolution_note: None,
            recent_changes: Vec::new(),
            flapping: false,
            timeline: vec![TimelineEntry { at, what: "opened".to_owned() }],
            timeline_left_out: 0,
            variants: Vec::new(),
            head: None,
        })
    }
}

/// The fields of `rules test`, in their order.
#[derive(Serialize)]
struct Row<'a> {
    outcome: Outcome,
    severity: Option<Severity>,
    summary: Option<&'a str>,
    recommendation: Option<&'a str>,
    fingerprint: &'a str,
    rule: Option<&'a str>,
    source: &'a str,
    resource: &'a str,
    error_type: &'a str,
    error_message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Serialize for Classification {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let judgement = self.judgement.as_ref();
        Row {
            outcome: self.outcome,
            severity: judgement.map(|judgement| judgement.severity),
            summary: judgement.map(|judgement| judgement.summary.as_str()),
            recommendation: judgement.map(|judgement| judgement.recommendation.as_str()),
            fingerprint: &self.fingerprint.digest,
            rule: judgement.map(|judgement| judgement.rule.as_str()),
            source: &self.observation.source,
            resource: &self.observation.resource,
            error_type: &self.observation.error_type,
            error_message: &self.observation.error_message,
            reason: self.reason(),
        }
        .serialize(serializer)
    }
}
