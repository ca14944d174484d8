//! The function as the sweep saw it last.

use incident_model::analysis::{FunctionHistory, WhyMissing};
use incident_model::table::{INCIDENT_ID, function_key};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::Gather;
use super::calls::Calls;
use super::subject::Subject;
use crate::clients::EvidenceClients;
use crate::item::text;

/// The item of the function's snapshot, where it was not read with the incident.
#[derive(Debug)]
pub(super) struct History<'a> {
    pub(super) clients: &'a EvidenceClients,
    pub(super) calls: &'a Calls,
    pub(super) table: &'a str,
}

impl Gather for History<'_> {
    type Found = FunctionHistory;

    async fn gather(&self, of: &Subject<'_>) -> Result<FunctionHistory, WhyMissing> {
        let function = of.function.ok_or(WhyMissing::None)?;
        if let Some(history) = of.history {
            return Ok(history.clone());
        }
        let key = text(&function_key(function.name));
        let ask = self.clients.dynamodb().get_item().table_name(self.table).key(INCIDENT_ID, key);
        let item = self.calls.make(ask.send()).await?.item.ok_or(WhyMissing::None)?;
        from_item(item).map_err(|_| WhyMissing::None)
    }
}
