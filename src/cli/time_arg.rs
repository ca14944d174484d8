//! Times on the command line and in its output.

use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// A time in the past, given absolutely or as a span before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeArg(Timestamp);

/// A text that is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a span such as 30m, 2h or 7d, nor a time such as 2026-01-31T12:00:00Z")]
pub struct InvalidMoment(String);

impl TimeArg {
    /// In the format of records, so that it compares with their times.
    pub fn rfc3339(&self) -> String {
        record_form(self.0)
    }

    /// Milliseconds since 1970, as CloudWatch Logs counts.
    pub fn milliseconds(&self) -> i64 {
        self.0.as_millisecond()
    }
}

impl FromStr for TimeArg {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidMoment(text.to_owned());
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self(time));
        }
        if let Ok(date) = text.parse::<jiff::civil::Date>() {
            let midnight = format!("{date}T00:00:00Z").parse().map_err(|_| invalid())?;
            return Ok(Self(midnight));
        }
        let span: Span = text.parse().map_err(|_| invalid())?;
        let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| invalid())?;
        Timestamp::now().checked_sub(length.abs()).map(Self).map_err(|_| invalid())
    }
}

/// This many seconds before now, in the format of records.
pub(super) fn before_now(seconds: i64) -> String {
    let now = Timestamp::now();
    record_form(now.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(now))
}

/// Date and time of a record, to the second, in UTC; the text itself when it is not a time.
pub(super) fn readable(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => time.to_owned(),
    }
}

/// A record's time relative to a moment in seconds since 1970, in the largest fitting unit: `in 2 h`, `5 min ago`.
pub(super) fn from_now(time: &str, now: i64) -> String {
    let Ok(time) = time.parse::<Timestamp>() else { return String::new() };
    let seconds = time.as_second() - now;
    let units = [(24 * 60 * 60, "days"), (60 * 60, "h"), (60, "min")];
    let distance = match units.into_iter().find(|(length, _)| seconds.abs() >= 2 * length) {
        Some((length, unit)) => format!("{} {unit}", (seconds.abs() + length / 2) / length),
        None => format!("{} s", seconds.abs()),
    };
    if seconds < 0 { format!("{distance} ago") } else { format!("in {distance}") }
}

/// Date and time of milliseconds since 1970, to the millisecond, in UTC.
pub(super) fn readable_milliseconds(time: i64) -> String {
    Timestamp::from_millisecond(time).map(|time| time.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()).unwrap_or_default()
}

/// Milliseconds and `Z`: in this one format, texts sort like their times.
fn record_form(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_times_and_dates_are_understood() {
        let now = Timestamp::now();
        for (text, seconds) in [("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1h 30m", 5400), ("1w", 604_800)] {
            let difference = text.parse::<TimeArg>().map(|TimeArg(time)| now.duration_since(time).as_secs() - seconds);
            assert!(difference.as_ref().is_ok_and(|seconds| seconds.abs() <= 2), "{text}: {difference:?}");
        }
        assert_eq!(
            "2026-01-31T12:00:00Z".parse::<TimeArg>().map(|time| time.rfc3339()),
            Ok("2026-01-31T12:00:00.000Z".to_owned())
        );
        assert_eq!(
            "2026-01-31".parse::<TimeArg>().map(|time| time.rfc3339()),
            Ok("2026-01-31T00:00:00.000Z".to_owned())
        );
        let now = 1_800_000_000;
        for (distance, words) in [
            (0, "in 0 s"),
            (100, "in 100 s"),
            (7200, "in 2 h"),
            (5400, "in 90 min"),
            (30 * 86_400, "in 30 days"),
            (-600, "10 min ago"),
        ] {
            let time = Timestamp::from_second(now + distance).map(record_form).unwrap_or_default();
            assert_eq!(from_now(&time, now), words);
        }
        for wrong in ["", "soon", "7", "2026-13-01"] {
            assert!(wrong.parse::<TimeArg>().is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        /// What is understood is a time in the past or a time that was given, in the form of records.
        #[test]
        fn no_text_makes_it_panic(
            text in "-?[PpTt]?[0-9]{0,20} ?(y|mo|w|d|h|m|s|ms|ago|T|Z|[-:+.]){0,3}[0-9]{0,9}.{0,4}",
            now in 0i64..4_000_000_000,
        ) {
            if let Ok(time) = text.parse::<TimeArg>() {
                let written = time.rfc3339();
                proptest::prop_assert!(written.parse::<Timestamp>().is_ok(), "{}", written);
                let _ = (from_now(&written, now), readable_milliseconds(time.milliseconds()));
            }
            let _ = (readable(&text), before_now(now));
        }
    }
}
