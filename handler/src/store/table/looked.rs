//! One look at all that a decision needs.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use incident_model::table::{INCIDENT_ID, SILENCES, event_key, open_key, open_resource_key};

use super::items::{RECOVERED_AT, TARGET, integer, string, text};
use super::{Item, Table, built, refused, silences};
use crate::store::{Known, Question, Store, StoreError};

/// Asks for the four helper items at once, then for the incident that the fingerprint leads to.
pub(super) async fn look(table: &Table, question: &Question<'_>) -> Result<Known, StoreError> {
    let keys = [
        event_key(question.event_id),
        open_key(question.fingerprint),
        open_resource_key(question.source, question.resource),
        SILENCES.to_owned(),
    ];
    let items = helper_items(table, &keys).await?;
    let [event, fingerprint, resource, silences] =
        keys.map(|key| items.iter().find(|item| string(item, INCIDENT_ID).as_ref() == Some(&key)));
    let newest = match fingerprint.and_then(|item| string(item, TARGET)) {
        Some(incident_id) => table.incident(&incident_id).await?,
        None => None,
    };
    Ok(Known {
        counted_for: event.and_then(|item| string(item, TARGET)),
        newest,
        newest_of_resource: resource.and_then(|item| string(item, TARGET)),
        recovered_at: resource.and_then(|item| integer(item, RECOVERED_AT)),
        silences: silences.map(silences::of).transpose()?.unwrap_or_default().silences,
    })
}

async fn helper_items(table: &Table, keys: &[String]) -> Result<Vec<Item>, StoreError> {
    let wanted = keys.iter().fold(KeysAndAttributes::builder().consistent_read(true), |wanted, key| {
        wanted.keys(Item::from([(INCIDENT_ID.to_owned(), text(key))]))
    });
    let call = table.client.batch_get_item().request_items(&table.name, built(wanted.build())?);
    let answer = call.send().await.map_err(|error| refused(&error))?;
    // A throttled table answers with a part, and names what it left out.
    match answer.unprocessed_keys.is_none_or(|left| left.is_empty()) {
        true => Ok(answer.responses.unwrap_or_default().remove(&table.name).unwrap_or_default()),
        false => Err(StoreError::Conflict),
    }
}
