//! From evidence to an analysis.

use super::cause::{self, Suspect};
use super::facts::Facts;
use super::facts::changes::Before;
use super::{Analysis, Candidate, Evidence, EvidenceKind, Gathered, Missing, WhyMissing, beside, change_words, rank};
use crate::incident::Incident;
use crate::severity::Severity;
use crate::time::rfc3339;

/// Calls of the last minutes that a share of failures needs to raise a severity.
const ENOUGH_CALLS: f64 = 50.0;
/// The share of failures that raises it.
const MOST: f64 = 0.5;
/// Pieces of advice that are kept.
const MOST_ADVICE: usize = 4;

/// What the evidence says about an incident at a time, in seconds since 1970: the suspected cause, what it rests on, and what
/// else is known. Pure; all words of events and logs in it stand in quotation marks, without links and commands.
pub fn analyse(incident: &Incident, evidence: &Evidence, now: i64) -> Analysis {
    let facts = Facts::of(incident, evidence, now);
    let missing = missing(&facts);
    let mut ranked = rank::ranked(suspects(&facts)).into_iter();
    let best = ranked.next().unwrap_or_else(|| cause::unknown::suspect(&facts, &missing));
    let changed_within = changed_within(&facts, &best);
    Analysis {
        cause: best.cause,
        confidence: best.confidence,
        statement: best.statement,
        evidence: best.evidence,
        missing,
        candidates: ranked.map(candidate).collect(),
        advice: best.advice.into_iter().take(MOST_ADVICE).collect(),
        context: beside::context(&facts),
        lines: evidence.log.found().map(|log| log.lines.clone()).unwrap_or_default(),
        error_line: evidence.log.found().and_then(|log| log.error),
        shared_with: beside::shared_with(&facts),
        changed: facts.changes.iter().map(|before| before.change.altered.name().to_owned()).collect(),
        changed_within,
        failing_share: facts.failing.map(|failing| failing.share),
        at: rfc3339(now),
    }
}

/// The span of the change that a suspect rests on, unless its time is known.
fn changed_within(facts: &Facts<'_>, suspect: &Suspect) -> Option<(String, String)> {
    let is_of_suspect = |before: &&Before| suspect.evidence.contains(&change_words::evidence(before));
    let change = &facts.changes.iter().find(is_of_suspect)?.change;
    change.since.map(|since| (rfc3339(since), rfc3339(change.at)))
}

/// The severity of an incident with its evidence: one step higher if more than half of at least 50 calls of the last minutes
/// fail. That of a drill stays.
pub fn risen(incident: &Incident, evidence: &Evidence) -> Severity {
    let failing = evidence.rates.found().and_then(super::Rates::failing);
    let is_most = failing
        .is_some_and(|failing| failing.share > MOST && failing.recent_calls >= ENOUGH_CALLS && !failing.is_usual);
    match incident.severity {
        severity if incident.drill.is_some() || !is_most => severity,
        Severity::Low => Severity::Medium,
        Severity::Medium => Severity::High,
        Severity::High => Severity::Critical,
        severity @ (Severity::Critical | Severity::Other(_)) => severity,
    }
}

/// Every cause that fits.
fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    const CAUSES: [fn(&Facts<'_>) -> Vec<Suspect>; 8] = [
        cause::deployment::suspects,
        cause::configuration::suspects,
        cause::permission::suspects,
        cause::dependency::suspects,
        cause::limit::suspects,
        cause::upstream::suspects,
        cause::platform::suspects,
        cause::input::suspects,
    ];
    CAUSES.iter().flat_map(|suspects| suspects(facts)).collect()
}

fn candidate(suspect: Suspect) -> Candidate {
    let Suspect { cause, confidence, statement, evidence, .. } = suspect;
    Candidate { cause, confidence, statement, evidence }
}

/// What could not be gathered. What there is none of counts where the failed resource usually has it.
fn missing(facts: &Facts<'_>) -> Vec<Missing> {
    let evidence = facts.evidence;
    let is_function = facts.function.is_some();
    let source = facts.incident.source.as_str();
    let of = |kind, reasons: &[Option<WhyMissing>], is_usual: bool| {
        let told = reasons.iter().flatten().find(|reason| **reason != WhyMissing::None);
        let none = reasons.iter().flatten().next().filter(|_| is_usual);
        told.or(none).map(|reason| Missing { kind, reason: *reason })
    };
    [
        of(EvidenceKind::Log, &[why(&evidence.log)], matches!(source, "lambda" | "ecs")),
        of(EvidenceKind::Change, &[why(&evidence.function), why(&evidence.history)], is_function),
        of(EvidenceKind::Rate, &[why(&evidence.rates)], is_function),
        of(EvidenceKind::Related, &[why(&evidence.around)], true),
        of(EvidenceKind::Execution, &[why(&evidence.execution)], source == "states"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn why<T>(gathered: &Gathered<T>) -> Option<WhyMissing> {
    match gathered {
        Gathered::Found(_) => None,
        Gathered::Missing(reason) => Some(*reason),
    }
}
