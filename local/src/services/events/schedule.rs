//! Scheduled rules.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::state::RuleId;
use super::{Event, route};
use crate::Cloud;

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Schedule {
    /// At a fixed rate.
    Rate(Duration),
    /// At the minutes of a cron expression.
    Cron(Cron),
}

impl Schedule {
    /// Parses `rate(5 minutes)` or `cron(0 12 * * ? *)`; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(inside) = text.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')')) {
            return rate(inside).map(Self::Rate);
        }
        Cron::parse(text.strip_prefix("cron(")?.strip_suffix(')')?).map(Self::Cron)
    }
}

fn rate(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_once(' ')?;
    let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
    let seconds = match (number, unit) {
        (1, "minute") => 60,
        (1, "hour") => 3600,
        (1, "day") => 86_400,
        (2.., "minutes") => 60,
        (2.., "hours") => 3600,
        (2.., "days") => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(seconds) * number)
}

/// Six fields: minute, hour, day of month, month, day of week, year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Vec<i16>,
    hours: Vec<i16>,
    /// `None` when the day of week applies.
    days: Option<Vec<i16>>,
    months: Vec<i16>,
    /// 1 is Sunday; `None` when the day of month applies.
    weekdays: Option<Vec<i16>>,
    years: Vec<i16>,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Cron {
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields[..] else { return None };
        // One of the two day fields must be `?`.
        if (days == "?") == (weekdays == "?") {
            return None;
        }
        let unless_open = |field: &str, least, most, names: &[&str]| match field {
            "?" => Some(None),
            field => values(field, least, most, names).map(Some),
        };
        Some(Self {
            minutes: values(minutes, 0, 59, &[])?,
            hours: values(hours, 0, 23, &[])?,
            days: unless_open(days, 1, 31, &[])?,
            months: values(months, 1, 12, &MONTHS)?,
            weekdays: unless_open(weekdays, 1, 7, &WEEKDAYS)?,
            years: values(years, 1970, 2199, &[])?,
        })
    }

    fn matches(&self, at: DateTime) -> bool {
        let among = |values: &Option<Vec<i16>>, value| values.as_ref().is_none_or(|values| values.contains(&value));
        self.minutes.contains(&i16::from(at.minute()))
            && self.hours.contains(&i16::from(at.hour()))
            && among(&self.days, i16::from(at.day()))
            && self.months.contains(&i16::from(at.month()))
            && among(&self.weekdays, i16::from(at.weekday().to_sunday_one_offset()))
            && self.years.contains(&at.year())
    }
}

/// The values of a field: `*`, `5`, `1,3`, `1-5`, `0/15`, names. `L`, `W` and `#` are not supported.
fn values(field: &str, least: i16, most: i16, names: &[&str]) -> Option<Vec<i16>> {
    let number = |text: &str| match names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        Some(index) => i16::try_from(index).ok().map(|index| index + least),
        None => text.parse().ok().filter(|number| (least..=most).contains(number)),
    };
    let mut values = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if range == "*" => (least, most),
            None if part.contains('/') => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        values.extend((first..=last).step_by(step));
    }
    (!values.is_empty()).then_some(values)
}

/// Starts a rule's schedule, if any; the task ends when the rule changes or is deleted.
pub(super) fn start(cloud: &Cloud, id: &RuleId) {
    let Some((schedule, version)) = current(cloud, id) else { return };
    let (cloud, id) = (cloud.clone(), id.clone());
    tokio::spawn(async move {
        loop {
            match &schedule {
                Schedule::Rate(interval) => cloud.clock.sleep(*interval).await,
                Schedule::Cron(cron) => sleep_until(cron).await,
            }
            match current(&cloud, &id) {
                Some((_, still)) if still == version => {}
                _ => return,
            }
            let event = Event::now("aws.events", "Scheduled Event", vec![id.arn.clone()], json!({}));
            route::fire(&cloud, &id, &event.to_json(&id.region));
        }
    });
}

/// The schedule and version of an enabled rule.
fn current(cloud: &Cloud, id: &RuleId) -> Option<(Schedule, u64)> {
    cloud.events.with_buses(&id.region, |buses| {
        let rule = buses.get(&id.bus)?.rules.get(&id.name).filter(|rule| rule.is_enabled())?;
        rule.schedule.as_ref().map(|(_, schedule)| (schedule.clone(), rule.version))
    })
}

/// Calendar minutes pass in real time, whatever the time scale.
async fn sleep_until(cron: &Cron) {
    loop {
        let now = Timestamp::now();
        let seconds = now.as_second().rem_euclid(60).unsigned_abs();
        tokio::time::sleep(Duration::from_secs(60 - seconds)).await;
        // A second of slack, in case the timer fires within the previous minute.
        let at = Timestamp::now().checked_add(1.second()).unwrap_or(now);
        if cron.matches(at.to_zoned(TimeZone::UTC).datetime()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn only_well_formed_expressions_are_schedules() {
        let cases = [
            ("rate(5 minutes)", true),
            ("rate(1 minute)", true),
            ("rate(1 minutes)", false),
            ("rate(5 minute)", false),
            ("rate(0 minutes)", false),
            ("rate(5 seconds)", false),
            ("cron(0 12 * * ? *)", true),
            ("cron(0/15 8-17 ? * MON-FRI *)", true),
            ("cron(0 12 * * * *)", false),
            ("cron(0 12 ? * ? *)", false),
            ("cron(60 12 * * ? *)", false),
            ("cron(0 12 * * ?)", false),
            ("every day", false),
        ];
        for (text, valid) in cases {
            assert_eq!(Schedule::parse(text).is_some(), valid, "{text}");
        }
    }

    #[test]
    fn cron_fires_at_its_minutes() {
        let cases = [
            ("cron(30 12 * * ? *)", "2026-11-22T12:30:00", true),
            ("cron(30 12 * * ? *)", "2026-11-22T12:31:00", false),
            ("cron(0/15 * ? * SUN *)", "2026-11-22T07:45:00", true),
            ("cron(0/15 * ? * MON-FRI *)", "2026-11-22T07:45:00", false),
            ("cron(0 0 1 JAN ? 2027)", "2027-01-01T00:00:00", true),
        ];
        for (text, at, expected) in cases {
            let Some(Schedule::Cron(cron)) = Schedule::parse(text) else { unreachable!("{text}") };
            assert_eq!(cron.matches(at.parse().unwrap()), expected, "{text} at {at}");
        }
    }
}
