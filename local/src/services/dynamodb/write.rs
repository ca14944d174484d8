//! Writing one item.

use serde_json::{Value, json};

use crate::Cloud;

use super::capacity::{self, Charge, Consistency};
use super::consumed::{Consumed, Shape};
use super::expression::{Condition, Kind, Path, Placeholders, Update};
use super::key::Key;
use super::table::Table;
use super::value::Item;
use super::{Failure, invalid, item, required, required_map, transactions};

/// What a write does to the item it is about.
#[derive(Debug)]
pub(super) enum Change {
    Put(Item),
    Delete(Item),
    Update(Item, Update),
    Check(Item),
}

impl Change {
    /// The item or key that it has.
    fn target(&self) -> &Item {
        let (Self::Put(target) | Self::Delete(target) | Self::Update(target, _) | Self::Check(target)) = self;
        target
    }
}

/// A write that has been read and checked against its table, but not done.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) change: Change,
    condition: Option<Condition>,
    /// Whether a failed condition answers with the item.
    shows_item: bool,
    /// Bytes of the item or key that it has, and of what its expressions stand for.
    pub(super) payload: usize,
}

/// The item before and after a write.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) key: Key,
    pub(super) before: Option<Item>,
    /// What the item is, or would have been had the condition held.
    pub(super) after: Option<Item>,
    /// That the condition does not hold: nothing is written, but charged.
    refusal: Option<Failure>,
}

impl Write {
    /// Reads the parameters that the single operations and the parts of a transaction share.
    pub(super) fn read(table: &Table, input: &Value, kind: &str) -> Result<Self, Failure> {
        let kinds: &[Kind] = if kind == "Update" { &[Kind::Update, Kind::Condition] } else { &[Kind::Condition] };
        let placeholders = Placeholders::read(input, kinds)?;
        let update = if kind == "Update" { placeholders.update(input)? } else { Update::default() };
        let condition = placeholders.condition(input, Kind::Condition)?;
        placeholders.all_used()?;
        table.check_paths(condition.iter().flat_map(Condition::paths))?;
        let key = || {
            let key = item::read(required_map(input, "Key")?)?;
            item::check_key(table, &key).map(|()| key)
        };
        let change = match kind {
            "Put" => {
                let new = item::read(required_map(input, "Item")?)?;
                item::check(table, &new, None)?;
                Change::Put(new)
            }
            "Delete" => Change::Delete(key()?),
            "Update" => {
                let key = key()?;
                check_targets(table, &update)?;
                Change::Update(key, update)
            }
            _ => Change::Check(key()?),
        };
        let shows_item = input.get("ReturnValuesOnConditionCheckFailure").and_then(Value::as_str) == Some("ALL_OLD");
        let payload = item::size(change.target()) + placeholders.bytes();
        Ok(Self { change, condition, shows_item, payload })
    }

    /// Key of the item that it is about.
    pub(super) fn key(&self, table: &Table) -> Result<Key, Failure> {
        table
            .keys
            .key_of(self.change.target())
            .ok_or_else(|| invalid("The provided key element does not match the schema"))
    }

    /// Computes the effect, whether or not the condition holds.
    pub(super) fn plan(&self, table: &Table) -> Result<Effect, Failure> {
        let key = self.key(table)?;
        let before = table.items.get(&key).cloned();
        let empty = Item::new();
        let holds = self.condition.as_ref().is_none_or(|condition| condition.holds(before.as_ref().unwrap_or(&empty)));
        let refusal = (!holds).then(|| self.condition_failed(before.as_ref()));
        let after = match self.after(table, before.as_ref()) {
            Err(_) if !holds => None,
            after => after?,
        };
        Ok(Effect { key, before, after, refusal })
    }

    fn condition_failed(&self, before: Option<&Item>) -> Failure {
        let failure = Failure::new("ConditionalCheckFailedException", "The conditional request failed");
        match before.filter(|_| self.shows_item) {
            Some(before) => failure.with("Item", item::write(before)),
            None => failure,
        }
    }

    fn after(&self, table: &Table, before: Option<&Item>) -> Result<Option<Item>, Failure> {
        Ok(match &self.change {
            Change::Put(new) => Some(new.clone()),
            Change::Delete(_) => None,
            Change::Check(_) => before.cloned(),
            // There is nothing to remove from an item that does not exist, and it does not begin to.
            Change::Update(_, update) if before.is_none() && !update.creates() => None,
            Change::Update(key, update) => {
                let before = before.unwrap_or(key);
                let updated = update.applied(before).map_err(|error| invalid(error.to_string()))?;
                item::check(table, &updated, Some(before))?;
                Some(updated)
            }
        })
    }
}

