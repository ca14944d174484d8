//! Statistics over incidents: counts, mails, times to acknowledge and resolve.

use std::collections::BTreeMap;
use std::hash::Hash;

use incident_model::{Incident, Severity, Status, time};
use indexmap::IndexMap;
use serde::Serialize;

/// How many fingerprints and resources to name.
const TOP: usize = 5;

/// Statistics over incidents. Drills are counted and otherwise excluded: they say nothing about the account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// Incidents.
    pub incidents: usize,
    /// Failures they stand for.
    pub occurrences: u64,
    /// Drills, excluded from everything else.
    pub drills: usize,
    /// Incidents by severity, worst first; severities that this version does not know come last.
    pub by_severity: IndexMap<&'static str, usize>,
    /// Incidents by status.
    pub by_status: IndexMap<&'static str, usize>,
    /// Incidents by source, most frequent first.
    pub by_source: IndexMap<String, usize>,
    /// Incidents by severity rule, most frequent first.
    pub by_rule: IndexMap<String, usize>,
    /// Analysed incidents by suspected cause, most frequent first.
    pub by_cause: IndexMap<String, usize>,
    /// The fingerprints with the most failures.
    pub top_fingerprints: Vec<Frequent>,
    /// The resources with the most failures.
    pub top_resources: Vec<Frequent>,
    /// Mails sent.
    pub mails: u64,
    /// Mails per incident, on average.
    pub mails_per_incident: f64,
    /// From the first failure to the acknowledgement; `None` if none was acknowledged.
    pub to_acknowledge: Option<Durations>,
    /// From the first failure to the end.
    pub to_resolve: Option<Durations>,
}

/// Something that fails often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frequent {
    /// The fingerprint, or the source and the resource.
    pub name: String,
    /// The summary of its newest incident.
    pub summary: String,
    /// Its incidents.
    pub incidents: usize,
    /// Its failures.
    pub occurrences: u64,
}

/// Durations in seconds, by nearest rank: each is one that occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Durations {
    /// The number of known durations.
    pub count: usize,
    /// The median.
    pub median: i64,
    /// The 90th percentile.
    pub p90: i64,
}

impl Stats {
    /// The statistics of these incidents, given newest first.
    pub fn of(all: &[Incident]) -> Self {
        let incidents: Vec<&Incident> = all.iter().filter(|incident| incident.drill.is_none()).collect();
        let by_severity = Severity::ALL.map(Severity::name);
        let by_status = Status::ALL.map(Status::name);
        let mails: u64 = incidents.iter().map(|incident| sent(incident)).sum();
        Self {
            incidents: incidents.len(),
            occurrences: incidents.iter().map(|incident| incident.occurrences).sum(),
            drills: all.len() - incidents.len(),
            by_severity: counted(&by_severity, &incidents, |incident| incident.severity.name()),
            by_status: counted(&by_status, &incidents, |incident| incident.status.name()),
            by_source: ranked(&incidents, |incident| Some(&incident.source)),
            by_rule: ranked(&incidents, |incident| Some(&incident.rule)),
            by_cause: ranked(&incidents, |incident| Some(incident.cause?.name())),
            top_fingerprints: frequent(&incidents, |incident| incident.fingerprint.clone()),
            top_resources: frequent(&incidents, |incident| format!("{} {}", incident.source, incident.resource)),
            mails,
            mails_per_incident: if incidents.is_empty() { 0.0 } else { mails as f64 / incidents.len() as f64 },
            to_acknowledge: durations(&incidents, acknowledged_at),
            to_resolve: durations(&incidents, over_at),
        }
    }
}

/// Mails sent about an incident; a waiting one does not count.
fn sent(incident: &Incident) -> u64 {
    incident.notices.saturating_sub(u64::from(incident.due.is_some()))
}

