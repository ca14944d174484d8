//! How much a table and its indexes take in a second, and what refuses the rest.
//!
//! Sources in the developer guide: "Designing partition keys" (1 000 write and 3 000 read units for a partition),
//! "On-demand capacity mode" (4 000 and 12 000 for a new table), "Burst and adaptive capacity" (300 seconds of unused
//! provisioned capacity), "GSI write throttling and back pressure", "Throttling reasons".
//!
//! Stricter than AWS: an on-demand table does not grow beyond its first 4 000 and 12 000 units, and sort keys never
//! split a hash key over partitions. More lenient: keys do not share a partition, and a scan is held against the whole
//! only.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Failure;
use super::capacity::{Charge, Kind};
use super::key::KeyValue;
use super::table::Table;
use crate::Cloud;
use crate::config::Throughput;

/// Seconds of unused capacity that a provisioned table keeps for bursts.
const BURST: f64 = 300.0;
/// Buckets that are kept before the full ones are looked for and dropped.
const KEPT: usize = 1024;

/// Units that arrive in a second, and how many seconds of them are kept.
#[derive(Debug, Clone, Copy)]
struct Rate {
    units: f64,
    kept: f64,
}

impl Rate {
    /// What is not used within a second is lost.
    fn strict(throughput: Throughput, kind: Kind) -> Self {
        Self { units: f64::from(of_kind((throughput.read, throughput.write), kind)), kept: 1.0 }
    }

    fn provisioned(units: (i64, i64), kind: Kind) -> Self {
        Self { units: of_kind(units, kind) as f64, kept: BURST }
    }
}

fn of_kind<U>((read, write): (U, U), kind: Kind) -> U {
    match kind {
        Kind::Read => read,
        Kind::Write => write,
    }
}

/// Now, and how long a second lasts here.
#[derive(Debug, Clone, Copy)]
struct Time {
    now: Instant,
    second: Duration,
}

/// Units that are left.
#[derive(Debug, Clone)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn new(rate: Rate, now: Instant) -> Self {
        Self { left: rate.units, at: now }
    }

    fn refill(&mut self, rate: Rate, time: Time) {
        let seconds = time.now.saturating_duration_since(self.at).div_duration_f64(time.second);
        self.left = (self.left + seconds * rate.units).min(rate.units * rate.kept);
        self.at = time.now;
    }

    /// A request for more than a second's units passes when a second's units are there, and the bucket owes the rest.
    fn has(&self, units: f64, rate: Rate) -> bool {
        self.left >= units.min(rate.units)
    }
}

/// The whole, or one hash key.
type Place = (Kind, Option<KeyValue>);

/// The throughput of a table, or of an index.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets {
    buckets: BTreeMap<Place, Bucket>,
    /// How many there are when the full ones are dropped.
    crowded: usize,
}

impl Buckets {
    /// Takes units from every place, or from none; answers whose units did not suffice.
    fn take(&mut self, places: &[(Place, Rate)], units: f64, time: Time) -> Result<(), Place> {
        self.drop_full(places, time);
        for (place, rate) in places {
            let bucket = self.buckets.entry(place.clone()).or_insert_with(|| Bucket::new(*rate, time.now));
            bucket.refill(*rate, time);
            if !bucket.has(units, *rate) {
                return Err(place.clone());
            }
        }
        for (place, _) in places {
            if let Some(bucket) = self.buckets.get_mut(place) {
                bucket.left -= units;
            }
        }
        Ok(())
    }

    fn give_back(&mut self, places: &[(Place, Rate)], units: f64) {
        for (place, _) in places {
            if let Some(bucket) = self.buckets.get_mut(place) {
                bucket.left += units;
            }
        }
    }

    /// Drops the hash keys that have been idle for a second: their buckets are full again.
    fn drop_full(&mut self, places: &[(Place, Rate)], time: Time) {
        if self.buckets.len() < self.crowded.max(KEPT) {
            return;
        }
        let is_new = |bucket: &Bucket| time.now.saturating_duration_since(bucket.at) < time.second;
        let asked = |place: &Place| places.iter().any(|(asked, _)| asked == place);
        self.buckets.retain(|place, bucket| place.1.is_none() || asked(place) || is_new(bucket) || bucket.left < 0.0);
        self.crowded = self.buckets.len() * 2;
    }
}

/// Why units were refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Throttled {
    pub(super) kind: Kind,
    pub(super) index: Option<String>,
    /// ARN of the table or of the index.
    resource: String,
    is_on_demand: bool,
    /// Whether one hash key has reached the limit of a partition.
    is_hot: bool,
}

impl Throttled {
    /// Code of the reason in a cancelled transaction.
    pub(super) fn transaction_code(&self) -> &'static str {
        if self.is_on_demand { "ThrottlingError" } else { "ProvisionedThroughputExceeded" }
    }

    /// The message, the same in an error and in a cancelled transaction: `TransactionCanceledException` in the API
    /// reference.
    pub(super) fn message(&self) -> &'static str {
        match (self.is_on_demand, &self.index, self.kind) {
            (true, Some(_), Kind::Write) => {
                "Throughput exceeds the current capacity for one or more global secondary indexes. DynamoDB is automatically scaling your index so please try again shortly."
            }
            (true, ..) => {
                "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html."
            }
            (false, Some(_), _) => {
                "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API."
            }
            (false, None, _) => {
                "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API."
            }
        }
    }

    /// `TableWriteKeyRangeThroughputExceeded` and its like. The whole of an on-demand table is the range of its keys.
    fn reason(&self) -> String {
        let resource = if self.index.is_some() { "Index" } else { "Table" };
        let limit = if self.is_hot || self.is_on_demand { "KeyRange" } else { "Provisioned" };
        format!("{resource}{:?}{limit}ThroughputExceeded", self.kind)
    }
}

