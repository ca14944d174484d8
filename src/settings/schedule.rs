//! How often the handler sweeps.

use std::fmt;
use std::str::FromStr;

use super::checked::read_from_file;

/// An EventBridge schedule expression, or never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(String);

read_from_file!(text, Schedule);

/// The word for no sweep.
const NEVER: &str = "never";

impl Schedule {
    /// The template's parameter value: empty means never.
    pub fn expression(&self) -> &str {
        &self.0
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self("rate(1 minute)".to_owned())
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(if self.0.is_empty() { NEVER } else { &self.0 })
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == NEVER {
            return Ok(Self(String::new()));
        }
        let inside = |kind: &str| text.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
        match (inside("rate"), inside("cron")) {
            (Some(rate), _) if is_rate(rate) => Ok(Self(text.to_owned())),
            (Some(_), _) => {
                Err(format!("`{text}` is not a rate such as rate(1 minute), rate(5 minutes) or rate(2 hours)"))
            }
            (_, Some(cron)) if is_cron(cron) => Ok(Self(text.to_owned())),
            (_, Some(_)) => Err(format!(
                "`{text}` is not EventBridge's cron(minute hour day-of-month month day-of-week year), where one of the two days is `?`"
            )),
            _ => Err(format!("`{text}` is not a schedule such as rate(5 minutes), cron(0 8 * * ? *) or {NEVER}")),
        }
    }
}

/// A value of 1 takes the singular, as EventBridge requires.
fn is_rate(text: &str) -> bool {
    let Some((number, unit)) = text.split_once(' ') else { return false };
    match number.parse::<u32>() {
        Ok(1) => ["minute", "hour", "day"].contains(&unit),
        Ok(2..) => ["minutes", "hours", "days"].contains(&unit),
        _ => false,
    }
}

fn is_cron(text: &str) -> bool {
    let fields: Vec<&str> = text.split(' ').collect();
    let known = |field: &&str| {
        !field.is_empty() && field.chars().all(|letter| letter.is_ascii_alphanumeric() || "*,-/?#".contains(letter))
    };
    match fields[..] {
        [_, _, day, _, weekday, _] => fields.iter().all(known) && (day == "?") != (weekday == "?"),
        _ => false,
    }
}
