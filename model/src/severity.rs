//! How bad an incident is.

use crate::word::{Word, by_name};

/// Severity of an incident. Ordered: `Low < Medium < High < Critical < Other`. A severity that this version does not know
/// is taken for one that is at least critical, which is the careful choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a record; nobody has to act today.
    Low,
    /// Something failed once or in part.
    Medium,
    /// A failure that users notice or that repeats until somebody acts.
    High,
    /// Every invocation fails, data is at risk, or the account is.
    Critical,
    /// One that a newer version gave; records only hold it.
    Other(Word),
}

impl Severity {
    /// All severities that this version gives, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The name as it stands in records, mails and rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
            Self::Other(word) => word.as_str(),
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

/// A text that names no severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity; it is one of CRITICAL, HIGH, MEDIUM, LOW")]
pub struct UnknownSeverity(String);
