//! The analysis of what goes out: its suspected cause, and the severity with that knowledge. Whatever the analyst does, the
//! alert goes out, and within a second.

use std::collections::BTreeMap;
use std::time::Duration;

use incident_model::analysis::{AnalysisPolicy, Cause, FunctionHistory};
use incident_model::{Analysis, Classification, Incident, Judgement, Reason, Severity};
use serde_json::json;

use crate::context::Context;
use crate::evidence::{Analysed, Asked};
use crate::store::{Rejudged, Store};
use crate::{log, panics};

/// Longest analysis. The analyst keeps to that itself; an alert does not depend on it.
const LONGEST: Duration = Duration::from_secs(1);
/// Longest write of an analysis, which is beside the mail.
const LONGEST_WRITE: Duration = Duration::from_secs(2);

/// How long after a mail the author of a change is looked for, in seconds.
const AUTHOR_SECONDS: i64 = 10 * 60;

/// Begin of the timeline's entry about a severity that was raised.
const RAISED: &str = "raised to ";

/// What is known about the incident of a notice beyond its record.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// When the failure happened, RFC 3339 in UTC.
    pub(crate) failed_at: &'a str,
    /// What the sweep knows of the failed function.
    pub(crate) history: Option<&'a FunctionHistory>,
    /// The failure.
    pub(crate) event: Option<&'a Classification>,
}

impl<'a> Known<'a> {
    /// Nothing but the time of the failure.
    pub(crate) fn since(failed_at: &'a str) -> Self {
        Self { failed_at, ..Self::default() }
    }
}

/// An incident as its notice states it.
#[derive(Debug, Clone)]
pub(super) struct Stated {
    /// With its analysis, if it has one.
    pub(super) incident: Incident,
    /// What the analysis changed.
    pub(super) rejudged: Option<Rejudged>,
    /// Whether the table has the analysis already.
    pub(super) is_kept: bool,
}

/// The incident as its due notice states it: analysed if it is new or became worse. One that waited for others of its cause
/// was analysed when it opened.
pub(super) async fn stated<S: Store, N>(context: &Context<S, N>, incident: &Incident, known: Known<'_>) -> Stated {
    let unchanged = || Stated { incident: incident.clone(), rejudged: None, is_kept: false };
    let is_analysed = matches!(incident.due, Some(Reason::Opened | Reason::Escalated));
    if incident.due == Some(Reason::Opened) && incident.shares_cause_with.is_some() {
        let kept = with_analyses(context, vec![incident.clone()]).await.pop();
        if let Some(incident) = kept.filter(|kept| kept.analysis.is_some()) {
            return Stated { incident, rejudged: None, is_kept: true };
        }
    }
    let Some(analyst) = context.analyst.as_deref().filter(|_| is_analysed) else { return unchanged() };
    let Known { history, event, .. } = known;
    let asked = Asked { incident, history, event, opened: Some(&context.opened), now: context.clock.now().seconds };
    let analysis = panics::awaited(async { analyst.analyse(asked).await });
    let why = match tokio::time::timeout(LONGEST, analysis).await {
        Ok(Ok(analysed)) => return with(incident, analysed),
        Ok(Err(panicked)) => panicked.to_string(),
        Err(late) => late.to_string(),
    };
    log::line("not-analysed", json!({ "incident_id": incident.incident_id, "error": why }));
    unchanged()
}

/// Writes the analysis of an incident, if it has a new one. Nothing depends on it.
pub(super) async fn keep<S: Store, N>(context: &Context<S, N>, stated: &Stated) {
    let incident = &stated.incident;
    let Some(analysis) = incident.analysis.as_deref().filter(|_| !stated.is_kept) else { return };
    let written = tokio::time::timeout(LONGEST_WRITE, context.store.put_analysis(&incident.incident_id, analysis));
    let why = match written.await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(late) => late.to_string(),
    };
    log::line("analysis-not-kept", json!({ "incident_id": incident.incident_id, "error": why }));
}

/// The incidents with the analyses that were kept; without those that cannot be read in time.
pub(super) async fn with_analyses<S: Store, N>(context: &Context<S, N>, incidents: Vec<Incident>) -> Vec<Incident> {
    let ids: Vec<String> = incidents.iter().map(|incident| incident.incident_id.clone()).collect();
    let mut analyses = match tokio::time::timeout(LONGEST, context.store.analyses(&ids)).await {
        Ok(Ok(analyses)) => analyses,
        Ok(Err(error)) => {
            log::line("analyses-unknown", json!({ "error": error.to_string() }));
            BTreeMap::new()
        }
        Err(late) => {
            log::line("analyses-unknown", json!({ "error": late.to_string() }));
            BTreeMap::new()
        }
    };
    let with = |incident: Incident| {
        let analysis = analyses.remove(&incident.incident_id).map(Box::new);
        Incident { analysis, ..incident }
    };
    incidents.into_iter().map(with).collect()
}

/// When to look who changed what broke, in seconds since 1970, if that may be asked and a change is the suspected cause.
/// CloudTrail shows a call within minutes.
pub(super) fn look_for_author(incident: &Incident, policy: &AnalysisPolicy, now: i64) -> Option<i64> {
    let is_change = matches!(incident.cause, Some(Cause::Deployment | Cause::Configuration));
    (policy.who && is_change).then_some(now + AUTHOR_SECONDS)
}

fn with(incident: &Incident, analysed: Analysed) -> Stated {
    let Analysed { analysis, severity, judgement } = analysed;
    let judged = judgement.as_ref().map(|judgement| judgement.severity_at(incident.occurrences));
    let judgement = judgement.filter(|judgement| differs(judgement, incident));
    // A share of failures raises it once.
    let was_raised = incident.timeline.iter().any(|entry| entry.what.starts_with(RAISED));
    let severity = if was_raised { judged.unwrap_or(incident.severity) } else { severity }.max(incident.severity);
    let rejudged = (judgement.is_some() || severity > incident.severity).then(|| Rejudged {
        former: incident.severity,
        by_rule: judgement.is_some(),
        what: what_changed(incident, &analysis, severity, judgement.as_ref()),
    });
    let judged = match judgement {
        Some(Judgement { rule, summary, recommendation, runbook, .. }) => {
            Incident { rule, summary, recommendation, runbook, ..incident.clone() }
        }
        None => incident.clone(),
    };
    let (cause, confidence) = (Some(analysis.cause), Some(analysis.confidence));
    let incident = Incident { severity, cause, confidence, analysis: Some(Box::new(analysis)), ..judged };
    Stated { incident, rejudged, is_kept: false }
}

fn differs(judgement: &Judgement, incident: &Incident) -> bool {
    (&judgement.rule, &judgement.summary, &judgement.recommendation, &judgement.runbook)
        != (&incident.rule, &incident.summary, &incident.recommendation, &incident.runbook)
}

/// The timeline's entry.
fn what_changed(incident: &Incident, analysis: &Analysis, severity: Severity, judgement: Option<&Judgement>) -> String {
    let is_raised = severity > incident.severity;
    match judgement {
        Some(judged) if !is_raised => format!("judged anew by rule {}", judged.rule),
        Some(judged) if judged.severity_at(incident.occurrences) >= severity => {
            format!("{RAISED}{severity} by rule {}", judged.rule)
        }
        _ if analysis.failing_share.is_some_and(|share| share > 0.5) => {
            format!("{RAISED}{severity}: more than half of the calls fail")
        }
        _ => format!("{RAISED}{severity} after its analysis"),
    }
}
