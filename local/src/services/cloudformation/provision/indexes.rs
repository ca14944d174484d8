//! The global secondary indexes of a table, of which an update makes or removes one.

use serde_json::{Value, json};

use super::site::Site;
use super::table::{describe, until_active};
use super::{list, text};
use crate::services::cloudformation::provisioner::{Refusal, Resource};

/// Brings the indexes that a table has to those of a set of properties.
///
/// # Errors
/// What CloudFormation does not do with indexes, and what DynamoDB answers.
pub(super) async fn update(site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
    let found = describe(site, &after.physical_id).await?;
    // After an update that failed half-way the properties before it say nothing about what is there.
    let (old, new) = (list(&found, "GlobalSecondaryIndexes"), indexes(after));
    let in_both = || new.iter().filter_map(|new| Some((old.iter().find(|old| name(old) == name(new))?, new)));
    if in_both().any(|(old, new)| ["KeySchema", "Projection"].iter().any(|part| old.get(part) != new.get(part))) {
        return Err(invalid(
            "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You can create a new GSI with a different name.",
        ));
    }
    let gone = old.iter().filter(|old| new.iter().all(|new| name(new) != name(old)));
    let gone = gone.map(|index| json!({"Delete": {"IndexName": name(index)}}));
    let made = new.iter().filter(|new| old.iter().all(|old| name(old) != name(new)));
    let made = made.map(|index| json!({"Create": index}));
    let throughput = |index: &Value| index.get("ProvisionedThroughput").cloned();
    let same = |index: &&Value| {
        let declared = indexes(before).iter().find(|before| name(before) == name(index));
        declared.is_none_or(|declared| throughput(declared) == throughput(index))
    };
    let changed = in_both().map(|(_, index)| index).filter(|index| !same(index));
    let changed =
        changed.map(|index| json!({"Update": {"IndexName": name(index), "ProvisionedThroughput": throughput(index)}}));
    let structural: Vec<Value> = gone.chain(made).collect();
    if structural.len() > 1 {
        return Err(invalid("Cannot perform more than one GSI creation or deletion in a single update"));
    }
    for change in structural.into_iter().chain(changed) {
        let table = after.physical_id.as_str();
        let input = json!({
            "TableName": table,
            "AttributeDefinitions": after.properties.get("AttributeDefinitions"),
            "GlobalSecondaryIndexUpdates": [change],
        });
        site.call("dynamodb", "UpdateTable", input).await?;
        until_active(site, table).await?;
    }
    Ok(())
}

fn indexes(table: &Resource) -> &[Value] {
    list(&table.properties, "GlobalSecondaryIndexes")
}

fn name(index: &Value) -> &str {
    text(index, "IndexName")
}

fn invalid(message: &str) -> Refusal {
    Refusal { service: "DynamoDb".to_owned(), ..Refusal::new("ValidationException", message) }
}