impl Effect {
    /// What the write costs, in a transaction that many times as much for the table. A failed condition costs the
    /// table's part, by the larger of the item there and the one attempted: "Working with items and attributes".
    pub(super) fn charges(&self, table: &Table, factor: f64) -> Vec<Charge> {
        let mut charges = vec![self.charge_of_table(factor)];
        if self.refusal.is_none() {
            charges.extend(capacity::of_index_writes(table, self.before.as_ref(), self.after.as_ref()));
        }
        charges
    }

    /// The table's part of it.
    pub(super) fn charge_of_table(&self, factor: f64) -> Charge {
        capacity::of_write(&self.key, self.bytes(), factor)
    }

    /// What it costs to find out that it was done before: a transactional read.
    pub(super) fn charge_of_replay(&self) -> Charge {
        let units = Consistency::Transactional.units(self.bytes());
        Charge { kind: capacity::Kind::Read, units, ..self.charge_of_table(1.0) }
    }

    /// Whether the condition does not hold.
    pub(super) fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// Bytes of the item before or after, whichever are more.
    pub(super) fn bytes(&self) -> usize {
        [&self.before, &self.after].into_iter().flatten().map(item::size).max().unwrap_or(0)
    }

    /// The error that the condition does not hold, if so.
    pub(super) fn refused(&mut self) -> Option<Failure> {
        self.refusal.take()
    }

    pub(super) fn apply(&self, cloud: &Cloud, table: &mut Table) {
        table.change(cloud, self.key.clone(), self.after.clone());
    }
}

/// Refuses to change what makes the key.
fn check_targets(table: &Table, update: &Update) -> Result<(), Failure> {
    let of_key = update.targets().filter_map(Path::attribute).find(|name| table.keys.names().any(|key| key == name));
    match of_key {
        None => table.check_paths(update.paths()),
        Some(name) => Err(invalid(format!(
            "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the key"
        ))),
    }
}

pub(super) fn put(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    single(cloud, region, input, consumed, "Put", &["NONE", "ALL_OLD"])
}

pub(super) fn delete(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    single(cloud, region, input, consumed, "Delete", &["NONE", "ALL_OLD"])
}

pub(super) fn update(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    single(cloud, region, input, consumed, "Update", &["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
}

fn single(
    cloud: &Cloud,
    region: &str,
    input: &Value,
    consumed: &mut Consumed,
    kind: &str,
    returns: &[&str],
) -> Result<Value, Failure> {
    let wanted = input.get("ReturnValues").and_then(Value::as_str).unwrap_or("NONE");
    if !returns.contains(&wanted) {
        return Err(invalid("Return values set to invalid value"));
    }
    let name = required(input, "TableName")?;
    let mut state = cloud.dynamodb.state();
    let table = state.ready(cloud, region, name)?;
    let write = Write::read(table, input, kind)?;
    let place = transactions::place(table, &write.key(table)?);
    state.in_flight.check(&place)?;
    let table = state.ready(cloud, region, name)?;
    let mut effect = write.plan(table)?;
    let charges = effect.charges(table, 1.0);
    consumed.take(cloud, table, name, charges)?;
    if let Some(refusal) = effect.refused() {
        return Err(refusal);
    }
    effect.apply(cloud, table);
    let mut output = json!({});
    if let Some(attributes) = returned(&write, &effect, wanted) {
        output["Attributes"] = item::write(&attributes);
    }
    consumed.answer(&mut output, input, Shape::Single);
    Ok(output)
}

fn returned(write: &Write, effect: &Effect, wanted: &str) -> Option<Item> {
    let only_changed = |item: &Item| match &write.change {
        Change::Update(_, update) => update.part_of(item),
        _ => Item::new(),
    };
    match wanted {
        "ALL_OLD" => effect.before.clone(),
        "ALL_NEW" => effect.after.clone(),
        "UPDATED_OLD" => effect.before.as_ref().map(only_changed),
        "UPDATED_NEW" => effect.after.as_ref().map(only_changed),
        _ => None,
    }
    .filter(|item| !item.is_empty())
}
