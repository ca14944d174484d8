//! Acknowledging and resolving.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::timeline::TimelineChange;
use incident_model::{Incident, Status, TimelineEntry, table};

use super::{Incidents, IncidentsError};
use incident_deploy::aws::Explain;

const CONDITION_FAILED: &str = "ConditionalCheckFailedException";
/// Attempts while others write to the same incident.
const ATTEMPTS: usize = 5;

/// Who changes an incident, and their remark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// The user's name.
    pub by: String,
    /// A remark for the timeline.
    pub text: Option<String>,
}

/// Whether a change took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Made now.
    Now,
    /// Already made before.
    Before,
}

impl Incidents {
    /// Acknowledges an open incident.
    ///
    /// # Errors
    /// If it is resolved, or the table cannot be changed.
    pub async fn acknowledge(&self, incident: &Incident, note: &Note) -> Result<Changed, IncidentsError> {
        let mut read = incident.clone();
        for _ in 0..ATTEMPTS {
            if self.changed(&read, Status::Acknowledged, note, "#status = :open").await? {
                return Ok(Changed::Now);
            }
            read = self.find(&incident.incident_id).await?;
            match read.status {
                Status::Open => {}
                Status::Resolved => return Err(IncidentsError::Resolved { id: incident.incident_id.clone() }),
                Status::Other(status) => {
                    let (id, status) = (incident.incident_id.clone(), status.as_str());
                    return Err(IncidentsError::OtherStatus { id, status });
                }
                Status::Acknowledged => return Ok(Changed::Before),
            }
        }
        Err(IncidentsError::Contended)
    }

    /// Resolves an incident. The next failure of its fingerprint opens a new one: the handler checks the status. A mail
    /// that is due is dropped: the resolver knows about the incident.
    ///
    /// # Errors
    /// If the table cannot be changed.
    pub async fn resolve(&self, incident: &Incident, note: &Note) -> Result<Changed, IncidentsError> {
        let mut read = incident.clone();
        for _ in 0..ATTEMPTS {
            if self.changed(&read, Status::Resolved, note, "#status <> :status").await? {
                return Ok(Changed::Now);
            }
            match self.get(&incident.incident_id).await? {
                Some(now) if now.status != Status::Resolved => read = now,
                _ => return Ok(Changed::Before),
            }
        }
        Err(IncidentsError::Contended)
    }

    /// Changes the status if a condition holds and the timeline is as the change needs it. Returns whether it did.
    async fn changed(
        &self,
        read: &Incident,
        status: Status,
        note: &Note,
        condition: &str,
    ) -> Result<bool, IncidentsError> {
        let entry = TimelineEntry::new(jiff::Timestamp::now().to_string(), &note.about(status));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(table::INCIDENT_ID, AttributeValue::S(read.incident_id.clone()))
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#timeline", "timeline")
            .expression_attribute_values(":status", AttributeValue::S(status.name().to_owned()));
        let update = match condition.contains(":open") {
            true => update.expression_attribute_values(":open", AttributeValue::S(Status::Open.name().to_owned())),
            false => update,
        };
        let removed = if status == Status::Resolved { " REMOVE due, due_at, silenced_by" } else { "" };
        let condition = format!("attribute_exists({}) AND {condition}", table::INCIDENT_ID);
        self.applied(noted(update, read, entry, removed, &condition)?).await
    }

    /// Runs an update; `false` if its condition does not hold.
    pub(super) async fn applied(&self, update: UpdateItemFluentBuilder) -> Result<bool, IncidentsError> {
        match update.send().await.explain("dynamodb:UpdateItem") {
            Ok(_) => Ok(true),
            Err(error) if error.is(CONDITION_FAILED) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }
}

/// A change of status that appends to the timeline. A full timeline, or one grown by an older version, is only
/// replaced if it is unchanged since it was read.
fn noted(
    update: UpdateItemFluentBuilder,
    read: &Incident,
    entry: TimelineEntry,
    removed: &str,
    condition: &str,
) -> Result<UpdateItemFluentBuilder, IncidentsError> {
    let list = |entries: &[TimelineEntry]| serde_dynamo::to_attribute_value(entries).map_err(IncidentsError::Malformed);
    let number = |number: u64| AttributeValue::N(number.to_string());
    Ok(match read.timeline_with(entry) {
        TimelineChange::Append(entry) => update
            .update_expression(format!(
                "SET #status = :status, #timeline = list_append(if_not_exists(#timeline, :none), :entry){removed}"
            ))
            .condition_expression(condition)
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":entry", list(&[entry])?),
        TimelineChange::Rewrite { entries, left_out } => update
            .update_expression(format!(
                "SET #status = :status, #timeline = :timeline, timeline_left_out = :left_out{removed}"
            ))
            .condition_expression(format!(
                "{condition} AND size(#timeline) = :read_entries AND \
                 (timeline_left_out = :read_left_out OR attribute_not_exists(timeline_left_out))"
            ))
            .expression_attribute_values(":timeline", list(&entries)?)
            .expression_attribute_values(":left_out", number(left_out))
            .expression_attribute_values(":read_entries", number(read.timeline.len() as u64))
            .expression_attribute_values(":read_left_out", number(read.timeline_left_out)),
    })
}

impl Note {
    fn about(&self, status: Status) -> String {
        let remark = self.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        format!("{status} by {}{remark}", self.by)
    }
}
