//! What the causes ask of the evidence.

pub(crate) mod changes;

use super::rates::{Failing, MINUTE, Throttled};
use super::signs::{INPUT, LAST_WORDS, has};
use super::{Evidence, EvidenceKind, FunctionState, LogLine, Quote, Report, origin};
use crate::fields::shortened;
use crate::incident::Incident;
use crate::name::Kind;
use crate::quotation::said;
use crate::time::{rfc3339, seconds_of};
use changes::{Before, Fresh};

/// Longest quote of an error, in characters.
const LONGEST_QUOTE: usize = 400;
/// Lines after the error's first one that may say more of it.
const LINES_OF_ERROR: usize = 4;
/// Lines before the exit of a process among which its last words are.
const LINES_OF_EXIT: usize = 8;

/// The time of the first failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct First {
    /// The best that is known, in seconds since 1970.
    pub(crate) at: i64,
    /// The latest that it can have been: metrics know its minute only.
    pub(crate) latest: i64,
}

/// An incident and its evidence, prepared for all causes.
pub(crate) struct Facts<'a> {
    pub(crate) incident: &'a Incident,
    pub(crate) evidence: &'a Evidence,
    pub(crate) now: i64,
    /// The failed function, if one failed, or an alarm watches one.
    pub(crate) function: Option<&'a str>,
    /// The error, as event, log and execution state it.
    pub(crate) error: String,
    /// The same in lower case.
    pub(crate) lower: String,
    pub(crate) failing: Option<Failing>,
    pub(crate) throttled: Option<Throttled>,
    pub(crate) first: First,
    /// Changes of the function before the first failure that can have a part in it.
    pub(crate) changes: Vec<Before>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(incident: &'a Incident, evidence: &'a Evidence, now: i64) -> Self {
        let rates = evidence.rates.found();
        let failing = rates.and_then(super::Rates::failing);
        let throttled = rates.and_then(super::Rates::throttled);
        let function = match incident.source.as_str() {
            "lambda" | "lambda-metrics" => Some(incident.resource.as_str()),
            _ => incident.origin.get(origin::FUNCTION).map(String::as_str),
        };
        let error = error(incident, evidence);
        let mut facts = Self {
            incident,
            evidence,
            now,
            function: function.filter(|name| Kind::Function.accepts(name)),
            lower: error.to_lowercase(),
            error,
            failing,
            throttled,
            first: first(incident, failing, throttled, now),
            changes: Vec::new(),
        };
        facts.changes = changes::before(&facts);
        facts
    }

    pub(crate) fn state(&self) -> Option<&FunctionState> {
        self.evidence.function.found()
    }

    pub(crate) fn report(&self) -> Option<&Report> {
        self.evidence.log.found().and_then(|log| log.report.as_ref())
    }

    /// The lines of the request until its error.
    pub(crate) fn lines(&self) -> &[LogLine] {
        self.evidence.log.found().map_or(&[], super::RequestLog::until_error)
    }

    /// The version that ran, if event or log say so: a number or `$LATEST`.
    pub(crate) fn executed(&self) -> Option<&str> {
        let by_log = || self.evidence.log.found().map(|log| log.version.as_str()).filter(|version| !version.is_empty());
        self.incident.origin.get(origin::VERSION).map(String::as_str).or_else(by_log)
    }

    /// The changes that can break something by themselves.
    pub(crate) fn harmful(&self) -> impl Iterator<Item = &Before> {
        self.changes.iter().filter(|change| change.is_harmful)
    }

    /// Those that have just been made.
    pub(crate) fn fresh(&self) -> impl Iterator<Item = &Before> {
        self.harmful().filter(|change| change.fresh > Fresh::Old)
    }

    /// Whether it is known that nothing of the function changed lately: not known of anything but a function.
    pub(crate) fn is_unchanged(&self) -> bool {
        let is_old = |state: &FunctionState| state.modified_at.is_some_and(|at| at < self.first.at - 60 * MINUTE);
        let is_known =
            self.evidence.history.found().is_some() && self.state().is_some() || self.state().is_some_and(is_old);
        is_known && self.fresh().next().is_none()
    }

    /// Whether a change came right before errors that were none before, and most calls fail since.
    pub(crate) fn is_abrupt(&self, change: &Before) -> bool {
        // Some input is bad at any time.
        let least = if has(&self.lower, INPUT) { 0.3 } else { 0.1 };
        let is_most = self
            .failing
            .is_none_or(|failing| failing.is_new() && (failing.share >= least || failing.recent_calls < 5.0));
        change.fresh == Fresh::Abrupt && is_most
    }

    /// The error, quoted.
    pub(crate) fn error_quote(&self) -> Quote {
        let at = self.incident.last_failed_at.clone().filter(|at| !at.is_empty());
        let error = shortened(self.error.lines().next().unwrap_or_default(), LONGEST_QUOTE);
        Quote { kind: EvidenceKind::Error, at, text: said(&error) }
    }

    /// How bad it is, as evidence.
    pub(crate) fn rate_quote(&self) -> Option<Quote> {
        let rates = self.evidence.rates.found().filter(|_| self.failing.is_some() || self.throttled.is_some())?;
        Some(quote(EvidenceKind::Rate, None, rates.sentence()))
    }

    /// A line of the log, quoted.
    pub(crate) fn line_quote(&self, line: &LogLine) -> Quote {
        Quote { kind: EvidenceKind::Log, at: Some(line.at.clone()), text: said(&shortened(&line.text, LONGEST_QUOTE)) }
    }
}

