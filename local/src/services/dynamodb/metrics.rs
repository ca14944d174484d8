//! DynamoDB's metrics of throughput, as "DynamoDB Metrics and dimensions" has them. A table's metrics leave out its
//! indexes, which have metrics of their own.

use std::collections::BTreeSet;

use super::capacity::Kind;
use super::consumed::Consumed;
use crate::Cloud;
use crate::services::cloudwatch::{self, Datum};

/// Publishes what a call has consumed and what was refused.
pub(super) fn publish(cloud: &Cloud, region: &str, operation: &str, consumed: &Consumed) {
    for units in consumed.by_resource() {
        let of = resource(&units.table, units.index.as_deref());
        for (name, value) in
            [("ConsumedReadCapacityUnits", units.read_units), ("ConsumedWriteCapacityUnits", units.write_units)]
        {
            if value > 0.0 {
                record(cloud, region, name, of.clone(), value);
            }
        }
    }
    let mut tables = BTreeSet::new();
    for (table, throttled) in consumed.throttled() {
        let name = match throttled.kind {
            Kind::Read => "ReadThrottleEvents",
            Kind::Write => "WriteThrottleEvents",
        };
        record(cloud, region, name, resource(table, throttled.index.as_deref()), 1.0);
        // A request counts once, however many of its events were throttled.
        if tables.insert(table) {
            let mut dimensions = resource(table, None);
            dimensions.push(("Operation".to_owned(), operation.to_owned()));
            record(cloud, region, "ThrottledRequests", dimensions, 1.0);
        }
    }
}

fn resource(table: &str, index: Option<&str>) -> Vec<(String, String)> {
    let index = index.map(|index| ("GlobalSecondaryIndexName".to_owned(), index.to_owned()));
    [("TableName".to_owned(), table.to_owned())].into_iter().chain(index).collect()
}

fn record(cloud: &Cloud, region: &str, name: &str, dimensions: Vec<(String, String)>, value: f64) {
    let (namespace, name, unit) = ("AWS/DynamoDB".to_owned(), name.to_owned(), "Count".to_owned());
    cloudwatch::record(cloud, region, Datum { namespace, name, dimensions, value, unit });
}
