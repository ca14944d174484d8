//! What has been consumed since the start.

use std::collections::BTreeMap;

use serde::Serialize;

use super::consumed::Consumed;
use crate::Cloud;

/// What one operation has consumed of a table, or of one of its indexes, since the start. A deleted table stays in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConsumedTotal {
    /// The table's region.
    pub region: String,
    /// The table's name.
    pub table: String,
    /// The index's name; null for the table itself.
    pub index: Option<String>,
    /// The operation: `PutItem`.
    pub operation: String,
    /// Calls that consumed units.
    pub calls: u64,
    /// Requests that were refused for want of throughput; a batch or a transaction may have several.
    pub throttled: u64,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
}

/// Region, table, index, operation.
type Key = (String, String, Option<String>, String);

/// The totals by region, table, index and operation.
#[derive(Debug, Default)]
pub(super) struct Totals(BTreeMap<Key, ConsumedTotal>);

impl Totals {
    pub(super) fn add(&mut self, region: &str, operation: &str, consumed: &Consumed) {
        for units in consumed.by_resource() {
            let total = self.of(region, &units.table, units.index.as_deref(), operation);
            total.calls += 1;
            total.read_units += units.read_units;
            total.write_units += units.write_units;
        }
        for (table, throttled) in consumed.throttled() {
            self.of(region, table, throttled.index.as_deref(), operation).throttled += 1;
        }
    }

    fn of(&mut self, region: &str, table: &str, index: Option<&str>, operation: &str) -> &mut ConsumedTotal {
        let key = (region.to_owned(), table.to_owned(), index.map(str::to_owned), operation.to_owned());
        self.0.entry(key).or_insert_with_key(|(region, table, index, operation)| ConsumedTotal {
            region: region.clone(),
            table: table.clone(),
            index: index.clone(),
            operation: operation.clone(),
            calls: 0,
            throttled: 0,
            read_units: 0.0,
            write_units: 0.0,
        })
    }
}

/// What has been consumed since the start, by region, table, index and operation.
pub fn consumed_totals(cloud: &Cloud) -> Vec<ConsumedTotal> {
    cloud.dynamodb.state().totals.0.values().cloned().collect()
}
