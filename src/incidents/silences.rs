//! Silences: one item of the table, written by optimistic locking.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::silence::MOST_SILENCES;
use incident_model::{Silence, Silences, table, time};
use serde::Serialize;

use super::{Incidents, IncidentsError};
use incident_deploy::aws::Explain;

/// Prefix of every silence ID.
const ID_PREFIX: &str = "sil-";
/// Attempts while others change silences too.
const ATTEMPTS: usize = 10;

/// A silence and its effect at the moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SilenceState {
    /// The silence.
    #[serde(flatten)]
    pub silence: Silence,
    /// Whether it has ended and only waits for the sweep to report what it hid.
    pub ended: bool,
    /// The number of incidents whose mail it holds back.
    pub held: usize,
}

/// All silences.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SilenceStates {
    /// Those that this version can read.
    pub silences: Vec<SilenceState>,
    /// The number it cannot read.
    pub unreadable: usize,
}

/// A change to the silences.
#[derive(Debug, Clone, PartialEq)]
enum Edit {
    Nothing,
    Add(Silence),
    /// Sets another end for the silence at this place of the list.
    EndAt {
        place: usize,
        until: String,
    },
}

/// The result of ending a silence.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedSilence {
    /// The silence, with its new end.
    pub silence: Silence,
    /// Whether it was in effect until now.
    pub changed: bool,
    /// The number of incidents that the next sweep reports.
    pub released: usize,
}

impl Incidents {
    /// All silences, including those that have ended but are not yet reported.
    ///
    /// # Errors
    /// If the table is missing, AWS refuses, or the item cannot be parsed.
    pub async fn silences(&self) -> Result<Vec<Silence>, IncidentsError> {
        Ok(self.silence_item().await?.readable())
    }

    /// All silences and their effects at a moment, in seconds since 1970.
    ///
    /// # Errors
    /// As for [`Self::silences`].
    pub async fn silence_states(&self, now: i64) -> Result<SilenceStates, IncidentsError> {
        let item = self.silence_item().await?;
        let (unreadable, silences) = (item.unreadable(), item.readable());
        let mut held: HashMap<String, usize> = HashMap::new();
        if !silences.is_empty() {
            for (_, silence) in self.held_back(None).await? {
                *held.entry(silence).or_default() += 1;
            }
        }
        let state = |silence: Silence| SilenceState {
            ended: !silence.is_active(now),
            held: held.get(&silence.silence_id).copied().unwrap_or_default(),
            silence,
        };
        Ok(SilenceStates { silences: silences.into_iter().map(state).collect(), unreadable })
    }

    /// Adds a silence.
    ///
    /// # Errors
    /// If there are too many, others keep changing them, or the table cannot be changed.
    pub async fn add_silence(&self, silence: &Silence) -> Result<(), IncidentsError> {
        self.change_silences(|places| {
            // The answer was lost: the previous attempt did it.
            if places.iter().flatten().any(|known| known.silence_id == silence.silence_id) {
                return Ok((Edit::Nothing, ()));
            }
            if places.len() >= MOST_SILENCES {
                return Err(IncidentsError::TooManySilences);
            }
            Ok((Edit::Add(silence.clone()), ()))
        })
        .await
    }

    /// Ends a silence at a moment, in seconds since 1970, and makes the mail it holds back due then. `id` is a unique
    /// prefix of a silence ID; `sil-` may be omitted.
    ///
    /// # Errors
    /// If no silence or several match, others keep changing them, or the table cannot be changed.
    pub async fn end_silence(&self, id: &str, now: i64) -> Result<EndedSilence, IncidentsError> {
        let (silence, changed) = self
            .change_silences(|places| {
                let (place, silence) = only_one(places, id)?;
                if !silence.is_active(now) {
                    return Ok((Edit::Nothing, (silence.clone(), false)));
                }
                let until = time::rfc3339(now);
                let ended = Silence { until: until.clone(), ..silence.clone() };
                Ok((Edit::EndAt { place, until }, (ended, true)))
            })
            .await?;
        // Also for one that had already ended: the command that ended it may have been cut off here.
        let released = self.release(&silence, now).await?;
        Ok(EndedSilence { silence, changed, released })
    }

