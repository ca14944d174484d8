//! Evidence about a failure: gathered when an alert goes out, within a second and with at most five calls.
//!
//! Nothing here can keep an alert away: what is late or denied is missing, by name.

mod analyst;
mod calls;
mod configuration;
mod execution;
mod gather;
mod history;
mod logs;
mod metrics;
mod related;
mod remembered;
mod reserved;
mod subject;
mod task;

use std::fmt;
use std::pin::Pin;

use incident_model::analysis::{FunctionHistory, WhyMissing};
use incident_model::{Analysis, Classification, Incident, Judgement, Severity};

use crate::opened::Opened;
pub(crate) use analyst::Analyst;
use subject::Subject;

/// A question for the cause of an incident.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The incident.
    pub(crate) incident: &'a Incident,
    /// What the sweep knows of the failed function, if it was read with the incident.
    pub(crate) history: Option<&'a FunctionHistory>,
    /// The failure, if it is at hand: rules see more of it than its incident has.
    pub(crate) event: Option<&'a Classification>,
    /// What this handler opened a moment ago: the index may not show it yet.
    pub(crate) opened: Option<&'a Opened>,
    /// Now, in seconds since 1970.
    pub(crate) now: i64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Analysed {
    /// What was found out.
    pub(crate) analysis: Analysis,
    /// The severity with that knowledge; never lower than the incident's.
    pub(crate) severity: Severity,
    /// The judgement of a rule that asks for that knowledge.
    pub(crate) judgement: Option<Judgement>,
}

/// Analyses incidents. Never fails, and never takes longer than a second.
pub(crate) trait Analyse: fmt::Debug + Send + Sync {
    /// What broke, and why.
    fn analyse<'a>(&'a self, asked: Asked<'a>) -> Pin<Box<dyn Future<Output = Analysed> + Send + 'a>>;
}

/// A source of evidence.
trait Gather {
    /// What it has.
    type Found;

    /// Asks for it.
    ///
    /// # Errors
    /// Why there is none.
    fn gather(&self, of: &Subject<'_>) -> impl Future<Output = Result<Self::Found, WhyMissing>> + Send;
}

#[cfg(test)]
mod tests;
