//! What else broke: the incidents of the last day.

use incident_model::analysis::{Gathered, Neighbour, WhyMissing};
use incident_model::table::{INCIDENT_ID, INDEX_BY_MONTH, MONTH, month_of};
use incident_model::time::{rfc3339, seconds_of};
use incident_model::{Incident, Status};

use super::Gather;
use super::calls::Calls;
use super::subject::Subject;
use crate::clients::EvidenceClients;
use crate::item::{Item, string, text};

/// How far back, in seconds.
const BACK: i64 = 24 * 60 * 60;
/// How long, in seconds, an incident of this handler may be missing in the index: far longer than it is.
const RECENT: i64 = 60;
/// Incidents to read, the newest first.
const MOST: usize = 50;

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
            .expression_attribute_values(":month", text(month))
            .expression_attribute_values(":since", text(since))
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
        let account = string(item, "account").unwrap_or_default();
        string(item, INCIDENT_ID).as_ref() != Some(&incident.incident_id)
            && (account.is_empty() || account == incident.account)
    };
    items.iter().filter(|item| is_other(item)).filter_map(neighbour).collect()
}

fn neighbour(item: &Item) -> Option<Neighbour> {
    let text = |name: &str| string(item, name).unwrap_or_default();
    Some(Neighbour {
        incident_id: string(item, INCIDENT_ID)?,
        source: text("source"),
        resource: text("resource"),
        region: text("region"),
        error_type: text("error_type"),
        summary: text("summary"),
        began_at: seconds_of(&text("created_at"))?,
        is_resolved: text("status") == Status::Resolved.name(),
        is_drill: !text("drill").is_empty(),
    })
}
