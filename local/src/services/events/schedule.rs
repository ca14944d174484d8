//! Scheduled rules.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::cron::Cron;
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
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = number.parse().ok().filter(|number| *number > 0 && is_number)?;
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
            ("rate(+5 minutes)", false),
            ("rate( 10 minutes )", false),
            ("rate(10 MINUTES)", false),
            ("rate(10)", false),
            ("cron(0 12 * * ? *)", true),
            ("cron(0/15 8-17 ? * MON-FRI *)", true),
            ("cron(0 12 * * * *)", false),
            ("cron(0 12 ? * ? *)", false),
            ("cron(60 12 * * ? *)", false),
            ("cron(0 12 * * ?)", false),
            ("cron(15 10 ? * 6L 2002-2005)", true),
            ("cron(0 2 ? * SAT#3 *)", true),
            ("cron(0 2 ? * FRI#5 *)", true),
            ("cron(0 2 ? * SAT#6 *)", false),
            ("cron(0 2 ? * SAT#0 *)", false),
            ("cron(0 2 ? * MON#1,FRI#3 *)", false),
            ("cron(0 2 ? * L *)", true),
            ("cron(0 2 L * ? *)", true),
            ("cron(0 2 3W * ? *)", true),
            ("cron(0 2 32W * ? *)", false),
            ("cron(0 2 1,L * ? *)", true),
            ("cron(0 2 W * ? *)", false),
            ("cron(0 2 ? * 3W *)", false),
            ("cron(0 2 3#1 * ? *)", false),
            ("cron(0 L 1 * ? *)", false),
            ("cron(7 20 * * NOT *)", false),
            ("cron(+5 12 * * ? *)", false),
            ("cron(0 12 ? * FRI-MON *)", false),
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
            // 2026-11-01 is a Sunday, so the last Friday is the 27th and the third Saturday the 21st.
            ("cron(15 10 ? * 6L *)", "2026-11-27T10:15:00", true),
            ("cron(15 10 ? * 6L *)", "2026-11-20T10:15:00", false),
            ("cron(0 2 ? * SAT#3 *)", "2026-11-21T02:00:00", true),
            ("cron(0 2 ? * SAT#3 *)", "2026-11-14T02:00:00", false),
            ("cron(0 2 ? * SUN#1 *)", "2026-11-01T02:00:00", true),
            ("cron(0 2 ? * L *)", "2026-11-28T02:00:00", true),
            ("cron(0 2 ? * L *)", "2026-11-29T02:00:00", false),
            ("cron(0 2 L * ? *)", "2026-11-30T02:00:00", true),
            ("cron(0 2 L * ? *)", "2026-11-29T02:00:00", false),
            ("cron(0 2 L * ? *)", "2028-02-29T02:00:00", true),
            // The weekday nearest to a day is in the same month.
            ("cron(0 2 1W * ? *)", "2026-11-02T02:00:00", true),
            ("cron(0 2 14W * ? *)", "2026-11-13T02:00:00", true),
            ("cron(0 2 15W * ? *)", "2026-11-16T02:00:00", true),
            ("cron(0 2 16W * ? *)", "2026-11-16T02:00:00", true),
            ("cron(0 2 1W 8 ? *)", "2026-08-03T02:00:00", true),
            ("cron(0 2 31W 5 ? *)", "2026-05-29T02:00:00", true),
            ("cron(0 2 31W * ? *)", "2026-11-30T02:00:00", false),
        ];
        for (text, at, expected) in cases {
            let Some(Schedule::Cron(cron)) = Schedule::parse(text) else { unreachable!("{text}") };
            assert_eq!(cron.matches(at.parse().unwrap()), expected, "{text} at {at}");
        }
    }
}
