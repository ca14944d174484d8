//! Acknowledging and resolving.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::{Incident, Status, TimelineEntry, table};

use super::{Incidents, IncidentsError};
use crate::aws::Explain;

const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

/// Who changes an incident, and what they want to say about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// The person's name.
    pub by: String,
    /// A remark for the timeline.
    pub text: Option<String>,
}

/// Whether a change was one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It was made now.
    Now,
    /// It had been made before.
    Before,
}

impl Incidents {
    /// Records that somebody works on an open incident.
    ///
    /// # Errors
    /// When it is resolved, or the table cannot be changed.
    pub async fn acknowledge(&self, incident: &Incident, note: &Note) -> Result<Changed, IncidentsError> {
        let open = AttributeValue::S(Status::Open.name().to_owned());
        let update = self.update(incident, Status::Acknowledged, note)?.condition_expression("#status = :before");
        if self.applied(update.expression_attribute_values(":before", open)).await? {
            return Ok(Changed::Now);
        }
        match self.find(&incident.incident_id).await?.status {
            Status::Resolved => Err(IncidentsError::Resolved { id: incident.incident_id.clone() }),
            Status::Other(status) => {
                Err(IncidentsError::OtherStatus { id: incident.incident_id.clone(), status: status.as_str() })
            }
            Status::Open | Status::Acknowledged => Ok(Changed::Before),
        }
    }

    /// Closes an incident. The next failure of its fingerprint opens a new one: the handler looks at the status. A mail
    /// that is due is not sent any more: whoever says that it is over knows.
    ///
    /// # Errors
    /// When the table cannot be changed.
    pub async fn resolve(&self, incident: &Incident, note: &Note) -> Result<Changed, IncidentsError> {
        let update = self
            .update(incident, Status::Resolved, note)?
            .condition_expression(format!("attribute_exists({}) AND #status <> :status", table::INCIDENT_ID));
        Ok(if self.applied(update).await? { Changed::Now } else { Changed::Before })
    }

    fn update(
        &self,
        incident: &Incident,
        status: Status,
        note: &Note,
    ) -> Result<UpdateItemFluentBuilder, IncidentsError> {
        let entry = TimelineEntry { at: jiff::Timestamp::now().to_string(), what: note.about(status) };
        let entries = serde_dynamo::to_attribute_value([entry]).map_err(IncidentsError::Malformed)?;
        let removed = if status == Status::Resolved { " REMOVE due, due_at, silenced_by" } else { "" };
        Ok(self
            .client
            .update_item()
            .table_name(&self.table)
            .key(table::INCIDENT_ID, AttributeValue::S(incident.incident_id.clone()))
            .update_expression(format!(
                "SET #status = :status, #timeline = list_append(if_not_exists(#timeline, :none), :entry){removed}"
            ))
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#timeline", "timeline")
            .expression_attribute_values(":status", AttributeValue::S(status.name().to_owned()))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":entry", entries))
    }

    /// Makes an update; `false` when its condition does not hold.
    pub(super) async fn applied(&self, update: UpdateItemFluentBuilder) -> Result<bool, IncidentsError> {
        match update.send().await.explain("dynamodb:UpdateItem") {
            Ok(_) => Ok(true),
            Err(error) if error.is(CONDITION_FAILED) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }
}

impl Note {
    fn about(&self, status: Status) -> String {
        let remark = self.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        format!("{status} by {}{remark}", self.by)
    }
}
