//! The mail budget: the times of the latest mails, in a list of fixed length. A mail may be sent when the oldest of
//! them has left the budget's window.

use incident_model::table;

use super::Table;
use super::error_mapping::{is_condition, refused};
use super::items::{Changes, helper, number};
use crate::store::{Budget, StoreError};
use aws_sdk_dynamodb::types::AttributeValue;

/// Takes one mail from the budget; false if it is used up.
pub(super) async fn take(table: &Table, budget: &Budget, now: i64) -> Result<bool, StoreError> {
    let key = table::budget_key(budget.name);
    if table.apply(&key, taking(budget, now)).await? {
        return Ok(true);
    }
    // The condition failed for the time, or because there is no list of this length yet. Another invocation may be
    // creating it.
    begin(table, &key, budget).await?;
    table.apply(&key, taking(budget, now)).await
}

fn taking(budget: &Budget, now: i64) -> Changes {
    let newest = budget.limit;
    Changes::new("size(sent) = :limit AND sent[0] <= :long_ago")
        .with(":limit", AttributeValue::N(newest.to_string()))
        .with(":long_ago", number(now - budget.milliseconds))
        .with(":now", number(now))
        .set_expression(&format!("sent[{newest}] = :now"))
        .remove("sent[0]")
}

/// Creates the list, unless there is one of this length.
async fn begin(table: &Table, key: &str, budget: &Budget) -> Result<(), StoreError> {
    let never = vec![number(0); budget.limit];
    let put = table
        .client
        .put_item()
        .table_name(&table.name)
        .set_item(Some(helper(key)))
        .item("sent", AttributeValue::L(never))
        .condition_expression("attribute_not_exists(sent) OR size(sent) <> :limit")
        .expression_attribute_values(":limit", AttributeValue::N(budget.limit.to_string()));
    match put.send().await {
        Err(error) if !is_condition(&error) => Err(refused(&error)),
        _ => Ok(()),
    }
}
