//! Times as AWS writes them.

use jiff::Timestamp;

/// A time in RFC 3339 and UTC with whole seconds dropped to nothing smaller than milliseconds; empty when the text is no
/// time. Reads offsets without a colon (`+0000`), as alarms send them.
pub(crate) fn normalised(text: &str) -> String {
    text.trim().parse::<Timestamp>().map(|time| time.to_string()).unwrap_or_default()
}

/// A time given in milliseconds since 1970.
pub(crate) fn from_milliseconds(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).map(|time| time.to_string()).unwrap_or_default()
}

/// The seconds since 1970 of a time in RFC 3339; nothing when the text is no time.
pub fn seconds_of(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// The milliseconds since 1970 of a time in RFC 3339; nothing when the text is no time.
pub fn milliseconds_of(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// The time in RFC 3339 and UTC with milliseconds, as records have it; empty for a moment outside the calendar.
pub fn rfc3339(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|time| format!("{time:.3}")).unwrap_or_default()
}
