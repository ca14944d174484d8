//! Another resource of the account, which has an incident of its own.

use super::Suspect;
use crate::analysis::facts::{Facts, quote};
use crate::analysis::signs::{DENIED, has, has_word};
use crate::analysis::words::span;
use crate::analysis::{Cause, EvidenceKind, Neighbour};
use crate::arn;
use crate::quotation::{named, said};
use crate::time::seconds_of;

/// How much later the other incident can begin, in seconds: its event may arrive after this one's.
const LATER: i64 = 30;
/// Shortest name that is looked for in an error.
const SHORTEST: usize = 3;

/// The resource that the error names, if it fails itself and did so before.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    if has(&facts.lower, DENIED) {
        return Vec::new();
    }
    let around = facts.evidence.around.found().map_or(&[][..], Vec::as_slice);
    let began = seconds_of(&facts.incident.created_at).unwrap_or(facts.now).max(facts.first.at);
    let fits =
        |one: &&Neighbour| is_other(facts, one) && one.began_at <= began + LATER && is_named(facts, &one.resource);
    let Some(one) = around.iter().filter(fits).min_by_key(|one| one.began_at) else { return Vec::new() };
    let before = began - one.began_at;
    let statement = match before {
        ..=0 => format!("{} fails, too, and this error names it.", named(&one.resource)),
        before => format!("{} failed {} before, and this error names it.", named(&one.resource), span(before)),
    };
    let what = format!("{}: {}", named(&one.incident_id), said(&one.summary));
    let suspect = Suspect::likely_if(before >= 0, Cause::Upstream, 86, statement)
        .resting_on([facts.error_quote(), quote(EvidenceKind::Related, Some(one.began_at), what)])
        .advising([format!("Work on {} first: incident {}.", named(&one.resource), named(&one.incident_id))]);
    vec![suspect]
}

fn is_other(facts: &Facts<'_>, one: &Neighbour) -> bool {
    let is_health = one.source.trim_start_matches("aws.") == "health";
    let is_same = one.resource == facts.incident.resource || facts.function == Some(one.resource.as_str());
    let is_comparable = one.is_drill == facts.incident.drill.is_some();
    !one.is_resolved && !is_health && !is_same && is_comparable && one.incident_id != facts.incident.incident_id
}

/// Whether the error, or the failed step of the execution, names a resource.
fn is_named(facts: &Facts<'_>, resource: &str) -> bool {
    let by_step = || {
        let step = facts.evidence.execution.found();
        step.is_some_and(|step| arn::function_name(&step.resource) == resource || arn::name(&step.resource) == resource)
    };
    resource.len() >= SHORTEST && (has_word(&facts.error, resource) || by_step())
}
