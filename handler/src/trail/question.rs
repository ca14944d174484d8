//! What CloudTrail is asked about an incident: which calls, and when.

use incident_model::analysis::{Analysis, Cause, EvidenceKind};
use incident_model::time::seconds_of;

/// How much earlier than a change's time, in seconds, its call can have been: of several updates, the time is the last one's.
const BEFORE: i64 = 120;
/// How much earlier where only a snapshot shows the change: they are an hour apart.
const BEFORE_SNAPSHOT: i64 = 65 * 60;
/// The longest span, in seconds, in which a change of unknown time is looked for: its end.
const LONGEST_SPAN: i64 = 24 * 3600;
/// How much later, in seconds: two services' clocks.
const AFTER: i64 = 30;
/// After how many seconds CloudTrail must have a call: on average it takes five minutes, at most fifteen
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>).
const LATE: i64 = 20 * 60;

/// Names of calls, which CloudTrail has with the version of the API that they came with, and matches exactly.
const CODE: &str = "UpdateFunctionCode20150331v2";
const CONFIGURATION: &str = "UpdateFunctionConfiguration20150331v2";
const ALIAS: &str = "UpdateAlias20150331";
const CONCURRENCY: &str = "PutFunctionConcurrency20171031";

/// Names that are asked for, at most.
const MOST_NAMES: usize = 2;

/// A question: who made the change that an analysis suspects?
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// The incident.
    pub(crate) incident_id: String,
    /// The changed function.
    pub(crate) function: String,
    /// When it changed, in seconds since 1970; of a span, its end.
    pub(crate) changed_at: i64,
    /// When the analysis was made, as its record says.
    pub(crate) analysed_at: String,
    /// Whether the record already says that a change is missing.
    pub(crate) says_missing: bool,
    /// The calls that can have made it, the likelier first.
    pub(crate) calls: Vec<Call>,
}

/// A call in a span of time, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Question {
    /// The question about an analysis; `None` if it does not suspect a change with a time.
    pub(crate) fn about(incident_id: &str, function: &str, analysis: &Analysis) -> Option<Self> {
        if !is_change(analysis.cause) {
            return None;
        }
        let is_of_change = |kind: EvidenceKind| kind == EvidenceKind::Change;
        let mut quotes = analysis.evidence.iter().filter(|quote| is_of_change(quote.kind));
        let exact = quotes.find_map(|quote| quote.at.as_deref().and_then(seconds_of));
        let span = span(analysis);
        let changed_at = exact.or(span.map(|(_, until)| until))?;
        let usual = if analysis.cause == Cause::Deployment { [CODE, CONFIGURATION] } else { [CONFIGURATION, CODE] };
        let mut names: Vec<&'static str> = Vec::new();
        for name in analysis.changed.iter().map(|changed| call_of(changed, usual[0])).chain(usual) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.truncate(MOST_NAMES);
        let before = |name| if [ALIAS, CONCURRENCY].contains(&name) { BEFORE_SNAPSHOT } else { BEFORE };
        let from = |name| match (exact, span) {
            (None, Some((since, _))) => since.max(changed_at - LONGEST_SPAN) - AFTER,
            _ => changed_at - before(name),
        };
        let call = |name| Call { name, from: from(name), to: changed_at + AFTER };
        Some(Self {
            incident_id: incident_id.to_owned(),
            function: function.to_owned(),
            changed_at,
            analysed_at: analysis.at.clone(),
            says_missing: analysis.missing.iter().any(|missing| is_of_change(missing.kind)),
            calls: names.into_iter().map(call).collect(),
        })
    }

    /// Whether CloudTrail has the change by now, if it ever will.
    pub(crate) fn is_late(&self, now: i64) -> bool {
        now > self.changed_at + LATE
    }
}

/// Between which times, in seconds since 1970, the suspected change was made.
fn span(analysis: &Analysis) -> Option<(i64, i64)> {
    let (since, until) = analysis.changed_within.as_ref()?;
    Some((seconds_of(since)?, seconds_of(until)?)).filter(|(since, until)| since <= until)
}

