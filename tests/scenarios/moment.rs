//! Times of a scenario: relative to the failure, or RFC 3339.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};

/// When the failure is, where a scenario has times in RFC 3339: its log lines are of that morning.
const FAILURE: &str = "2026-11-27T10:00:00Z";

/// A time, in seconds after the failure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) i64);

impl Moment {
    /// The time, if the failure is at this one.
    pub(super) fn after(self, failure: Timestamp) -> Result<Timestamp, jiff::Error> {
        Timestamp::from_second(failure.as_second() + self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        if let Ok(time) = text.parse::<Timestamp>() {
            let failure = FAILURE.parse::<Timestamp>().ok()?;
            return Some(Self(time.as_second() - failure.as_second()));
        }
        if text == "0" {
            return Some(Self(0));
        }
        let mut rest = text;
        let mut seconds = 0_i64;
        while !rest.is_empty() {
            let sign = match rest.chars().next()? {
                '+' => 1,
                '-' => -1,
                _ => return None,
            };
            let end = rest[1..].find(['+', '-']).map_or(rest.len(), |end| end + 1);
            let (term, after) = rest[1..].split_at(end - 1);
            let (unit_at, unit) = term.char_indices().next_back()?;
            let unit = match unit {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                _ => return None,
            };
            let number = &term[..unit_at];
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse::<i64>().ok().filter(|_| is_number)?;
            seconds = seconds.checked_add(number.checked_mul(unit * sign)?)?;
            rest = after;
        }
        (!text.is_empty()).then_some(Self(seconds))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(i64),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom(format!("`{text}` is not a time such as -4m, -30d+12m or 0")))
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn times_are_relative_to_the_failure() {
        for (text, seconds) in [
            ("0", 0),
            ("+20s", 20),
            ("-250s", -250),
            ("-27h", -97_200),
            ("-30d+12m", -30 * 86_400 + 720),
            ("-1h-30m", -5400),
            ("2026-11-27T10:00:00Z", 0),
            ("2026-11-27T09:56:00Z", -240),
        ] {
            assert_eq!(Moment::parse(text), Some(Moment(seconds)), "{text}");
        }
        for text in
            ["", "4m", "-", "-4", "-4w", "-m", "--4m", "-4m ", "- 4m", "yesterday", "5", "-9223372036854775807d"]
        {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
