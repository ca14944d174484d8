//! The alert policy: when mails are sent. Few settings, named by their effect.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Severity;
use crate::interval::Interval;
use crate::query_budget::Dollars;

/// When mails are sent. Every setting has a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertPolicy {
    /// Mails about single incidents in any sixty seconds; the rest go into a digest.
    pub mails_per_minute: MailsPerMinute,
    /// Time until the first reminder of an unacknowledged incident. Later ones come less and less often, down to one a day.
    pub remind_after: Reminders,
    /// Quiet period after which an incident is resolved.
    pub resolve_after_quiet: QuietPeriods,
    /// What it may cost in a month to ask CloudWatch which functions fail, at list price.
    pub monthly_query_budget: Dollars,
}

/// Mails in any sixty seconds: 1 to 8. SNS ends an email subscription that gets more than ten messages in a second, and
/// all of these with a digest may fall into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MailsPerMinute(u8);

impl MailsPerMinute {
    /// The number.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for MailsPerMinute {
    fn default() -> Self {
        Self(6)
    }
}

impl<'de> Deserialize<'de> for MailsPerMinute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(Written)
    }
}

/// Parses the number. Only errors from a visitor carry the line of the value in a settings file.
struct Written;

impl Visitor<'_> for Written {
    type Value = MailsPerMinute;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number of mails from 1 to 8")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<MailsPerMinute, E> {
        match u8::try_from(number) {
            Ok(number @ 1..=8) => Ok(MailsPerMinute(number)),
            _ => Err(E::custom("mails_per_minute must be 1 to 8: SNS ends a subscription that gets ten in a second")),
        }
    }
}

/// An interval for each severity.
macro_rules! per_severity {
    ($(#[$documentation:meta])* $name:ident, $critical:expr, $high:expr, $medium:expr, $low:expr) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "UPPERCASE")]
        pub struct $name {
            critical: Interval,
            high: Interval,
            medium: Interval,
            low: Interval,
        }

        impl $name {
            /// The interval of a severity.
            pub fn of(&self, severity: Severity) -> Interval {
                match severity {
                    // The safe choice for an unknown severity.
                    Severity::Critical | Severity::Other(_) => self.critical,
                    Severity::High => self.high,
                    Severity::Medium => self.medium,
                    Severity::Low => self.low,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self { critical: $critical, high: $high, medium: $medium, low: $low }
            }
        }
    };
}

per_severity!(
    /// Reminders: an hour for CRITICAL, four for HIGH, never for the others.
    Reminders,
    Interval::hours(1),
    Interval::hours(4),
    Interval::NEVER,
    Interval::NEVER
);

per_severity!(
    /// Quiet periods: a week for CRITICAL, three days for HIGH, a day for the others.
    QuietPeriods,
    Interval::days(7),
    Interval::days(3),
    Interval::days(1),
    Interval::days(1)
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_settings_have_defaults() -> Result<(), serde_json::Error> {
        let policy: AlertPolicy = serde_json::from_str(r#"{"mails_per_minute": 2, "remind_after": {"HIGH": "30m"}}"#)?;
        assert_eq!(policy.mails_per_minute.get(), 2);
        assert_eq!(policy.remind_after.of(Severity::High).seconds(), Some(1800));
        assert_eq!(policy.remind_after.of(Severity::Critical).seconds(), Some(3600));
        assert_eq!(policy.resolve_after_quiet, QuietPeriods::default());
        assert_eq!(serde_json::from_str::<AlertPolicy>(&serde_json::to_string(&policy)?)?, policy);
        Ok(())
    }

    #[test]
    fn useless_and_harmful_settings_are_rejected() {
        for text in [
            r#"{"mails_per_minute": 0}"#,
            r#"{"mails_per_minute": 9}"#,
            r#"{"remind_after": {"SEVERE": "1h"}}"#,
            r#"{"remind_after": {"HIGH": "soon"}}"#,
            r#"{"remind": {}}"#,
            r#"{"monthly_query_budget": -1}"#,
            r#"{"monthly_query_budget": 0.001}"#,
            r#"{"monthly_query_budget": "five"}"#,
        ] {
            assert!(serde_json::from_str::<AlertPolicy>(text).is_err(), "{text}");
        }
    }
}
