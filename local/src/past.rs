//! What the parts of a [`history`](crate::history) have in common: their times and their errors.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};

/// A time of the past, in milliseconds since 1970; RFC 3339 in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PastTime(pub(crate) i64);

impl PastTime {
    /// Reads RFC 3339.
    ///
    /// # Errors
    /// `NoTime` for any other text, and for a time before 1970.
    pub(crate) fn parse(text: &str) -> Result<Self, HistoryError> {
        let time = text.parse::<Timestamp>().ok().map(|time| time.as_millisecond()).filter(|time| *time >= 0);
        time.map(Self).ok_or_else(|| HistoryError::NoTime(text.to_owned()))
    }

    /// Seconds since 1970, as the JSON protocols write a time.
    pub(crate) fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl<'de> Deserialize<'de> for PastTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Why a history cannot be brought in.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It is not JSON of the documented form.
    #[error("the history was not understood: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A text that should be a time.
    #[error("`{0}` is no time since 1970 as in 2026-11-27T10:00:00Z")]
    NoTime(String),
    /// A function that has not been created.
    #[error("there is no function {0}")]
    NoFunction(String),
    /// A version that has not been published.
    #[error("the function {0} has no version {1}")]
    NoVersion(String, String),
    /// A number that a version has, or that a later one has passed.
    #[error("the next version of {0} is {1} or later")]
    PassedVersion(String, u64),
    /// A name or ARN that AWS would refuse.
    #[error("`{0}` is no {1}")]
    Malformed(String, &'static str),
    /// A part without something that it must have.
    #[error("{0} lacks {1}")]
    Lacks(&'static str, &'static str),
}
