//! Whether what came of a scenario is what was expected of it.

use std::fmt;

use incident_model::analysis::WhyMissing;
use incident_model::{Analysis, Cause, Confidence};

use super::format::{Expected, Scenario};
use super::play::Played;

/// The comparison of one scenario.
#[derive(Debug)]
pub(super) struct Verdict {
    file: String,
    name: String,
    expected: String,
    got: Option<(Cause, Confidence)>,
    is_right: bool,
    /// What does not hold beside the cause.
    broken: Vec<String>,
    statement: String,
    to_mail: Option<u128>,
    analysis_took: Option<i64>,
    calls: usize,
    minutes: usize,
    is_late: bool,
}

impl Verdict {
    pub(super) fn of(scenario: &Scenario, played: &Played) -> Self {
        let Expected { cause, confidence, .. } = &scenario.expect;
        let causes = cause.iter().map(|cause| cause.name()).collect::<Vec<_>>().join(" or ");
        let got = played.analysis.as_ref().map(|analysis| (analysis.cause, analysis.confidence));
        Self {
            file: scenario.file.clone(),
            name: scenario.name.clone(),
            expected: format!("{causes} {}", confidence.map_or("", Confidence::name)).trim_end().to_owned(),
            got,
            is_right: got.is_some_and(|(got, _)| cause.contains(&got)),
            broken: broken(&scenario.expect, played),
            statement: played.analysis.as_ref().map(|analysis| analysis.statement.clone()).unwrap_or_default(),
            to_mail: played.to_mail.map(|took| took.as_millis()),
            analysis_took: played.analysis_took,
            calls: played.calls,
            minutes: played.minutes,
            is_late: scenario.faults.is_empty() && played.analysis.as_ref().is_some_and(lacks_in_time),
        }
    }

    /// Whether it may hold on a machine that is less busy: evidence was late, and not because the scenario says so.
    pub(super) fn is_worth_another_try(&self) -> bool {
        self.is_late && !(self.is_right && self.broken.is_empty())
    }

    /// A scenario that could not be played to its end.
    pub(super) fn without_result(self, why: &str) -> Self {
        Self { broken: vec![format!("it cannot be played: {why}")], ..self }
    }

    /// A secret of this scenario that the handler logged.
    pub(super) fn leaked(&mut self, secrets: &[String], log: &str) {
        let leaked = secrets.iter().filter(|secret| log.contains(secret.as_str()));
        self.broken.extend(leaked.map(|secret| format!("the handler's log has `{secret}`")));
    }
}

fn lacks_in_time(analysis: &Analysis) -> bool {
    analysis.missing.iter().any(|missing| missing.reason == WhyMissing::Late)
}

fn broken(expected: &Expected, played: &Played) -> Vec<String> {
    let mut broken = Vec::new();
    if played.incident.is_none() {
        broken.push(format!("there is no incident of {}", expected.of));
    }
    let confidence = played.analysis.as_ref().map(|analysis| analysis.confidence);
    if let Some((expected, got)) = expected.confidence.zip(confidence).filter(|(expected, got)| expected != got) {
        broken.push(format!("{} instead of {}", got.name(), expected.name()));
    }
    let reasons = played.analysis.as_ref().map(reasons).unwrap_or_default();
    let says = |what: &&String| reasons.contains(&what.to_lowercase());
    broken.extend(expected.says.iter().filter(|what| !says(what)).map(|what| format!("it does not say `{what}`")));
    broken.extend(expected.never.iter().filter(says).map(|what| format!("it says `{what}`")));
    let quotes = |what: &&String| played.mails.iter().any(|mail| mail.contains(what.as_str()));
    broken.extend(expected.lines.iter().filter(|what| !quotes(what)).map(|what| format!("no mail has `{what}`")));
    let leaked = expected.redacted.iter().filter(|secret| played.everything.contains(secret.as_str()));
    broken.extend(leaked.map(|secret| format!("a record or a mail has `{secret}`")));
    broken
}

/// The statement and the evidence of a cause, in lower case.
fn reasons(analysis: &Analysis) -> String {
    let evidence = analysis.evidence.iter().flat_map(|quote| ["\n", &quote.text]);
    std::iter::once(analysis.statement.as_str()).chain(evidence).collect::<String>().to_lowercase()
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if !self.is_right {
            "MISS"
        } else if self.broken.is_empty() {
            "ok"
        } else {
            "BROKEN"
        };
        let (cause, confidence) = self.got.map_or(("nothing", ""), |(cause, sure)| (cause.name(), sure.name()));
        let number = |number: Option<i128>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        write!(
            formatter,
            "{mark:<6} {:<48} expected {:<30} got {cause} {confidence}; {} ms to the mail, {} ms analysis, {} calls",
            self.file,
            self.expected,
            number(self.to_mail.and_then(|took| took.try_into().ok())),
            number(self.analysis_took.map(i128::from)),
            self.calls,
        )?;
        if self.minutes > 0 {
            write!(formatter, ", {} min in wait", self.minutes)?;
        }
        if !self.is_right {
            write!(formatter, "\n       {}: it says `{}`", self.name, self.statement)?;
        }
        self.broken.iter().try_for_each(|broken| write!(formatter, "\n       {broken}"))
    }
}

/// All scenarios together.
#[derive(Debug)]
pub(super) struct Scores {
    all: usize,
    right: usize,
    likely: usize,
    likely_and_right: usize,
    unknown: usize,
    broken: usize,
    misses: Vec<String>,
}

impl Scores {
    /// Share of scenarios whose cause is right.
    const TOP_1: f64 = 0.95;
    /// Share of causes called likely that are right: a confident wrong cause costs more than none.
    const PRECISION: f64 = 0.98;

