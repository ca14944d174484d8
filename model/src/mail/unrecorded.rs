//! The mail about failures that could not be recorded.

#[cfg(test)]
mod tests;

use super::line::{Line, command, finished, quoted};
use super::{MAX_SUBJECT, Mail, ascii, first_sentence, frequency, place};
use crate::fields::shortened;
use crate::incident::Incident;
use crate::quotation::{named, said, without_links};
use crate::redact;
use crate::severity::Severity;

/// Number of fingerprints that a mail describes; of the others it gives the numbers.
pub const MOST_LISTED: usize = 50;

/// Failures of one fingerprint that could not be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Unrecorded<'a> {
    /// The incident that they would open, with their number.
    pub incident: &'a Incident,
    /// Whether they are in the queue of events, from which they are tried again.
    pub is_kept: bool,
}

/// The mail about failures that could not be recorded, at least one, worst first. `why` is the table's last refusal.
pub fn not_recorded(failures: &[Unrecorded<'_>], why: &str, stack: &str) -> Mail {
    let (listed, more) = failures.split_at(failures.len().min(MOST_LISTED));
    let all_kept = failures.iter().all(|failure| failure.is_kept);
    let (failed, fingerprints) = (times(total(failures), "failure"), times(failures.len() as u64, "fingerprint"));
    let mut lines: Vec<Line> = vec![
        format!("What:      {} cannot be recorded", counts(failures)).into(),
        format!("Where:     {}", places(failures)).into(),
        format!("Since:     {}", since(failures)).into(),
        format!("How often: {failed} with {fingerprints}").into(),
        "Do this:   make the incident table usable again.".into(),
        Line::blank(),
        match all_kept {
            true => {
                "NOT RECORDED: all of them are kept in the queue of events, and are recorded when the table can be \
                     used again."
                    .into()
            }
            false => {
                "NOT RECORDED: those marked `in this mail only` are kept nowhere else; the others are kept in the \
                      queue of events, and are recorded when the table can be used again."
                    .into()
            }
        },
    ];
    lines.extend([Line::blank(), "The table says:".into()]);
    lines.extend(quoted("Error:", &redact(why)));
    for failure in listed {
        lines.extend(entry(failure));
    }
    if !more.is_empty() {
        lines.extend([Line::blank(), format!("and {} more ({})", more.len(), by_severity(more)).into()]);
    }
    if let Some(status) = command("status", None, stack) {
        lines.extend([Line::blank(), "To see the state of the alert path:".into(), format!("  {status}").into()]);
    }
    Mail { subject: subject(failures), body: finished(lines) }
}

fn subject(failures: &[Unrecorded<'_>]) -> String {
    let worst = failures.first().map(|worst| format!(": {}", worst.incident.summary)).unwrap_or_default();
    shortened(&without_links(&ascii(&format!("NOT RECORDED: {}{worst}", counts(failures)))), MAX_SUBJECT)
}

fn entry(failure: &Unrecorded<'_>) -> Vec<Line> {
    let Unrecorded { incident, is_kept } = failure;
    let kind = if incident.drill.is_some() { " test" } else { "" };
    let kept = if *is_kept { "" } else { ", in this mail only" };
    let request = incident.request_id.iter().map(|request| format!("  Request: {}", named(request)).into());
    let head = [
        Line::blank(),
        format!("{}{kind} - {}", incident.severity, said(&incident.summary)).into(),
        format!("  {}, since {}, {}{kept}", place(incident), incident.created_at, frequency(incident)).into(),
        Line::ours("  Do this:", first_sentence(&incident.recommendation)),
    ];
    head.into_iter().chain(request).collect()
}

/// `12 failures (2 CRITICAL, 10 LOW)`.
fn counts(failures: &[Unrecorded<'_>]) -> String {
    format!("{} ({})", times(total(failures), "failure"), by_severity(failures))
}

fn by_severity(failures: &[Unrecorded<'_>]) -> String {
    let same = |one: &Unrecorded<'_>, other: &Unrecorded<'_>| one.incident.severity == other.incident.severity;
    let severity = |same: &[Unrecorded<'_>]| same.first().map_or(Severity::Low, |first| first.incident.severity);
    let counted = failures.chunk_by(same).map(|same| format!("{} {}", total(same), severity(same)));
    counted.collect::<Vec<_>>().join(", ")
}

fn total(failures: &[Unrecorded<'_>]) -> u64 {
    failures.iter().map(|failure| failure.incident.occurrences).fold(0, u64::saturating_add)
}

fn times(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn since<'a>(failures: &[Unrecorded<'a>]) -> &'a str {
    failures.iter().map(|failure| failure.incident.created_at.as_str()).min().unwrap_or_default()
}

/// The resources, as many as fit on a line.
fn places(failures: &[Unrecorded<'_>]) -> String {
    let mut places: Vec<&str> = failures.iter().map(|failure| failure.incident.resource.as_str()).collect();
    places.dedup();
    shortened(&places.into_iter().map(named).collect::<Vec<_>>().join(", "), 200)
}
