//! The item of all silences.

use incident_model::table::SILENCES;
use incident_model::{Silence, Silences};
use serde_json::json;

use super::Table;
use super::changes::Changes;
use crate::item::{Item, number};
use crate::log;
use crate::store::StoreError;

/// Attempts at a change when others change the item concurrently.
const ATTEMPTS: usize = 5;

/// The silences of an item. One that this version cannot read hides nothing: a superfluous alert is better than a
/// missing one.
pub(super) fn in_force(item: &Item) -> Vec<Silence> {
    let read: Silences = of(item).unwrap_or_else(|_| Silences { places: vec![None], version: 0 });
    if read.unreadable() > 0 {
        log::line("unreadable", json!({ "silences": read.unreadable() }));
    }
    read.readable()
}

fn of(item: &Item) -> Result<Silences, StoreError> {
    serde_dynamo::from_item(item.clone()).map_err(|error| StoreError::unusable("BrokenSilences", error))
}

/// All silences.
pub(super) async fn read(table: &Table) -> Result<Vec<Silence>, StoreError> {
    Ok(table.item(SILENCES).await?.as_ref().map(in_force).unwrap_or_default())
}

/// Removes silences. The others stay unchanged, including attributes unknown to this version.
pub(super) async fn forget(table: &Table, silence_ids: &[&str]) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(item) = table.item(SILENCES).await? else { return Ok(()) };
        let Silences { places, version } = of(&item)?;
        let is_over = |silence: &Silence| silence_ids.contains(&silence.silence_id.as_str());
        let over = places.iter().enumerate().filter(|(_, silence)| silence.as_ref().is_some_and(is_over));
        let changes =
            Changes::new("version = :read").with(":read", number(version)).set("version", number(version + 1));
        let changes = over.fold(changes, |changes, (place, _)| changes.remove(&format!("silences[{place}]")));
        if table.apply(SILENCES, changes).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict)
}
