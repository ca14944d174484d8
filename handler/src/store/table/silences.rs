//! The item of all silences.

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::Silence;
use incident_model::table::{INCIDENT_ID, SILENCES};
use serde::Deserialize;

use super::items::{Changes, number};
use super::{Item, Table};
use crate::store::StoreError;

/// How often a change is tried anew when others change the item at the same time.
const ATTEMPTS: usize = 5;

/// The silences, and the number of the change that made them what they are.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Silences {
    pub(super) silences: Vec<Silence>,
    version: i64,
}

/// Reads the item's content.
pub(super) fn of(item: &Item) -> Result<Silences, StoreError> {
    let mut content = item.clone();
    content.remove(INCIDENT_ID);
    serde_dynamo::from_item(content).map_err(|error| StoreError::unusable("BrokenSilences", error))
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
            .with(":read", number(version))
            .set("silences", remaining)
            .set("version", number(version + 1));
        if table.apply(SILENCES, changes).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict)
}