/// Incidents by these values, including those with none; then by values of newer versions.
fn counted(
    values: &[&'static str],
    incidents: &[&Incident],
    of: impl Fn(&Incident) -> &'static str,
) -> IndexMap<&'static str, usize> {
    let mut counts: IndexMap<&'static str, usize> = values.iter().map(|value| (*value, 0)).collect();
    incidents.iter().for_each(|incident| *counts.entry(of(incident)).or_default() += 1);
    counts
}

/// Incidents by value, most frequent first; without those that have none.
fn ranked<'i, T: AsRef<str> + ?Sized + 'i>(
    incidents: &[&'i Incident],
    of: impl Fn(&'i Incident) -> Option<&'i T>,
) -> IndexMap<String, usize> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let values = incidents.iter().filter_map(|incident| of(incident));
    values.for_each(|value| *counts.entry(value.as_ref()).or_default() += 1);
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(value, count)| (value.to_owned(), count)).collect()
}

fn frequent<T: Into<String> + Hash + Eq + Clone>(
    incidents: &[&Incident],
    name: impl Fn(&Incident) -> T,
) -> Vec<Frequent> {
    let mut found: IndexMap<T, Frequent> = IndexMap::new();
    for incident in incidents {
        let name = name(incident);
        let entry = found.entry(name.clone()).or_insert_with(|| Frequent {
            name: name.into(),
            summary: incident.summary.clone(),
            incidents: 0,
            occurrences: 0,
        });
        entry.incidents += 1;
        entry.occurrences += incident.occurrences;
    }
    let mut found: Vec<Frequent> = found.into_values().collect();
    found.sort_by_key(|frequent| std::cmp::Reverse((frequent.occurrences, frequent.incidents)));
    found.truncate(TOP);
    found
}

/// From the creation of incidents to a moment that some of them have.
fn durations(incidents: &[&Incident], moment: impl Fn(&Incident) -> Option<&str>) -> Option<Durations> {
    let elapsed = |incident: &&Incident| {
        let (from, to) = (time::seconds_of(&incident.created_at)?, time::seconds_of(moment(incident)?)?);
        Some((to - from).max(0))
    };
    let mut seconds: Vec<i64> = incidents.iter().filter_map(elapsed).collect();
    seconds.sort_unstable();
    Some(Durations { count: seconds.len(), median: ranking(&seconds, 50)?, p90: ranking(&seconds, 90)? })
}

/// When it was acknowledged. Only its timeline says so in the record of an older version.
fn acknowledged_at(incident: &Incident) -> Option<&str> {
    let noted = || incident.timeline.iter().find(|entry| entry.what.starts_with("acknowledged"));
    incident.acknowledged_at.as_deref().or_else(|| Some(&noted()?.at))
}

/// When it was over. One resolved for being quiet was over with its last failure.
fn over_at(incident: &Incident) -> Option<&str> {
    let is_end = |what: &str| ["resolved", "recovered"].iter().any(|word| what.starts_with(word));
    let noted = incident.timeline.iter().find(|entry| is_end(&entry.what));
    match noted {
        Some(entry) if entry.what.starts_with("resolved:") => Some(&incident.last_seen_at),
        noted => incident.resolved_at.as_deref().or_else(|| Some(&noted?.at)),
    }
}

