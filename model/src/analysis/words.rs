//! Numbers and times in sentences.

use crate::time::rfc3339;

/// A span of time, rounded down: `90 s`, `4 min`, `3 h`, `12 days`.
pub(crate) fn span(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// A count with its thousands apart: `8 000`.
pub(crate) fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// The time of day in UTC: `10:02 UTC`.
pub(crate) fn clock(seconds: i64) -> String {
    let time = rfc3339(seconds);
    time.get(11..16).map(|time| format!("{time} UTC")).unwrap_or_default()
}

/// `one`, `two and three`.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_counts_are_short() {
        let spans = [(-5, "0 s"), (90, "90 s"), (119, "119 s"), (120, "2 min"), (190, "3 min"), (250, "4 min")];
        let long = [(7_199, "119 min"), (11_000, "3 h"), (259_200, "3 days")];
        for (seconds, expected) in spans.into_iter().chain(long) {
            assert_eq!(span(seconds), expected);
        }
        let counts = [(0.0, "0"), (340.0, "340"), (8_000.0, "8 000"), (1_234_567.0, "1 234 567")];
        counts.into_iter().for_each(|(number, expected)| assert_eq!(count(number), expected));
        assert_eq!(clock(1_767_261_720), "10:02 UTC");
    }
}