/// The call that changes what an analysis says has changed.
fn call_of(changed: &str, unknown: &'static str) -> &'static str {
    match changed {
        "alias" => ALIAS,
        "concurrency" => CONCURRENCY,
        // The architecture comes with the code.
        "code" | "architecture" => CODE,
        "something" => unknown,
        _ => CONFIGURATION,
    }
}

/// Whether a cause is a change of a function.
pub(crate) fn is_change(cause: Cause) -> bool {
    matches!(cause, Cause::Deployment | Cause::Configuration)
}

#[cfg(test)]
mod tests {
    use incident_model::Confidence;
    use incident_model::analysis::Quote;

    use super::*;

    const AT: i64 = 1_795_773_480;

    fn analysis(cause: Cause, changed: &[&str], evidence: &[(EvidenceKind, Option<&str>, &str)]) -> Analysis {
        let quote = |(kind, at, text): &(EvidenceKind, Option<&str>, &str)| Quote {
            kind: *kind,
            at: at.map(str::to_owned),
            text: (*text).to_owned(),
        };
        Analysis {
            evidence: evidence.iter().map(quote).collect(),
            changed: changed.iter().map(|name| (*name).to_owned()).collect(),
            at: "2026-11-27T10:02:00.000Z".to_owned(),
            ..Analysis::of(cause, Confidence::Likely, "")
        }
    }

    #[test]
    fn the_calls_follow_from_the_change() {
        let at = Some("2026-11-27T09:58:00.000Z");
        let exact = |name| Call { name, from: AT - 120, to: AT + 30 };
        let wide = |name| Call { name, from: AT - 3900, to: AT + 30 };
        for (cause, changed, expected) in [
            (Cause::Deployment, &["code"][..], Some([exact(CODE), exact(CONFIGURATION)])),
            (Cause::Deployment, &["alias"], Some([wide(ALIAS), exact(CODE)])),
            (Cause::Deployment, &["memory", "code"], Some([exact(CONFIGURATION), exact(CODE)])),
            (Cause::Deployment, &["something"], Some([exact(CODE), exact(CONFIGURATION)])),
            (Cause::Deployment, &[], Some([exact(CODE), exact(CONFIGURATION)])),
            (Cause::Configuration, &["memory", "environment"], Some([exact(CONFIGURATION), exact(CODE)])),
            (Cause::Configuration, &["something"], Some([exact(CONFIGURATION), exact(CODE)])),
            (Cause::Configuration, &["concurrency"], Some([wide(CONCURRENCY), exact(CONFIGURATION)])),
            (Cause::Configuration, &["architecture"], Some([exact(CODE), exact(CONFIGURATION)])),
            (Cause::Dependency, &["code"], None),
        ] {
            let evidence = [(EvidenceKind::Log, Some("2026-11-27T10:00:00Z"), "x"), (EvidenceKind::Change, at, "y")];
            let question = Question::about("inc-1", "orders", &analysis(cause, changed, &evidence));
            let calls = question.as_ref().map(|question| question.calls.clone());
            assert_eq!(calls, expected.map(Vec::from), "{cause:?} {changed:?}");
            let is_of_analysis = |question: Question| question.changed_at == AT && question.function == "orders";
            assert!(question.is_none_or(is_of_analysis));
        }
    }

    #[test]
    fn a_change_of_unknown_time_is_looked_for_where_it_can_have_been() {
        let evidence = [(EvidenceKind::Change, None, "The alias live was moved at least 2 s before")];
        let within = |since: &str, until: &str| Analysis {
            changed_within: Some((since.to_owned(), until.to_owned())),
            ..analysis(Cause::Deployment, &["alias"], &evidence)
        };
        let asked = |analysis: &Analysis| Question::about("inc-1", "orders", analysis);
        let alias = |analysis| asked(analysis).and_then(|question| question.calls.first().copied());
        let hour = within("2026-11-27T08:58:00Z", "2026-11-27T09:58:00Z");
        assert_eq!(asked(&hour).map(|question| question.changed_at), Some(AT));
        assert_eq!(alias(&hour), Some(Call { name: ALIAS, from: AT - 3630, to: AT + 30 }));
        let weeks = within("2026-10-01T00:00:00Z", "2026-11-27T09:58:00Z");
        assert_eq!(alias(&weeks).map(|call| call.from), Some(AT - 24 * 3600 - 30));
        for (since, until) in [("2026-11-27T10:58:00Z", "2026-11-27T09:58:00Z"), ("", "2026-11-27T09:58:00Z")] {
            assert_eq!(asked(&within(since, until)), None);
        }
    }

    #[test]
    fn without_a_time_there_is_no_question() {
        for at in [None, Some("yesterday")] {
            let analysis = analysis(Cause::Deployment, &["code"], &[(EvidenceKind::Change, at, "code deployed")]);
            assert_eq!(Question::about("inc-1", "orders", &analysis), None);
        }
        assert_eq!(Question::about("inc-1", "orders", &analysis(Cause::Deployment, &["code"], &[])), None);
    }
}