/// The nearest rank of sorted numbers: the smallest that is at least as large as this percentage of them.
fn ranking(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use incident_model::{Cause, Reason, TimelineEntry};

    use super::*;

    #[test]
    fn ranks_are_times_that_really_passed() {
        for (sorted, median, p90) in [
            (vec![], None, None),
            (vec![7], Some(7), Some(7)),
            (vec![1, 2], Some(1), Some(2)),
            (vec![1, 2, 3], Some(2), Some(3)),
            ((1..=10).collect(), Some(5), Some(9)),
            ((1..=11).collect(), Some(6), Some(10)),
            ((1..=100).collect(), Some(50), Some(90)),
        ] {
            assert_eq!((ranking(&sorted, 50), ranking(&sorted, 90)), (median, p90), "{sorted:?}");
        }
    }

    fn incident(resource: &str, occurrences: u64, timeline: &[(&str, &str)]) -> Result<Incident, serde_json::Error> {
        let mut incident: Incident = serde_json::from_value(serde_json::json!({
            "incident_id": "inc-1", "status": "open", "severity": "HIGH", "summary": format!("{resource} failed"),
            "recommendation": "", "created_at": "2026-01-31T12:00:00.000Z", "last_seen_at": "2026-01-31T12:00:00.000Z",
            "occurrences": occurrences, "fingerprint": format!("v1:{resource}"), "source": "lambda",
            "resource": resource, "account": "", "region": "", "error_type": "", "error_message": "", "rule": "any",
            "notices": 1,
        }))?;
        incident.timeline = timeline
            .iter()
            .map(|(at, what)| TimelineEntry { at: format!("2026-01-31T{at}Z"), what: (*what).to_owned() })
            .collect();
        Ok(incident)
    }

    #[test]
    fn numbers_leave_out_drills_and_mails_that_wait() -> Result<(), serde_json::Error> {
        let mut acknowledged = incident(
            "orders",
            5,
            &[("12:00:00", "opened"), ("12:01:00", "acknowledged by ada"), ("12:10:00", "recovered")],
        )?;
        acknowledged.status = Status::Resolved;
        acknowledged.severity = Severity::Critical;
        acknowledged.notices = 3;
        acknowledged.cause = Some(Cause::Deployment);
        let mut waiting = incident("bills", 2, &[("12:00:00", "opened"), ("12:20:00", "resolved by ada: done")])?;
        waiting.due = Some(Reason::Opened);
        let mut drill = incident("generator", 9, &[])?;
        drill.drill = Some("d".to_owned());
        drill.cause = Some(Cause::Deployment);
        let mut quiet = incident("orders", 1, &[("23:00:00", "resolved: no failure for 1d")])?;
        quiet.last_seen_at = "2026-01-31T12:00:30.000Z".to_owned();
        let mut marked = incident("mails", 1, &[("12:00:00", "opened")])?;
        marked.acknowledged_at = Some("2026-01-31T12:01:00.000Z".to_owned());
        marked.resolved_at = Some("2026-01-31T12:10:00.000Z".to_owned());
        marked.notices = 0;
        let stats = Stats::of(&[acknowledged, quiet, waiting, drill, marked]);
        assert_eq!((stats.incidents, stats.occurrences, stats.drills), (4, 9, 1));
        assert_eq!(
            stats.by_severity.into_iter().collect::<Vec<_>>(),
            [("CRITICAL", 1), ("HIGH", 3), ("MEDIUM", 0), ("LOW", 0)]
        );
        assert_eq!(
            stats.by_status.into_iter().collect::<Vec<_>>(),
            [("open", 3), ("acknowledged", 0), ("resolved", 1)]
        );
        assert_eq!(stats.by_source.into_iter().collect::<Vec<_>>(), [("lambda".to_owned(), 4)]);
        assert_eq!(stats.by_cause.into_iter().collect::<Vec<_>>(), [("deployment".to_owned(), 1)]);
        let top = stats.top_resources.iter().map(|one| (one.name.as_str(), one.incidents, one.occurrences));
        assert_eq!(top.collect::<Vec<_>>(), [("lambda orders", 2, 6), ("lambda bills", 1, 2), ("lambda mails", 1, 1)]);
        assert_eq!(stats.top_fingerprints.first().map(|one| one.name.as_str()), Some("v1:orders"));
        assert_eq!(stats.mails, 4, "three of the first, one of the second, none of the one that waits");
        assert_eq!(stats.to_acknowledge, Some(Durations { count: 2, median: 60, p90: 60 }));
        assert_eq!(stats.to_resolve, Some(Durations { count: 4, median: 600, p90: 1200 }));
        assert_eq!(Stats::of(&[]).mails_per_incident, 0.0);
        Ok(())
    }
}
