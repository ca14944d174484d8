//! The causes, one file each: what makes one suspect, and what it rests on.

pub(crate) mod configuration;
pub(crate) mod dependency;
pub(crate) mod deployment;
pub(crate) mod input;
pub(crate) mod limit;
pub(crate) mod permission;
pub(crate) mod platform;
pub(crate) mod unknown;
pub(crate) mod upstream;

use super::{Cause, Confidence, Quote};

/// A cause that fits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Suspect {
    pub(crate) cause: Cause,
    /// As sure as it is by itself.
    pub(crate) confidence: Confidence,
    /// How much speaks for it, 0 to 100. Two that are close are equal: see [`rank`](super::rank).
    pub(crate) weight: u8,
    /// One sentence.
    pub(crate) statement: String,
    pub(crate) evidence: Vec<Quote>,
    pub(crate) advice: Vec<String>,
}

impl Suspect {
    pub(crate) fn likely(cause: Cause, weight: u8, statement: impl Into<String>) -> Self {
        Self::new(cause, Confidence::Likely, weight, statement)
    }

    pub(crate) fn possible(cause: Cause, weight: u8, statement: impl Into<String>) -> Self {
        Self::new(cause, Confidence::Possible, weight, statement)
    }

    /// The cause is likely only under a condition.
    pub(crate) fn likely_if(is_likely: bool, cause: Cause, weight: u8, statement: impl Into<String>) -> Self {
        let confidence = if is_likely { Confidence::Likely } else { Confidence::Possible };
        Self::new(cause, confidence, weight, statement)
    }

    fn new(cause: Cause, confidence: Confidence, weight: u8, statement: impl Into<String>) -> Self {
        Self { cause, confidence, weight, statement: statement.into(), evidence: Vec::new(), advice: Vec::new() }
    }

    pub(crate) fn resting_on(mut self, evidence: impl IntoIterator<Item = Quote>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    pub(crate) fn advising(mut self, advice: impl IntoIterator<Item = String>) -> Self {
        self.advice.extend(advice);
        self
    }
}