    pub(super) fn of(verdicts: &[Verdict]) -> Self {
        let count = |is: &dyn Fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| is(verdict)).count();
        let is_likely = |verdict: &Verdict| verdict.got.is_some_and(|(_, confidence)| confidence == Confidence::Likely);
        // `unknown` claims nothing.
        let claims = |verdict: &Verdict| is_likely(verdict) && verdict.got.is_some_and(|(it, _)| it != Cause::Unknown);
        Self {
            all: verdicts.len(),
            right: count(&|verdict| verdict.is_right),
            likely: count(&claims),
            likely_and_right: count(&|verdict| claims(verdict) && verdict.is_right),
            unknown: count(&|verdict| verdict.got.is_some_and(|(cause, _)| cause == Cause::Unknown)),
            broken: verdicts.iter().map(|verdict| verdict.broken.len()).sum(),
            misses: verdicts.iter().filter(|verdict| !verdict.is_right).map(|it| it.file.clone()).collect(),
        }
    }

    fn top_1(&self) -> f64 {
        share(self.right, self.all)
    }

    fn precision(&self) -> f64 {
        share(self.likely_and_right, self.likely)
    }

    pub(super) fn suffice(&self) -> bool {
        self.top_1() >= Self::TOP_1 && self.precision() >= Self::PRECISION && self.broken == 0
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are not that many scenarios")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl fmt::Display for Scores {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { all, right, likely, likely_and_right, unknown, broken, misses } = self;
        write!(
            formatter,
            "{all} scenarios: top-1 {:.3} ({right}), precision of likely {:.3} ({likely_and_right} of {likely}), \
             {unknown} unknown, {broken} other expectations broken, {} misses: {}",
            self.top_1(),
            self.precision(),
            misses.len(),
            misses.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use incident_model::analysis::Quote;
    use incident_model::analysis::evidence::EvidenceKind;
    use incident_model::{Analysis, Cause, Confidence};

    use super::{Scores, Verdict};
    use crate::harness::TestResult;
    use crate::scenarios::format::Scenario;
    use crate::scenarios::play::Played;

    fn played(cause: Cause, confidence: Confidence, statement: &str, evidence: &str) -> Played {
        let quote = Quote { kind: EvidenceKind::Change, at: None, text: evidence.to_owned() };
        let analysis = Analysis {
            evidence: vec![quote],
            advice: vec!["billing".to_owned()],
            at: String::new(),
            ..Analysis::of(cause, confidence, statement)
        };
        Played { analysis: Some(analysis), mails: vec!["a KeyError".to_owned()], ..Played::default() }
    }

    #[test]
    fn a_scenario_holds_only_if_all_of_it_does() -> TestResult {
        let yaml = "{name: a, failures: [{at: 0, function: a, error_type: E}], why: w, source: s, expect: {of: a, cause: \
                    [deployment, configuration], confidence: likely, says: [V41], never: [billing], lines: [KeyError], \
                    redacted: [hunter2]}}";
        let scenario = Scenario::read("a.yaml", yaml, "000000000000")?;
        let broken = |played: Played| {
            let verdict = Verdict::of(&scenario, &played);
            (verdict.is_right, verdict.broken)
        };
        let no_incident = "there is no incident of a".to_owned();
        let good = || played(Cause::Deployment, Confidence::Likely, "code of 4 min ago", "now v41");
        assert_eq!(broken(good()), (true, vec![no_incident.clone()]), "advice may name another function");
        let cases = [
            (played(Cause::Input, Confidence::Likely, "v41", ""), false, vec![]),
            (played(Cause::Configuration, Confidence::Possible, "v41", ""), true, vec!["possible instead of likely"]),
            (
                played(Cause::Deployment, Confidence::Likely, "", "of Billing"),
                true,
                vec!["it does not say `V41`", "it says `billing`"],
            ),
            (Played { mails: Vec::new(), ..good() }, true, vec!["no mail has `KeyError`"]),
            (Played { everything: "hunter2".into(), ..good() }, true, vec!["a record or a mail has `hunter2`"]),
            (Played::default(), false, vec!["it does not say `V41`", "no mail has `KeyError`"]),
        ];
        for (played, is_right, expected) in cases {
            let expected = std::iter::once(no_incident.as_str()).chain(expected).map(str::to_owned).collect();
            assert_eq!(broken(played), (is_right, expected));
        }
        Ok(())
    }

    #[test]
    fn a_confident_wrong_cause_fails_the_run() -> TestResult {
        let yaml = "{name: a, failures: [{at: 0, function: a, error_type: E}], why: w, source: s, expect: {of: a, cause: unknown}}";
        let scenario = Scenario::read("a.yaml", yaml, "000000000000")?;
        let verdict = |cause, confidence| Verdict {
            broken: Vec::new(),
            ..Verdict::of(&scenario, &played(cause, confidence, "", ""))
        };
        let mut verdicts: Vec<Verdict> = (0..39).map(|_| verdict(Cause::Unknown, Confidence::Possible)).collect();
        assert!(Scores::of(&verdicts).suffice());
        verdicts.push(verdict(Cause::Input, Confidence::Possible));
        assert!(Scores::of(&verdicts).suffice(), "one of forty");
        verdicts.push(verdict(Cause::Input, Confidence::Likely));
        let scores = Scores::of(&verdicts);
        assert!(!scores.suffice());
        assert!(scores.to_string().starts_with(
            "41 scenarios: top-1 0.951 (39), precision of likely 0.000 (0 of 1), 39 unknown, 0 other expectations broken, 2 misses"
        ), "{scores}");
        Ok(())
    }
}