    async fn silence_item(&self) -> Result<Silences, IncidentsError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(table::INCIDENT_ID, AttributeValue::S(table::SILENCES.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .explain("dynamodb:GetItem")
            .map_err(|error| self.failed(error))?;
        let item = reply.item.map(serde_dynamo::aws_sdk_dynamodb_1::from_item).transpose();
        Ok(item.map_err(IncidentsError::Malformed)?.unwrap_or_default())
    }

    /// Reads, changes and writes; retries after a concurrent write.
    async fn change_silences<T>(
        &self,
        change: impl Fn(&[Option<Silence>]) -> Result<(Edit, T), IncidentsError>,
    ) -> Result<T, IncidentsError> {
        for _ in 0..ATTEMPTS {
            let Silences { places, version } = self.silence_item().await?;
            let (edit, result) = change(&places)?;
            if edit == Edit::Nothing || self.write_silences(edit, version).await? {
                return Ok(result);
            }
        }
        Err(IncidentsError::Contended)
    }

    /// `false` if the version is no longer the one that was read. Writes only the change, so that the fields of other
    /// silences that this version does not know survive.
    async fn write_silences(&self, edit: Edit, read: u64) -> Result<bool, IncidentsError> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(table::INCIDENT_ID, AttributeValue::S(table::SILENCES.to_owned()))
            .condition_expression(format!("attribute_not_exists({}) OR #version = :read", table::INCIDENT_ID))
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":read", number(read))
            .expression_attribute_values(":next", number(read + 1))
            .expression_attribute_values(":made", number(table::CURRENT_RECORD_VERSION));
        let (change, update) = match edit {
            Edit::Nothing => return Ok(true),
            Edit::Add(silence) => {
                let added = serde_dynamo::to_attribute_value([silence]).map_err(IncidentsError::Malformed)?;
                let none = AttributeValue::L(Vec::new());
                let update =
                    update.expression_attribute_values(":added", added).expression_attribute_values(":none", none);
                ("silences = list_append(if_not_exists(silences, :none), :added)".to_owned(), update)
            }
            Edit::EndAt { place, until } => {
                let update = update
                    .expression_attribute_names("#until", "until")
                    .expression_attribute_values(":until", AttributeValue::S(until));
                (format!("silences[{place}].#until = :until"), update)
            }
        };
        let made = table::RECORD_VERSION;
        let whole = format!("SET {change}, #version = :next, {made} = if_not_exists({made}, :made)");
        self.applied(update.update_expression(whole)).await
    }

    /// Runs an update; `false` if its condition does not hold.
    async fn applied(&self, update: UpdateItemFluentBuilder) -> Result<bool, IncidentsError> {
        match update.send().await.explain("dynamodb:UpdateItem") {
            Ok(_) => Ok(true),
            Err(error) if error.is("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Makes the mails that a silence holds back due at a moment; returns how many there are.
    async fn release(&self, silence: &Silence, now: i64) -> Result<usize, IncidentsError> {
        // The incidents need not be readable for that.
        let held = self.held_back(Some(&silence.silence_id)).await?;
        for (id, _) in &held {
            let update = self
                .client
                .update_item()
                .table_name(&self.table)
                .key(table::INCIDENT_ID, AttributeValue::S(id.clone()))
                .update_expression("SET due_at = :now")
                .condition_expression("silenced_by = :silence AND due_at > :now")
                .expression_attribute_values(":silence", AttributeValue::S(silence.silence_id.clone()))
                .expression_attribute_values(":now", AttributeValue::N(now.to_string()));
            // The condition fails when the handler was faster.
            self.applied(update).await?;
        }
        Ok(held.len())
    }
}

/// The silence with an ID, or the only one with this prefix, and its place.
fn only_one<'s>(places: &'s [Option<Silence>], id: &str) -> Result<(usize, &'s Silence), IncidentsError> {
    let start = if id.starts_with(ID_PREFIX) { id.to_owned() } else { format!("{ID_PREFIX}{id}") };
    let readable = places.iter().enumerate().filter_map(|(place, silence)| Some((place, silence.as_ref()?)));
    let mut found: Vec<_> = readable.filter(|(_, silence)| silence.silence_id.starts_with(&start)).collect();
    match (found.pop(), found.len()) {
        (Some(found), 0) => Ok(found),
        (Some((_, last)), _) => {
            let ids = found.iter().map(|(_, silence)| silence.silence_id.clone()).chain([last.silence_id.clone()]);
            Err(IncidentsError::AmbiguousSilence { id: id.to_owned(), candidates: ids.collect() })
        }
        (None, _) => Err(IncidentsError::UnknownSilence { id: id.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_found_by_a_beginning_that_no_other_has() {
        let silence = |id: &str| Silence {
            silence_id: id.to_owned(),
            by: String::new(),
            reason: String::new(),
            created_at: String::new(),
            until: String::new(),
            pattern: serde_json::Value::Null,
        };
        let places = [Some(silence("sil-0199a1")), None, Some(silence("sil-0199a2")), Some(silence("sil-0199b"))];
        let find = |id: &str| match only_one(&places, id) {
            Ok((_, silence)) => silence.silence_id.clone(),
            Err(error) => error.to_string(),
        };
        assert_eq!(find("sil-0199b"), "sil-0199b");
        assert_eq!(find("0199a2"), "sil-0199a2");
        assert_eq!(find("0199a"), "more than one silence has an id that starts with `0199a`: sil-0199a1, sil-0199a2");
        assert_eq!(find("sil-7"), "no silence has an id that starts with `sil-7`");
    }
}
