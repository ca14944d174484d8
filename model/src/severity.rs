//! The severity of an incident.

use crate::word::{Word, by_name};

/// Severity of an incident. Ordered: `Low < Medium < High < Critical < Other`. An unknown severity counts as at least
/// critical, which is the safe choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth recording; no action is needed today.
    Low,
    /// An isolated or partial failure.
    Medium,
    /// A failure that affects users, or recurs without action.
    High,
    /// Every invocation fails, or data or the account is at risk.
    Critical,
    /// A severity of a newer version; occurs in records only.
    Other(Word),
}

impl Severity {
    /// All severities of this version, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The name in records, mails and rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
            Self::Other(word) => word.as_str(),
        }
    }

    /// The value of [`DUE_QUEUE`](crate::table::DUE_QUEUE) of its incidents. One of a newer version waits with the worst:
    /// readers ask for the queues that they know.
    pub fn queue(self) -> &'static str {
        match self {
            Self::Other(_) => Self::Critical.name(),
            known => known.name(),
        }
    }
}

by_name!(Severity, Severity::ALL);

impl std::str::FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownSeverity(text.to_owned()))
    }
}

/// An unknown severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity; write one of CRITICAL, HIGH, MEDIUM, LOW")]
pub struct UnknownSeverity(String);