/// A piece of evidence in our own words, at a time in seconds since 1970.
pub(crate) fn quote(kind: EvidenceKind, at: Option<i64>, text: impl Into<String>) -> Quote {
    Quote { kind, at: at.map(rfc3339), text: text.into() }
}

/// The error by event, execution and log. What an alarm says is about its threshold.
fn error(incident: &Incident, evidence: &Evidence) -> String {
    let is_alarm = matches!(incident.source.as_str(), "cloudwatch" | "lambda-metrics");
    let by_event = if is_alarm { String::new() } else { stated(&incident.error_type, &incident.error_message) };
    let by_execution = evidence.execution.found().map(|step| stated(&step.error, &step.cause));
    let log = evidence.log.found();
    let by_log = log.map(|log| {
        let at = log.error.unwrap_or_default();
        let lines = log.lines.get(at..).unwrap_or_default();
        last_words(&by_event, log.lines.get(..at).unwrap_or_default())
            .iter()
            .chain(lines.iter().take(LINES_OF_ERROR))
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    });
    let parts: Vec<String> =
        [Some(by_event), by_execution, by_log].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { stated(&incident.error_type, &incident.error_message) } else { parts.join("\n") }
}

/// What a process said before it ended, if all that is reported is that it did.
fn last_words<'l>(reported: &str, before: &'l [LogLine]) -> &'l [LogLine] {
    let is_exit = has(&reported.to_lowercase(), &["runtime.exiterror", "runtime exited", "process exited"]);
    let near = &before[before.len().saturating_sub(LINES_OF_EXIT)..];
    let first = near.iter().position(|line| is_exit && has(&line.text.to_lowercase(), LAST_WORDS));
    first.map_or(&[][..], |first| &near[first..])
}

fn stated(class: &str, message: &str) -> String {
    match (class, message) {
        ("", message) => message.to_owned(),
        (class, "") => class.to_owned(),
        (class, message) if message.starts_with(class) => message.to_owned(),
        (class, message) => format!("{class}: {message}"),
    }
}

/// The earlier of the event's time and the begin of the failures in the metrics.
fn first(incident: &Incident, failing: Option<Failing>, throttled: Option<Throttled>, now: i64) -> First {
    let times = [Some(incident.created_at.as_str()), incident.last_failed_at.as_deref()];
    let by_event = times.into_iter().flatten().filter_map(seconds_of).min().unwrap_or(now);
    let begins = [
        failing.filter(|failing| !failing.is_usual).map(|failing| failing.since),
        throttled.map(|throttled| throttled.since),
    ];
    let by_metrics = begins.into_iter().flatten().min();
    match by_metrics {
        Some(since) if since + MINUTE <= by_event => First { at: since, latest: since + MINUTE },
        _ => First { at: by_event, latest: by_event },
    }
}
