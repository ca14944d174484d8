//! The monthly budget of the queries for which functions fail, and when it allows the next one.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Metrics that a cent pays for: `GetMetricData` costs $0.01 for 1 000 metrics, whether a Metrics Insights query reads
/// them or they are named (list price of us-east-1, <https://aws.amazon.com/cloudwatch/pricing/>, 2026-11-27).
const METRICS_OF_A_CENT: u64 = 1000;
/// The shortest time, in seconds, between two rounds of queries. A sweep comes a moment early at times.
pub const SHORTEST_INTERVAL: i64 = 50;
/// The share of a budget that may be spent at once, without waiting for its part of the month.
const HEAD_START: f64 = 0.1;

/// US dollars, in whole cents: 0 to 10 000 dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars {
    cents: u32,
}

impl Dollars {
    /// So many cents.
    pub const fn of_cents(cents: u32) -> Self {
        Self { cents }
    }

    /// So many whole dollars.
    pub const fn whole(dollars: u32) -> Self {
        Self { cents: dollars * 100 }
    }

    /// In cents.
    pub fn cents(self) -> u32 {
        self.cents
    }

    /// The metrics that it pays for.
    pub fn metrics(self) -> u64 {
        u64::from(self.cents) * METRICS_OF_A_CENT
    }
}

/// The default budget: five dollars.
impl Default for Dollars {
    fn default() -> Self {
        Self::whole(5)
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "${}.{:02}", self.cents / 100, self.cents % 100)
    }
}

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.cents % 100 {
            0 => serializer.serialize_u32(self.cents / 100),
            _ => serializer.serialize_f64(f64::from(self.cents) / 100.0),
        }
    }
}

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

/// Parses the number. Only errors from a visitor carry the line of the value in a settings file.
struct Written;

impl Visitor<'_> for Written {
    type Value = Dollars;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("US dollars from 0 to 10000")
    }

    fn visit_u64<E: Error>(self, dollars: u64) -> Result<Dollars, E> {
        self.visit_f64(dollars as f64)
    }

    fn visit_f64<E: Error>(self, dollars: f64) -> Result<Dollars, E> {
        let cents = (dollars * 100.0).round();
        match (0.0..=1e6).contains(&cents) && (cents - dollars * 100.0).abs() < 1e-6 {
            true => Ok(Dollars { cents: cents as u32 }),
            false => Err(E::custom("it must be 0 to 10000 US dollars, with at most two decimals")),
        }
    }
}

/// What a number of metrics costs, in US dollars.
pub fn cost_of(metrics: u64) -> f64 {
    metrics as f64 / METRICS_OF_A_CENT as f64 / 100.0
}

/// A month in UTC, in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// `2026-11`.
    pub name: String,
    /// Its first second.
    pub begins: i64,
    /// The first second of the next month.
    pub ends: i64,
}

impl Month {
    /// The month of a moment in seconds since 1970.
    pub fn of(seconds: i64) -> Self {
        let date = Timestamp::from_second(seconds).unwrap_or_default().to_zoned(TimeZone::UTC).date();
        let second_of = |date: Date| date.to_zoned(TimeZone::UTC).map_or(seconds, |at| at.timestamp().as_second());
        let first = date.first_of_month();
        let next = first.checked_add(1.month()).unwrap_or(first);
        Self { name: first.strftime("%Y-%m").to_string(), begins: second_of(first), ends: second_of(next) }
    }
}

/// How fast a budget may be spent: a tenth at once, the rest evenly over the month. What a quiet time saved may be spent
/// at once too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The budget.
    pub budget: Dollars,
    /// Metrics that the month's queries have read.
    pub spent: u64,
}

impl Pace {
    /// When a round that reads so many metrics may be asked, in seconds since 1970. It is in the next month when what is
    /// left is not enough.
    pub fn next(&self, month: &Month, cost: u64, asked_at: i64) -> i64 {
        let (budget, wanted) = (self.budget.metrics(), self.spent.saturating_add(cost));
        if wanted > budget {
            return month.ends;
        }
        let share = (wanted as f64 / budget.max(1) as f64 - HEAD_START) / (1.0 - HEAD_START);
        let waited = (month.ends - month.begins) as f64 * share.max(0.0);
        (asked_at + SHORTEST_INTERVAL).max(month.begins + waited.ceil() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27T10:30:00Z.
    const NOW: i64 = 1_795_775_400;

    #[test]
    fn a_month_is_a_calendar_month_in_utc() {
        let month = Month::of(NOW);
        assert_eq!((month.name.as_str(), month.begins, month.ends), ("2026-11", 1_793_491_200, 1_796_083_200));
        assert_eq!(Month::of(month.ends).name, "2026-12");
        assert_eq!(Month::of(month.ends - 1), month);
        assert_eq!(Month::of(1_798_761_600).name, "2027-01");
    }

    #[test]
    fn dollars_are_written_as_they_are_read() -> Result<(), serde_json::Error> {
        for (text, cents) in [("5", 500), ("0", 0), ("2.5", 250), ("0.01", 1), ("10000", 1_000_000)] {
            let dollars: Dollars = serde_json::from_str(text)?;
            assert_eq!((dollars.cents(), serde_json::to_string(&dollars)?.as_str()), (cents, text));
        }
        assert_eq!(Dollars::default().to_string(), "$5.00");
        Ok(())
    }

    /// Rounds at the pace, for a month of failures, and the metrics that they read.
    fn rounds(cost: u64, budget: Dollars) -> (u64, u64, i64) {
        let month = Month::of(NOW);
        let (mut now, mut asked_at, mut spent, mut rounds, mut longest) = (month.begins, 0, 0, 0, 0);
        while now < month.ends {
            if (Pace { budget, spent }).next(&month, cost, asked_at) <= now {
                longest = longest.max(now - asked_at.max(month.begins));
                (spent, asked_at, rounds) = (spent + cost, now, rounds + 1);
            }
            now += 60;
        }
        (rounds, spent, longest)
    }

    #[test]
    fn a_month_of_failures_stays_within_the_budget_and_is_asked_about_until_its_end() {
        let minutes = 30 * 24 * 60;
        // $0.0001 a round: every minute.
        assert_eq!(rounds(10, Dollars::default()), (minutes, 10 * minutes, 60));
        // Of 5 000 functions, $0.05 a round: ten at once, then one in less than eight hours.
        let (asked, spent, longest) = rounds(5_000, Dollars::default());
        assert_eq!((asked, spent), (99, 495_000));
        assert!(longest <= 9 * 3600, "{longest}");
        // A budget below one round pays for none.
        assert_eq!(rounds(5_000, Dollars::of_cents(4)), (0, 0, 0));
        assert_eq!(rounds(1, Dollars::of_cents(0)), (0, 0, 0));
    }

    #[test]
    fn what_a_quiet_time_saved_is_there_for_a_storm() {
        let month = Month::of(NOW);
        let pace = Pace { budget: Dollars::default(), spent: 0 };
        let middle = month.begins + (month.ends - month.begins) / 2;
        assert!((pace.next(&month, 275_000, 0) - middle).abs() <= 1);
        let late = month.begins + (month.ends - month.begins) / 2;
        assert!(Pace { spent: 250_000, ..pace }.next(&month, 5_000, late) <= late + SHORTEST_INTERVAL);
        assert_eq!(Pace { spent: 499_000, ..pace }.next(&month, 5_000, late), month.ends, "it is exhausted");
    }
}
