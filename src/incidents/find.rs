//! Finds an incident by its ID or a prefix of it.

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::{Incident, table};

use super::{Filter, Incidents, IncidentsError};
use incident_deploy::aws::Explain;

/// Prefix of every incident ID.
const ID_PREFIX: &str = "inc-";
/// How many candidates an ambiguous prefix names.
const CANDIDATES: usize = 5;

impl Incidents {
    /// The incident with exactly this ID, read consistently.
    ///
    /// # Errors
    /// If the table is missing, AWS refuses, or the item cannot be parsed.
    pub async fn get(&self, id: &str) -> Result<Option<Incident>, IncidentsError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(table::INCIDENT_ID, AttributeValue::S(id.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .explain("dynamodb:GetItem")
            .map_err(|error| self.failed(error))?;
        reply.item.map(serde_dynamo::aws_sdk_dynamodb_1::from_item).transpose().map_err(IncidentsError::Malformed)
    }

    /// The incident with this ID, or the only one with this prefix; `inc-` may be omitted.
    ///
    /// # Errors
    /// If none or several match, or the table cannot be read.
    pub async fn find(&self, id: &str) -> Result<Incident, IncidentsError> {
        let start = if id.starts_with(ID_PREFIX) { id.to_owned() } else { format!("{ID_PREFIX}{id}") };
        if let Some(incident) = self.get(&start).await? {
            return Ok(incident);
        }
        let mut incidents = self.list(&Filter::default()).await?.incidents;
        incidents.retain(|incident| incident.incident_id.starts_with(&start));
        let ids = incidents.iter().take(CANDIDATES).map(|incident| incident.incident_id.clone()).collect();
        match (incidents.pop(), incidents.len()) {
            (Some(incident), 0) => Ok(incident),
            (Some(_), _) => Err(IncidentsError::Ambiguous { id: id.to_owned(), candidates: ids }),
            (None, _) => Err(IncidentsError::Unknown { id: id.to_owned() }),
        }
    }
}
