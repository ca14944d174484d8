//! One look at all that a decision needs.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use incident_model::Incident;
use incident_model::table::{INCIDENT_ID, SILENCES, alarm_of_function_key, event_key, open_key, open_resource_key};

use super::items::{RECOVERED_AT, TARGET, integer, string, text};
use super::{Item, Table, built, refused, silences};
use crate::store::{Known, Question, Store, StoreError};

/// Asks for the helper items at once, then for the incidents that they lead to.
pub(super) async fn look(table: &Table, question: &Question<'_>) -> Result<Known, StoreError> {
    let (event, fingerprint) = (event_key(question.event_id), open_key(question.fingerprint));
    let resource = open_resource_key(question.source, question.resource);
    let alarm = question.function.map(alarm_of_function_key);
    let keys = [Some(event.as_str()), Some(&fingerprint), Some(&resource), Some(SILENCES), alarm.as_deref()];
    let items = helper_items(table, keys.into_iter().flatten()).await?;
    let item = |key: &str| items.iter().find(|item| string(item, INCIDENT_ID).as_deref() == Some(key));
    let (newest, alarm_of_function) =
        tokio::join!(followed(table, item(&fingerprint)), followed(table, alarm.as_deref().and_then(item)));
    let resource = item(&resource);
    Ok(Known {
        counted_for: item(&event).and_then(|item| string(item, TARGET)),
        newest: newest?,
        alarm_of_function: alarm_of_function?,
        newest_of_resource: resource.and_then(|item| string(item, TARGET)),
        recovered_at: resource.and_then(|item| integer(item, RECOVERED_AT)),
        silences: item(SILENCES).map(silences::of).transpose()?.unwrap_or_default().silences,
    })
}

/// The incident that a helper item leads to.
async fn followed(table: &Table, item: Option<&Item>) -> Result<Option<Incident>, StoreError> {
    match item.and_then(|item| string(item, TARGET)) {
        Some(incident_id) => table.incident(&incident_id).await,
        None => Ok(None),
    }
}

async fn helper_items(table: &Table, keys: impl Iterator<Item = &str>) -> Result<Vec<Item>, StoreError> {
    let wanted = keys.fold(KeysAndAttributes::builder().consistent_read(true), |wanted, key| {
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
