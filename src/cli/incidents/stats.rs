//! `incidentctl incidents stats`.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::time_arg::TimeArg;
use crate::error::CommandError;
use crate::incidents::{Durations, Filter, Frequent, Incidents, Stats};
use crate::ui::{Line, Ui, count};

/// Summarise incidents, mails, and times to acknowledge and resolve
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// Count only incidents newer than a span (30m, 2h, 7d) or a time (2026-01-31T12:00Z)
    #[arg(long, value_name = "TIME", default_value = "7d")]
    pub since: TimeArg,
}

pub(super) async fn run(args: &StatsArgs, incidents: &Incidents, ui: &Ui) -> Result<(), CommandError> {
    let since = args.since.rfc3339();
    let found = incidents.list(&Filter { since: Some(since.clone()), brief: true, ..Filter::default() }).await?;
    let stats = Stats::of(&found.incidents);
    match ui.is_json() {
        true => ui.json(&document(&stats, &since, &found.unreadable)?)?,
        false => ui.print_all(text(&stats))?,
    }
    super::tell_unreadable(&found.unreadable, ui);
    Ok(())
}

fn document(stats: &Stats, since: &str, unreadable: &[String]) -> Result<Value, CommandError> {
    let mut document = json!({ "since": since, "unreadable": unreadable });
    if let (Some(members), Value::Object(numbers)) = (document.as_object_mut(), serde_json::to_value(stats)?) {
        members.extend(numbers);
    }
    Ok(document)
}

/// The statistics as text.
fn text(stats: &Stats) -> Vec<Line> {
    let counts = |counts: Vec<(String, usize)>| {
        let parts =
            counts.into_iter().filter(|(_, number)| *number > 0).map(|(name, number)| format!("{name} {number}"));
        parts.collect::<Vec<_>>().join(", ")
    };
    let named = |numbers: &indexmap::IndexMap<&'static str, usize>| {
        counts(numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect())
    };
    let ranked = |numbers: &indexmap::IndexMap<String, usize>| {
        counts(numbers.iter().map(|(name, number)| (name.clone(), *number)).collect())
    };
    let one = |text: String| if text.is_empty() { Vec::new() } else { vec![text] };
    let rows = [
        ("incidents", one(format!("{} of {}", stats.incidents, times(stats.occurrences)))),
        ("drills", one(if stats.drills > 0 { format!("{}, excluded", stats.drills) } else { String::new() })),
        ("severity", one(named(&stats.by_severity))),
        ("status", one(named(&stats.by_status))),
        ("source", one(ranked(&stats.by_source))),
        ("rule", one(ranked(&stats.by_rule))),
        ("cause", one(ranked(&stats.by_cause))),
        ("mails", one(format!("{}, {:.1} per incident", stats.mails, stats.mails_per_incident))),
        ("acknowledged", one(stats.to_acknowledge.map(spread).unwrap_or_default())),
        ("resolved", one(stats.to_resolve.map(spread).unwrap_or_default())),
        ("resources", frequent(&stats.top_resources)),
        ("failures", frequent(&stats.top_fingerprints)),
    ];
    rows.into_iter().flat_map(|(name, texts)| row(name, texts)).collect()
}

/// A row with a line for each text, and its name before the first.
fn row(name: &str, texts: Vec<String>) -> impl Iterator<Item = Line> {
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    names.zip(texts).map(|(name, text)| format!("{name:13} {text}").into())
}

fn frequent(most: &[Frequent]) -> Vec<String> {
    let lines = most.iter().map(|one| {
        format!("{}: {} in {}, {}", one.name, times(one.occurrences), count(one.incidents, "incident"), one.summary)
    });
    lines.collect()
}

fn times(occurrences: u64) -> String {
    count(usize::try_from(occurrences).unwrap_or(usize::MAX), "failure")
}

fn spread(durations: Durations) -> String {
    let Durations { count, median, p90 } = durations;
    format!("{count}, median {}, p90 {}", length(median), length(p90))
}

/// Seconds to the largest two units: `2 h 5 min`.
fn length(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::incidents::tests::incident;
    use incident_model::Severity;

    #[test]
    fn numbers_are_said_in_words() {
        let text = |stats| text(&stats).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let stats = Stats::of(&[incident("1", Severity::High), incident("2", Severity::Low)]);
        insta::assert_snapshot!(text(stats), @r"
        incidents     2 of 6 failures
        severity      HIGH 1, LOW 1
        status        open 2
        source        lambda 2
        rule          lambda-timeout 2
        mails         2, 1.0 per incident
        acknowledged  2, median 40 min 0 s, p90 40 min 0 s
        resources     lambda devops-error-generator: 6 failures in 2 incidents, devops-error-generator timed out after 3 s
        failures      v1:0123: 6 failures in 2 incidents, devops-error-generator timed out after 3 s
        ");
        assert_eq!(text(Stats::of(&[])), "incidents     0 of 0 failures\nmails         0, 0.0 per incident");
        assert_eq!([59, 61, 7500, 180_000].map(length), ["59 s", "1 min 1 s", "2 h 5 min", "2 days 2 h"]);
    }
}
