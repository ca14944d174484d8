//! What one call has consumed: taken from the throughput, answered to the caller, counted for whoever asks later.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::bare_name;
use super::capacity::{Charge, Kind};
use super::table::Table;
use super::throttle::Throttled;
use crate::Cloud;

/// Capacity units that a call consumed of a table, or of one of its indexes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConsumedUnits {
    /// The table's name.
    pub table: String,
    /// The index's name; null for the table itself.
    pub index: Option<String>,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
}

/// How an operation answers `ReturnConsumedCapacity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One table, units in total.
    Single,
    /// A list of tables.
    List,
    /// A list of tables, and whether the units are read or write units: only transactions say that.
    Transaction,
}

/// The charges of one call.
#[derive(Debug, Default)]
pub(super) struct Consumed {
    /// With the table as the request names it, by name or ARN.
    charges: Vec<(String, Charge)>,
    /// What was refused instead, with the table's bare name.
    throttled: Vec<(String, Throttled)>,
}

impl Consumed {
    /// Takes units from a table and its indexes, all of them or none.
    pub(super) fn take(
        &mut self,
        cloud: &Cloud,
        table: &mut Table,
        requested: &str,
        charges: Vec<Charge>,
    ) -> Result<(), Throttled> {
        if let Err(throttled) = table.take(cloud, &charges) {
            self.throttled.push((table.name.clone(), throttled.clone()));
            return Err(throttled);
        }
        self.charges.extend(charges.into_iter().map(|charge| (requested.to_owned(), charge)));
        Ok(())
    }

    /// Adds `ConsumedCapacity` to an answer, where the request wants it.
    pub(super) fn answer(&self, output: &mut Value, input: &Value, shape: Shape) {
        let with_indexes = match wanted(input) {
            "NONE" => return,
            wanted => wanted == "INDEXES",
        };
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &self.charges {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let mut tables = names.into_iter().map(|name| self.of_table(name, with_indexes, shape));
        output["ConsumedCapacity"] = match shape {
            Shape::Single => tables.next().unwrap_or_default(),
            Shape::List | Shape::Transaction => tables.collect(),
        };
    }

    fn of_table(&self, name: &str, with_indexes: bool, shape: Shape) -> Value {
        let charges: Vec<&Charge> =
            self.charges.iter().filter(|(of, _)| of == name).map(|(_, charge)| charge).collect();
        let mut capacity = units(&charges, shape);
        capacity.insert("TableName".to_owned(), json!(name));
        if with_indexes {
            let of = |index: Option<&str>| {
                let part: Vec<&Charge> =
                    charges.iter().copied().filter(|charge| charge.index.as_deref() == index).collect();
                Value::Object(units(&part, shape))
            };
            capacity.insert("Table".to_owned(), of(None));
            let indexes: Map<String, Value> = charges
                .iter()
                .filter_map(|charge| charge.index.as_deref())
                .map(|index| (index.to_owned(), of(Some(index))))
                .collect();
            if !indexes.is_empty() {
                capacity.insert("GlobalSecondaryIndexes".to_owned(), Value::Object(indexes));
            }
        }
        Value::Object(capacity)
    }

    /// The units by table and index, each once.
    pub(super) fn by_resource(&self) -> Vec<ConsumedUnits> {
        let mut all: Vec<ConsumedUnits> = Vec::new();
        for (name, charge) in &self.charges {
            let table = bare_name(name);
            let at = all.iter().position(|units| units.table == table && units.index == charge.index);
            let at = at.unwrap_or_else(|| {
                let (table, index) = (table.to_owned(), charge.index.clone());
                all.push(ConsumedUnits { table, index, read_units: 0.0, write_units: 0.0 });
                all.len() - 1
            });
            match charge.kind {
                Kind::Read => all[at].read_units += charge.units,
                Kind::Write => all[at].write_units += charge.units,
            }
        }
        all
    }

    /// What was refused, each with its table.
    pub(super) fn throttled(&self) -> &[(String, Throttled)] {
        &self.throttled
    }
}

/// The units of some charges, in the members that the shape has.
fn units(charges: &[&Charge], shape: Shape) -> Map<String, Value> {
    // The sum of nothing would be -0.0.
    let total = charges.iter().fold(0.0, |total, charge| total + charge.units);
    let mut members = Map::from_iter([("CapacityUnits".to_owned(), json!(total))]);
    if let (Shape::Transaction, Some(charge)) = (shape, charges.first()) {
        let member = match charge.kind {
            Kind::Read => "ReadCapacityUnits",
            Kind::Write => "WriteCapacityUnits",
        };
        members.insert(member.to_owned(), json!(total));
    }
    members
}

fn wanted(input: &Value) -> &str {
    input.get("ReturnConsumedCapacity").and_then(Value::as_str).unwrap_or("NONE")
}
