//! The end of a table's move to other indexes: the incidents that only a former index shows are moved, then the former
//! indexes go, one at a time. Interrupted or failed anywhere, the next run goes on.

use super::{EngineError, Job};
use crate::backfill::Backfill;
use crate::plan::Plan;
use crate::progress::Event;
use crate::resources::Former;

/// Says what will happen, if a plan deletes indexes of former versions.
pub(super) fn announce(job: &Job<'_>, plan: &Plan) {
    if let Some(former) = Former::of(plan) {
        job.note(format!(
            "last, incidents of former versions are moved to the new indexes, and then the former indexes are deleted, one \
             at a time: {}; nothing is lost if that is interrupted, and the next `incidentctl up` goes on",
            former.indexes.join(", ")
        ));
    }
}

/// Moves incidents before the first index goes, and again before the one that shows all of them: an invocation of the
/// former handler may have ended in between. Returns whether this index may go.
pub(super) async fn may_go(job: &Job<'_>, former: &Former, index: &str) -> Result<bool, EngineError> {
    let shows_all = index == Former::WHOLE;
    if !shows_all && former.indexes.first() != Some(&index) {
        return Ok(true);
    }
    let backfill = Backfill::of(&job.deployment.clients, &former.table);
    let moved = backfill.run(&|incidents| job.report(Event::IncidentsMoved { incidents })).await?;
    let may_go = !shows_all || moved.left.is_empty();
    if !may_go {
        let ids: Vec<String> = moved.left.into_iter().collect();
        job.warn(format!(
            "the index {index} stays, because DynamoDB does not change these incidents, and only it shows them: {}",
            ids.join(", ")
        ));
    }
    Ok(may_go)
}

/// Reports that an index is gone.
pub(super) fn gone(job: &Job<'_>, index: &str) {
    job.report(Event::IndexRetired { index: index.to_owned() });
}
