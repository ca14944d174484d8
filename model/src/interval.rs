//! Durations in settings.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Maximum interval: a year.
const LONGEST: i64 = 366 * DAY;

/// A duration, or never: `15m`, `4h`, `3d`, `never`. Whole seconds, at least one, at most a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(Option<i64>);

impl Interval {
    /// Never.
    pub const NEVER: Self = Self(None);

    /// This many hours.
    pub const fn hours(hours: i64) -> Self {
        Self(Some(hours * HOUR))
    }

    /// This many days.
    pub const fn days(days: i64) -> Self {
        Self(Some(days * DAY))
    }

    /// In seconds; `None` for never.
    pub fn seconds(self) -> Option<i64> {
        self.0
    }

    /// The time after this interval, in seconds since 1970; `None` for never.
    pub fn after(self, seconds: i64) -> Option<i64> {
        self.0.map(|length| seconds.saturating_add(length))
    }
}

/// An invalid interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write 90s, 15m, 4h, 3d (at most a year) or never")]
pub struct NoInterval(String);

impl FromStr for Interval {
    type Err = NoInterval;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::NEVER);
        }
        let unit = match text.chars().next_back() {
            Some('s') => 1,
            Some('m') => MINUTE,
            Some('h') => HOUR,
            Some('d') => DAY,
            _ => return Err(NoInterval(text.to_owned())),
        };
        let number = text[..text.len() - 1].parse::<u32>().ok().map(i64::from);
        match number.map(|number| number * unit) {
            Some(seconds) if (1..=LONGEST).contains(&seconds) => Ok(Self(Some(seconds))),
            _ => Err(NoInterval(text.to_owned())),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(seconds) = self.0 else { return formatter.pad("never") };
        let (unit, name) = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m")]
            .into_iter()
            .find(|(unit, _)| seconds % unit == 0)
            .unwrap_or((1, "s"));
        formatter.pad(&format!("{}{name}", seconds / unit))
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Written)
    }
}

/// Parses an interval. Only errors from a visitor carry the line of the value in a settings file.
struct Written;

impl Visitor<'_> for Written {
    type Value = Interval;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a duration such as 15m, 4h, 3d or never")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Interval, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_as_they_are_written() -> Result<(), NoInterval> {
        for (text, seconds) in [("90s", Some(90)), ("15m", Some(900)), ("4h", Some(14_400)), ("never", None)] {
            let interval: Interval = text.parse()?;
            assert_eq!((interval.seconds(), interval.to_string()), (seconds, text.to_owned()));
        }
        assert_eq!(Interval::days(2).to_string(), "2d");
        Ok(())
    }

    #[test]
    fn invalid_intervals_are_rejected() {
        for text in ["", "h", "0h", "4", "4 h", "-4h", "1.5h", "400d", "4294967295d", "é", "4w"] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }
}
