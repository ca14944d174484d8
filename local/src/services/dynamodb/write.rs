//! Writing one item.

use serde_json::{Value, json};
use winterbaume_dynamodb::expr::{self, Expr};
use winterbaume_dynamodb::types::{Item, UpdateAction};

use crate::{ApiError, Cloud};

use super::expressions::{Placeholders, changed, holds};
use super::key::Key;
use super::table::Table;
use super::{Failure, invalid, item, required, transactions};

/// What a write does to the item it is about.
#[derive(Debug)]
pub(super) enum Change {
    Put(Item),
    Delete(Item),
    Update(Item, Vec<UpdateAction>),
    Check(Item),
}

/// A write that has been read and checked against its table, but not done.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) change: Change,
    condition: Option<Expr>,
    /// Whether a failed condition answers with the item.
    shows_item: bool,
}

/// The item before and after a write.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) key: Key,
    pub(super) before: Option<Item>,
    pub(super) after: Option<Item>,
}

impl Write {
    /// Reads the parameters that the single operations and the parts of a transaction share.
    pub(super) fn read(table: &Table, input: &Value, kind: &str) -> Result<Self, Failure> {
        refuse_legacy(input)?;
        let placeholders = Placeholders::read(input)?;
        let condition = placeholders.condition(input, "ConditionExpression")?;
        let key = || {
            let key = item::read(input.get("Key").unwrap_or(&Value::Null))?;
            item::check_key(table, &key).map(|()| key)
        };
        let change = match kind {
            "Put" => {
                let new = item::read(input.get("Item").unwrap_or(&Value::Null))?;
                item::check(table, &new, false)?;
                Change::Put(new)
            }
            "Delete" => Change::Delete(key()?),
            "Update" => Change::Update(key()?, update_actions(table, &placeholders, input)?),
            _ => Change::Check(key()?),
        };
        placeholders.all_used()?;
        let shows_item = input.get("ReturnValuesOnConditionCheckFailure").and_then(Value::as_str) == Some("ALL_OLD");
        Ok(Self { change, condition, shows_item })
    }

    /// Key of the item that it is about.
    pub(super) fn key(&self, table: &Table) -> Result<Key, Failure> {
        let (Change::Put(target) | Change::Delete(target) | Change::Update(target, _) | Change::Check(target)) =
            &self.change;
        table.keys.key_of(target).ok_or_else(|| invalid("The provided key element does not match the schema"))
    }

    /// Computes the effect, if the condition holds.
    pub(super) fn plan(&self, table: &Table) -> Result<Effect, Failure> {
        let key = self.key(table)?;
        let before = table.items.get(&key).cloned();
        let empty = Item::new();
        let holds = self.condition.as_ref().is_none_or(|condition| holds(condition, before.as_ref().unwrap_or(&empty)));
        if !holds {
            let failure = Failure::new("ConditionalCheckFailedException", "The conditional request failed");
            return Err(match before.filter(|_| self.shows_item) {
                Some(before) => failure.with("Item", item::write(&before)),
                None => failure,
            });
        }
        let after = match &self.change {
            Change::Put(new) => Some(new.clone()),
            Change::Delete(_) => None,
            Change::Check(_) => before.clone(),
            Change::Update(key, actions) => {
                let mut updated = before.clone().unwrap_or_else(|| key.clone());
                expr::apply_update_actions(&mut updated, actions).map_err(invalid)?;
                item::check(table, &updated, true)?;
                Some(updated)
            }
        };
        Ok(Effect { key, before, after })
    }

    fn changed_attributes(&self) -> Vec<&str> {
        match &self.change {
            Change::Update(_, actions) => actions.iter().map(changed).collect(),
            _ => Vec::new(),
        }
    }
}

impl Effect {
    pub(super) fn apply(&self, cloud: &Cloud, table: &mut Table) {
        table.change(cloud, self.key.clone(), self.after.clone());
    }
}

fn update_actions(table: &Table, placeholders: &Placeholders, input: &Value) -> Result<Vec<UpdateAction>, Failure> {
    let actions = placeholders.update(input)?;
    let of_key = actions.iter().map(changed).find(|name| table.keys.names().any(|key| key == name));
    match of_key {
        None => Ok(actions),
        Some(name) => Err(invalid(format!(
            "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the key"
        ))),
    }
}

/// The parameters that expressions replaced in 2014 are not implemented.
pub(super) fn refuse_legacy(input: &Value) -> Result<(), Failure> {
    const LEGACY: [&str; 8] = [
        "Expected",
        "ConditionalOperator",
        "AttributeUpdates",
        "AttributesToGet",
        "KeyConditions",
        "QueryFilter",
        "ScanFilter",
        "TotalSegments",
    ];
    match LEGACY.iter().find(|name| input.get(**name).is_some_and(|value| !value.is_null())) {
        None => Ok(()),
        Some(name) => Err(ApiError::not_implemented("dynamodb", &format!("the parameter {name}")).into()),
    }
}

pub(super) fn put(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    single(cloud, region, input, "Put", &["NONE", "ALL_OLD"])
}

pub(super) fn delete(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    single(cloud, region, input, "Delete", &["NONE", "ALL_OLD"])
}

pub(super) fn update(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    single(cloud, region, input, "Update", &["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
}

fn single(cloud: &Cloud, region: &str, input: &Value, kind: &str, returns: &[&str]) -> Result<Value, Failure> {
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
    let effect = write.plan(table)?;
    effect.apply(cloud, table);
    let mut output = json!({});
    if let Some(attributes) = returned(&write, &effect, wanted) {
        output["Attributes"] = item::write(&attributes);
    }
    add_capacity(&mut output, input, name);
    Ok(output)
}

fn returned(write: &Write, effect: &Effect, wanted: &str) -> Option<Item> {
    let changed = write.changed_attributes();
    let only_changed = |item: &Item| -> Item {
        item.iter()
            .filter(|(name, _)| changed.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
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

/// Answers `ReturnConsumedCapacity`; every call is reckoned as one unit.
pub(super) fn add_capacity(output: &mut Value, input: &Value, table: &str) {
    let wanted = input.get("ReturnConsumedCapacity").and_then(Value::as_str).unwrap_or("NONE");
    if wanted != "NONE" {
        output["ConsumedCapacity"] = json!({"TableName": table, "CapacityUnits": 1.0});
    }
}
