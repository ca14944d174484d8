//! What is known beside the cause: how bad it is, what else broke, what helped last time.

use super::cause::dependency::Dependency;
use super::facts::{Facts, quote};
use super::words::span;
use super::{EvidenceKind, Neighbour, Quote};
use crate::quotation::{named, noted, said};
use crate::reduce::reduce;
use crate::time::seconds_of;

/// How far apart incidents with a common cause begin, in seconds.
const TOGETHER: i64 = 120;
/// Other incidents that are listed.
const MOST_OTHERS: usize = 5;
/// Other incidents that share a cause.
const MOST_SHARED: usize = 50;

/// What else is known, on which the cause does not rest.
pub(super) fn context(facts: &Facts<'_>) -> Vec<Quote> {
    [rate(facts), others(facts), earlier(facts)].concat()
}

/// The ids of incidents that began at the same time with the same error or the same dependency, newest first.
pub(super) fn shared_with(facts: &Facts<'_>) -> Vec<String> {
    if facts.incident.drill.is_some() {
        return Vec::new();
    }
    let own = Dependency::of(&facts.error);
    let is_shared = |one: &&Neighbour| {
        let dependency =
            || own.as_ref().is_some_and(|own| Dependency::of(&one.summary).is_some_and(|other| own.is_same(&other)));
        !one.is_drill && !one.is_resolved && (is_same_error(facts, one) || dependency())
    };
    together(facts).filter(is_shared).map(|one| one.incident_id.clone()).take(MOST_SHARED).collect()
}

/// Others that began at the same time.
fn together<'f>(facts: &'f Facts<'_>) -> impl Iterator<Item = &'f Neighbour> {
    let began = seconds_of(&facts.incident.created_at).unwrap_or(facts.now);
    let is_near = move |one: &&Neighbour| {
        let is_other =
            one.incident_id != facts.incident.incident_id && one.source.trim_start_matches("aws.") != "health";
        is_other && (one.began_at - began).abs() <= TOGETHER
    };
    facts.evidence.around.found().into_iter().flatten().filter(is_near)
}

/// Whether another has the same class of error, and says the same beside its name.
fn is_same_error(facts: &Facts<'_>, one: &Neighbour) -> bool {
    let own = facts.incident;
    let words = |summary: &str, resource: &str| reduce(&summary.replace(resource, "")).words;
    !own.error_type.is_empty()
        && own.error_type == one.error_type
        && words(&own.summary, &own.resource) == words(&one.summary, &one.resource)
}

fn rate(facts: &Facts<'_>) -> Vec<Quote> {
    let Some(rates) = facts.evidence.rates.found() else { return Vec::new() };
    let bars = rates.sparkline();
    let picture = (!bars.is_empty()).then(|| format!("errors of the last 3 h: {bars}"));
    [Some(rates.sentence()), picture].into_iter().flatten().map(|text| quote(EvidenceKind::Rate, None, text)).collect()
}

fn others(facts: &Facts<'_>) -> Vec<Quote> {
    let shown = together(facts).filter(|one| !one.is_drill).take(MOST_OTHERS);
    let text = |one: &Neighbour| format!("{} {}: {}", named(&one.source), named(&one.resource), said(&one.summary));
    shown.map(|one| quote(EvidenceKind::Related, Some(one.began_at), text(one))).collect()
}

fn earlier(facts: &Facts<'_>) -> Vec<Quote> {
    let Some(earlier) = &facts.incident.earlier else { return Vec::new() };
    let times = match earlier.times {
        0 | 1 => "resolved once before".to_owned(),
        2 => "resolved twice before".to_owned(),
        times => format!("resolved {times} times before"),
    };
    let note = earlier.note.as_deref().filter(|note| !note.trim().is_empty());
    let note = note.map(|note| format!("; the note: {}", noted(note))).unwrap_or_default();
    let text = format!("{times}, the last time after {}{note}", span(earlier.lasted));
    vec![Quote { kind: EvidenceKind::Earlier, at: Some(earlier.resolved_at.clone()), text }]
}
