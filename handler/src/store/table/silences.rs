//! The item of all silences.

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::Silences;
use incident_model::table::SILENCES;

use super::items::{Changes, count};
use super::{Item, Table};
use crate::store::StoreError;

/// How often a change is tried anew when others change the item at the same time.
const ATTEMPTS: usize = 5;

/// Reads the item's content.
pub(super) fn of(item: &Item) -> Result<Silences, StoreError> {
    serde_dynamo::from_item(item.clone()).map_err(|error| StoreError::unusable("BrokenSilences", error))
}

/// Reads the item.
pub(super) async fn read(table: &Table) -> Result<Silences, StoreError> {
    Ok(table.item(SILENCES).await?.as_ref().map(of).transpose()?.unwrap_or_default())
}

/// Removes silences.
pub(super) async fn forget(table: &Table, silence_ids: &[&str]) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let Silences { mut silences, version } = read(table).await?;
        silences.retain(|silence| !silence_ids.contains(&silence.silence_id.as_str()));
        let remaining: AttributeValue = serde_dynamo::to_attribute_value(&silences)
            .map_err(|error| StoreError::unusable("BrokenSilences", error))?;
        let changes = Changes::new("version = :read")
            .with(":read", count(version))
            .set("silences", remaining)
            .set("version", count(version + 1));
        if table.apply(SILENCES, changes).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict)
}
