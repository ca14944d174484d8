//! The items of the mail budgets.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use incident_model::table::budget_key;

use super::changes::Changes;
use super::{Table, read};
use crate::item::{Item, number};
use crate::store::backoff::Backoff;
use crate::store::{Budget, BudgetState, Charge, StoreError};

const SENT: &str = "sent";

/// The states of budgets whose items are among these.
pub(super) fn states(budgets: &[Budget], items: &[Item]) -> Vec<BudgetState> {
    let state = |budget: &Budget| {
        let sent = read::item(items, &budget_key(budget.name)).and_then(|item| item.get(SENT)?.as_l().ok());
        let times = |sent: &Vec<AttributeValue>| sent.iter().filter_map(|at| at.as_n().ok()?.parse().ok()).collect();
        BudgetState { budget: *budget, sent: sent.map(times) }
    };
    budgets.iter().map(state).collect()
}

/// Reads the states.
pub(super) async fn read(table: &Table, budgets: &[Budget]) -> Result<Vec<BudgetState>, StoreError> {
    let keys: Vec<String> = budgets.iter().map(|budget| budget_key(budget.name)).collect();
    let items = read::items(table, keys.iter().map(String::as_str)).await?;
    Ok(states(budgets, &items))
}

/// Takes one mail; false if the budget is used up. Others may take at the same time.
pub(super) async fn take(table: &Table, budget: &Budget, now: i64) -> Result<bool, StoreError> {
    let mut backoff = Backoff::default();
    loop {
        let states = read(table, std::slice::from_ref(budget)).await?;
        let Some(charge) = states.first().and_then(|state| state.charge(now)) else { return Ok(false) };
        if table.apply(&budget_key(charge.name), taking(&charge)).await? {
            return Ok(true);
        }
        backoff.wait_after(StoreError::Conflict).await?;
    }
}

/// Takes one mail in a transaction.
pub(super) fn taken(table: &Table, charge: &Charge) -> Result<TransactWriteItem, StoreError> {
    taking(charge).in_transaction(&table.name, &budget_key(charge.name))
}

fn taking(charge: &Charge) -> Changes {
    let list = |times: &[i64]| AttributeValue::L(times.iter().copied().map(number).collect());
    let changes = match &charge.read {
        Some(read) => Changes::new("sent = :read").with(":read", list(read)),
        None => Changes::new("attribute_not_exists(sent)"),
    };
    changes.set(SENT, list(&charge.then)).versioned()
}