/// The answer to an operation on one item: `ThrottlingException` from an on-demand table. The two errors write the
/// member with their reasons differently.
impl From<Throttled> for Failure {
    fn from(throttled: Throttled) -> Self {
        let (code, member) = match throttled.is_on_demand {
            true => ("ThrottlingException", "throttlingReasons"),
            false => ("ProvisionedThroughputExceededException", "ThrottlingReasons"),
        };
        let reasons = json!([{"reason": throttled.reason(), "resource": throttled.resource}]);
        Failure::new(code, throttled.message()).with(member, reasons)
    }
}

impl Table {
    /// Takes the units of some charges from the table and its indexes, all of them or none. An index that has none left
    /// refuses the table's write: back pressure.
    pub(super) fn take(&mut self, cloud: &Cloud, charges: &[Charge]) -> Result<(), Throttled> {
        let time = Time { now: Instant::now(), second: cloud.clock.scaled(Duration::from_secs(1)) };
        for (taken, charge) in charges.iter().enumerate() {
            let places = self.places(cloud, charge);
            let Some(buckets) = self.buckets(charge.index.as_deref()) else { continue };
            if let Err((kind, partition)) = buckets.take(&places, charge.units, time) {
                for charge in &charges[..taken] {
                    let places = self.places(cloud, charge);
                    if let Some(buckets) = self.buckets(charge.index.as_deref()) {
                        buckets.give_back(&places, charge.units);
                    }
                }
                return Err(self.refusal(charge, kind, partition.is_some()));
            }
        }
        Ok(())
    }

    /// Where a charge is due, each with its rate; nowhere without limits.
    fn places(&self, cloud: &Cloud, charge: &Charge) -> Vec<(Place, Rate)> {
        let Some(limits) = cloud.config.limits else { return Vec::new() };
        let kind = charge.kind;
        let provisioned = match charge.index.as_deref().and_then(|name| self.index(name)) {
            Some(index) => index.throughput,
            None => self.throughput,
        };
        let whole = match self.is_on_demand() {
            true => Rate::strict(limits.table, kind),
            false => Rate::provisioned(provisioned, kind),
        };
        let hot = charge.partition.clone().map(|key| ((kind, Some(key)), Rate::strict(limits.partition, kind)));
        hot.into_iter().chain([((kind, None), whole)]).collect()
    }

    fn buckets(&mut self, index: Option<&str>) -> Option<&mut Buckets> {
        match index {
            None => Some(&mut self.buckets),
            Some(name) => self.indexes.iter_mut().find(|index| index.name == name).map(|index| &mut index.buckets),
        }
    }

    fn refusal(&self, charge: &Charge, kind: Kind, is_hot: bool) -> Throttled {
        let index = charge.index.clone();
        let resource = index.as_ref().map_or_else(|| self.arn(), |index| format!("{}/index/{index}", self.arn()));
        Throttled { kind, index, resource, is_on_demand: self.is_on_demand(), is_hot }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTITION: Throughput = Throughput { read: 3_000, write: 1_000 };

    /// Takes units at the times; answers what was taken.
    fn taken(rate: Rate, at: &[(u64, f64)]) -> Vec<bool> {
        let start = Instant::now();
        let places = [((Kind::Write, None), rate)];
        let mut buckets = Buckets::default();
        at.iter()
            .map(|(milliseconds, units)| {
                let time = Time { now: start + Duration::from_millis(*milliseconds), second: Duration::from_secs(1) };
                buckets.take(&places, *units, time).is_ok()
            })
            .collect()
    }

    #[test]
    fn a_partition_takes_a_thousand_units_in_each_second_and_saves_none() {
        let strict = Rate::strict(PARTITION, Kind::Write);
        for (what, at, expected) in [
            ("a second's units", vec![(0, 999.0), (0, 1.0), (0, 1.0)], vec![true, true, false]),
            ("the next second", vec![(0, 1000.0), (500, 501.0), (1000, 1000.0)], vec![true, false, true]),
            ("half a second", vec![(0, 1000.0), (500, 500.0), (500, 1.0)], vec![true, true, false]),
            ("an idle minute", vec![(60_000, 1000.0), (60_000, 1.0)], vec![true, false]),
            ("more than a second's", vec![(0, 2500.0), (1500, 1.0), (1600, 1.0)], vec![true, false, true]),
        ] {
            assert_eq!(taken(strict, &at), expected, "{what}");
        }
    }

    #[test]
    fn a_provisioned_table_saves_five_minutes() {
        let provisioned = Rate::provisioned((5, 10), Kind::Write);
        for (what, at, expected) in [
            ("at first a second", vec![(0, 10.0), (0, 1.0)], vec![true, false]),
            ("a minute later", vec![(0, 0.0), (60_000, 610.0), (60_000, 1.0)], vec![true, true, false]),
            ("an hour later", vec![(0, 0.0), (3_600_000, 3000.0), (3_600_000, 1.0)], vec![true, true, false]),
        ] {
            assert_eq!(taken(provisioned, &at), expected, "{what}");
        }
    }

    #[test]
    fn keys_that_are_idle_are_forgotten() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let rate = Rate::strict(PARTITION, Kind::Write);
        let mut buckets = Buckets::default();
        for number in 0..100_000_u64 {
            let key = KeyValue::Text(number.to_string());
            let time = Time { now: start + Duration::from_millis(number), second };
            assert_eq!(buckets.take(&[((Kind::Write, Some(key)), rate)], 1.0, time), Ok(()));
        }
        assert!(buckets.buckets.len() <= 4 * KEPT, "{}", buckets.buckets.len());
    }
}
