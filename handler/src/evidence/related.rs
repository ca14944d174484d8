//! What else broke: the incidents of the last day.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::analysis::{Gathered, Neighbour, WhyMissing};
use incident_model::table::{INCIDENT_ID, INDEX_BY_MONTH, MONTH, month_of};
use incident_model::time::{rfc3339, seconds_of};
use incident_model::{Incident, Status};

use super::Gather;
use super::calls::Calls;
use super::subject::Subject;
use crate::clients::EvidenceClients;

/// How far back, in seconds.
const BACK: i64 = 24 * 60 * 60;
/// How long, in seconds, an incident of this handler may be missing in the index: far longer than it is.
const RECENT: i64 = 60;
/// Incidents to read, the newest first.
const MOST: usize = 50;

type Item = HashMap<String, AttributeValue>;

/// A `dynamodb:Query` of the index by month.
#[derive(Debug)]
pub(super) struct Related<'a> {
    pub(super) clients: &'a EvidenceClients,
    pub(super) calls: &'a Calls,
    pub(super) table: &'a str,
}

impl Gather for Related<'_> {
    type Found = Vec<Neighbour>;

    async fn gather(&self, of: &Subject<'_>) -> Result<Vec<Neighbour>, WhyMissing> {
        let (month, since) = (month_of(&rfc3339(of.now)), rfc3339(of.now - BACK));
        let items = self.of_month(&month, &since).await?;
        Ok(neighbours(items, of.incident))
    }
}

impl Related<'_> {
    /// Those of the former month, where the last day began in it.
    pub(super) async fn before(&self, of: &Subject<'_>) -> Result<Vec<Neighbour>, WhyMissing> {
        let since = rfc3339(of.now - BACK);
        let month = month_of(&since);
        if month == month_of(&rfc3339(of.now)) {
            return Err(WhyMissing::None);
        }
        let items = self.of_month(&month, &since).await?;
        Ok(neighbours(items, of.incident))
    }

    async fn of_month(&self, month: &str, since: &str) -> Result<Vec<Item>, WhyMissing> {
        let ask = self
            .clients
            .dynamodb()
            .query()
            .table_name(self.table)
            .index_name(INDEX_BY_MONTH)
            .key_condition_expression("#month = :month AND created_at >= :since")
            .expression_attribute_names("#month", MONTH)
            .expression_attribute_values(":month", AttributeValue::S(month.to_owned()))
            .expression_attribute_values(":since", AttributeValue::S(since.to_owned()))
            .scan_index_forward(false)
            .limit(MOST as i32);
        Ok(self.calls.make(ask.send()).await?.items.unwrap_or_default())
    }
}

/// With what this handler opened since the index was asked, or that the index does not show yet.
pub(super) fn with_opened(around: Gathered<Vec<Neighbour>>, of: &Subject<'_>) -> Gathered<Vec<Neighbour>> {
    let opened = of.opened.map(|opened| opened.others(of.incident, of.now - RECENT)).unwrap_or_default();
    if opened.is_empty() {
        return around;
    }
    let shown = around.found().cloned().unwrap_or_default();
    let is_new = |one: &Neighbour| shown.iter().all(|other| other.incident_id != one.incident_id);
    let new: Vec<Neighbour> = opened.into_iter().filter(is_new).collect();
    Gathered::Found([new, shown].concat())
}

/// Other incidents of the same account.
fn neighbours(items: Vec<Item>, incident: &Incident) -> Vec<Neighbour> {
    let is_other = |item: &Item| {
        let account = text(item, "account");
        text(item, INCIDENT_ID) != incident.incident_id && (account.is_empty() || account == incident.account)
    };
    items.iter().filter(|item| is_other(item)).filter_map(neighbour).collect()
}

fn neighbour(item: &Item) -> Option<Neighbour> {
    Some(Neighbour {
        incident_id: item.get(INCIDENT_ID)?.as_s().ok()?.clone(),
        source: text(item, "source").to_owned(),
        resource: text(item, "resource").to_owned(),
        region: text(item, "region").to_owned(),
        error_type: text(item, "error_type").to_owned(),
        summary: text(item, "summary").to_owned(),
        began_at: seconds_of(text(item, "created_at"))?,
        is_resolved: text(item, "status") == Status::Resolved.name(),
        is_drill: !text(item, "drill").is_empty(),
    })
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}
