//! Problems as found, before their positions are looked up.

use super::document::{Document, Place};
use super::problem::{Level, Problem};

/// A problem at a place.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) place: Place,
    pub(super) level: Level,
    pub(super) message: String,
}

/// The findings in a file.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<(Option<String>, Finding)>);

impl Finding {
    pub(super) fn unreadable(place: Place, message: impl Into<String>) -> Self {
        Self { place, level: Level::Unreadable, message: message.into() }
    }

    pub(super) fn error(place: Place, message: impl Into<String>) -> Self {
        Self { place, level: Level::Error, message: message.into() }
    }

    pub(super) fn warning(place: Place, message: impl Into<String>) -> Self {
        Self { place, level: Level::Warning, message: message.into() }
    }
}

impl Findings {
    /// Adds findings about a rule, or about the whole file.
    pub(super) fn add(&mut self, rule: Option<&str>, findings: impl IntoIterator<Item = Finding>) {
        self.0.extend(findings.into_iter().map(|finding| (rule.map(str::to_owned), finding)));
    }

    /// Whether the file is unusable.
    pub(super) fn refuse_the_file(&self) -> bool {
        self.0.iter().any(|(_, finding)| finding.level == Level::Unreadable)
    }

    /// The problems with their positions, in the order of the file.
    pub(super) fn problems(mut self, document: &Document<'_>) -> Vec<Problem> {
        self.0.sort_by_key(|(_, finding)| finding.place);
        let problem = |(rule, Finding { place, level, message })| Problem {
            rule,
            position: document.position(place),
            level,
            message,
        };
        self.0.into_iter().map(problem).collect()
    }
}
