//! What an analysis leaves in the table: the item beside its incident, cause and confidence in the head, and a notice that
//! waits for others of its cause.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use incident_model::analysis::Analysis;
use incident_model::table::analysis_key;
use incident_model::{Incident, Severity};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::changes::{Changes, built};
use super::error_mapping::{is_condition, refused};
use super::items;
use super::{Table, read};
use crate::item::{Item, text};
use crate::store::{Folded, Outbox, Rejudged, StoreError};

/// Longest analysis that is kept, in bytes of JSON. With 4 KB of log lines one has 6 KB; whoever writes into a log must not be
/// able to keep its cause from being written.
const LONGEST: usize = 100_000;

/// Writes the item.
pub(super) async fn put(table: &Table, incident_id: &str, analysis: &Analysis) -> Result<(), StoreError> {
    let put = table.client.put_item().table_name(&table.name).set_item(Some(item(incident_id, analysis)?));
    put.send().await.map(drop).map_err(|error| refused(&error))
}

/// Writes the item and the head's attributes.
pub(super) async fn keep(table: &Table, incident_id: &str, analysis: &Analysis) -> Result<bool, StoreError> {
    let beside = Put::builder().table_name(&table.name).set_item(Some(item(incident_id, analysis)?));
    let beside = TransactWriteItem::builder().put(built(beside.build())?).build();
    let head = Changes::new("attribute_exists(incident_id)").suspected(analysis);
    match table.transact(vec![head.in_transaction(&table.name, incident_id)?, beside]).await {
        Ok(()) => Ok(true),
        // A condition that does not hold looks like a conflict.
        Err(StoreError::Conflict) if table.item(incident_id).await?.is_none() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads the items. One that this version cannot read is left out.
pub(super) async fn read(table: &Table, incident_ids: &[String]) -> Result<BTreeMap<String, Analysis>, StoreError> {
    let keys: Vec<String> = incident_ids.iter().map(|id| analysis_key(id)).collect();
    let items = read::items(table, keys.iter().map(String::as_str)).await?;
    let analysis = |key: &str| from_item::<Analysis>(read::item(&items, key)?.clone()).ok();
    Ok(incident_ids.iter().zip(&keys).filter_map(|(id, key)| Some((id.clone(), analysis(key)?))).collect())
}

/// Puts the notice off, in one attempt.
pub(super) async fn fold(table: &Table, folded: &Folded<'_>) -> Result<bool, StoreError> {
    let Folded { read, analysed, .. } = folded;
    let outbox = Outbox { due_at: Some(folded.due_at), ..Outbox::of(read) };
    let changes = Changes::new("attribute_exists(incident_id)")
        .only_if_untouched(read)
        .only_if("severity = :read_severity")
        .with(":read_severity", text(read.severity.name()))
        .outbox(&outbox, analysed.severity, read.status)
        .set("shares_cause_with", text(folded.shares_cause_with));
    let changes = analysed.analysis.iter().fold(changes, |changes, analysis| changes.suspected(analysis));
    let changes = match folded.rejudged {
        Some(rejudged) => changes.rejudged(analysed, rejudged).noted_in_head(read, folded.at, &rejudged.what)?,
        None => changes,
    };
    match changes.alone(&table.client, &table.name, &read.incident_id).send().await {
        Ok(_) => Ok(true),
        Err(error) if is_condition(&error) => Ok(false),
        Err(error) => Err(refused(&error)),
    }
}

fn item(incident_id: &str, analysis: &Analysis) -> Result<Item, StoreError> {
    let broken = |error: &dyn std::fmt::Display| StoreError::unusable("BrokenAnalysis", error);
    let length = serde_json::to_vec(analysis).map_err(|error| broken(&error))?.len();
    if length > LONGEST {
        return Err(broken(&format!("{length} bytes")));
    }
    let mut item: Item = to_item(analysis).map_err(|error| broken(&error))?;
    item.extend(items::helper(&analysis_key(incident_id)));
    Ok(item)
}

impl Changes {
    /// Sets what the index shows of an analysis.
    pub(super) fn suspected(self, analysis: &Analysis) -> Self {
        self.set("cause", text(analysis.cause.name())).set("confidence", text(analysis.confidence.name()))
    }

    /// Sets what an analysis changed in an incident.
    pub(super) fn rejudged(self, incident: &Incident, rejudged: &Rejudged) -> Self {
        let changes = self.set("severity", text(incident.severity.name()));
        if !rejudged.by_rule {
            return changes;
        }
        let changes = changes
            .named("#rule", "rule")
            .set_expression("#rule = :rule")
            .with(":rule", text(&incident.rule))
            .set("summary", text(&incident.summary))
            .set("recommendation", text(&incident.recommendation));
        match &incident.runbook {
            Some(runbook) => changes.set("runbook", text(runbook)),
            None => changes.remove("runbook"),
        }
    }
}

/// The severities that an incident has whose notice states `mailed`: that one, and the lower ones since before its analysis.
pub(super) fn stated(mailed: Severity, rejudged: Option<&Rejudged>) -> Vec<Severity> {
    let former = rejudged.map_or(mailed, |rejudged| rejudged.former);
    let between = Severity::ALL.into_iter().filter(|severity| (former..mailed).contains(severity));
    between.chain([mailed]).collect()
}
