//! Parsing and formatting of AWS's times.

use jiff::Timestamp;

/// A time as RFC 3339 in UTC, with at most milliseconds; empty if the text is not a time. Accepts offsets without a
/// colon (`+0000`), as in alarms.
pub(crate) fn normalised(text: &str) -> String {
    text.trim().parse::<Timestamp>().map(|time| time.to_string()).unwrap_or_default()
}

/// A time given in milliseconds since 1970.
pub(crate) fn from_milliseconds(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).map(|time| time.to_string()).unwrap_or_default()
}

/// The seconds since 1970 of a time in RFC 3339; `None` if the text is not a time.
pub fn seconds_of(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// The milliseconds since 1970 of a time in RFC 3339; `None` if the text is not a time.
pub fn milliseconds_of(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// The time as RFC 3339 in UTC with milliseconds, the format of records; empty outside of the calendar.
pub fn rfc3339(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|time| format!("{time:.3}")).unwrap_or_default()
}
