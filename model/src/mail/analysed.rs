//! What broke and why, in a mail: the suspected cause with its evidence, the log before the error, how bad it is.

use super::line::Line;
use crate::analysis::{Analysis, Cause, Confidence, EvidenceKind, Missing, Quote, WhyMissing};
use crate::incident::Incident;

/// Lines before the error that a mail has.
const BEFORE: usize = 10;
/// Lines after its first one: most often where it happened.
const AFTER: usize = 3;
/// Width of a label, with its blank.
const LABEL: usize = 10;

/// The lines of the analysis; none for an incident without one.
pub(super) fn lines(incident: &Incident) -> Vec<Line> {
    let Some(analysis) = incident.analysis.as_deref() else { return Vec::new() };
    [cause(incident), vec![Line::blank()], log(analysis), beside(analysis)].concat()
}

/// The cause, what it rests on, and what to do about it.
pub(super) fn cause(incident: &Incident) -> Vec<Line> {
    let Some(analysis) = incident.analysis.as_deref() else { return Vec::new() };
    let mut lines =
        vec![labelled("Why:", &format!("{} - {}", sure(analysis.cause, analysis.confidence), analysis.statement))];
    // The error alone, without a cause, stands below with the event.
    let evidence = analysis.evidence.iter().filter(|_| analysis.cause != Cause::Unknown);
    lines.extend(evidence.map(|quote| format!("  - {}", said(quote)).into()));
    lines.extend(labels("Try this:").zip(&analysis.advice).map(|(label, advice)| labelled(label, advice)));
    let others = analysis.candidates.iter().filter(|_| analysis.confidence != Confidence::Likely);
    let others = others.map(|other| format!("{} - {}", other.cause, other.statement));
    lines.extend(labels("Or:").zip(others).map(|(label, other)| labelled(label, &other)));
    lines
}

/// The cause in one line of a list; none without one.
pub(super) fn brief(incident: &Incident) -> Option<Line> {
    let (cause, confidence) = (incident.cause?, incident.confidence?);
    let known = incident.analysis.as_deref().map(|analysis| format!(" - {}", analysis.statement));
    (cause != Cause::Unknown).then(|| format!("  Why: {}{}", sure(cause, confidence), known.unwrap_or_default()).into())
}

fn sure(cause: Cause, confidence: Confidence) -> String {
    if cause == Cause::Unknown { "not known".to_owned() } else { format!("{confidence} {cause}") }
}

/// The ten lines before the error, the error, and where it happened.
fn log(analysis: &Analysis) -> Vec<Line> {
    if analysis.lines.is_empty() {
        return Vec::new();
    }
    let error = analysis.error_line.unwrap_or(analysis.lines.len() - 1);
    let kept = analysis.lines.iter().take(error.saturating_add(1 + AFTER)).skip(error.saturating_sub(BEFORE));
    let quoted = kept.map(|line| format!("> {}", line.text).into());
    std::iter::once("The log of the request around the error:".into()).chain(quoted).chain([Line::blank()]).collect()
}

/// How bad it is, what else broke, what helped last time, and what is not known.
fn beside(analysis: &Analysis) -> Vec<Line> {
    let kinds =
        [(EvidenceKind::Rate, "How bad:"), (EvidenceKind::Related, "Near it:"), (EvidenceKind::Earlier, "Last time:")];
    let of_kind = |(kind, label): (EvidenceKind, &'static str)| {
        let is_said = |quote: &Quote| analysis.evidence.iter().any(|said| said.text == quote.text);
        let texts = analysis.context.iter().filter(|quote| quote.kind == kind && !is_said(quote));
        labels(label).zip(texts).map(|(label, quote)| labelled(label, &quote.text)).collect::<Vec<_>>()
    };
    let mut lines: Vec<Line> = kinds.into_iter().flat_map(of_kind).collect();
    let missing: Vec<String> = analysis.missing.iter().map(missing).collect();
    if !missing.is_empty() {
        lines.push(labelled("Not known:", &missing.join(", ")));
    }
    if !lines.is_empty() {
        lines.push(Line::blank());
    }
    lines
}

/// A label for the first of several lines.
fn labels(first: &'static str) -> impl Iterator<Item = &'static str> {
    std::iter::once(first).chain(std::iter::repeat(""))
}

fn labelled(label: &str, text: &str) -> Line {
    format!("{label:LABEL$} {text}").into()
}

/// A piece of evidence with its time.
fn said(quote: &Quote) -> String {
    match quote.at.as_deref().and_then(|at| at.get(11..19)) {
        Some(time) if quote.kind != EvidenceKind::Error => format!("{time} UTC: {}", quote.text),
        _ => quote.text.clone(),
    }
}

/// `log lines (denied)`.
fn missing(missing: &Missing) -> String {
    let what = match missing.kind {
        EvidenceKind::Log => "log lines",
        EvidenceKind::Change => "what changed",
        EvidenceKind::Rate => "metrics",
        EvidenceKind::Related => "other incidents",
        EvidenceKind::Execution => "the history of the execution",
        kind => kind.name(),
    };
    let why = match (missing.kind, missing.reason) {
        (EvidenceKind::Change, WhyMissing::None) => "no snapshot yet",
        (_, reason) => reason.name(),
    };
    format!("{what} ({why})")
}

#[cfg(test)]
mod tests {
    use crate::analysis::LogLine;
    use crate::mail::{Notice, about, digest};
    use crate::notice::Reason;

    use super::*;

    const NOTICE: Notice<'_> = Notice { number: 1, reason: Reason::Opened, stack: "devops" };

    fn incident() -> Result<Incident, serde_json::Error> {
        serde_json::from_value(serde_json::json!({
            "incident_id": "inc-1", "status": "open", "severity": "HIGH", "summary": "orders failed: KeyError",
            "recommendation": "Look.", "created_at": "2026-01-01T10:00:00Z", "last_seen_at": "2026-01-01T10:00:00Z",
            "occurrences": 1, "fingerprint": "v2:00", "source": "lambda", "resource": "orders", "account": "111111111111",
            "region": "", "error_type": "KeyError", "error_message": "'customer'", "rule": "r", "notices": 1, "due": "opened",
            "cause": "deployment", "confidence": "likely",
            "analysis": {
                "cause": "deployment", "confidence": "likely",
                "statement": "Code was deployed 4 min before the first failure; the errors began with it.",
                "evidence": [
                    {"kind": "change", "at": "2026-01-01T09:55:50.000Z", "text": "Code was deployed 4 min before the first failure"},
                    {"kind": "error", "at": "2026-01-01T10:00:00Z", "text": "\"KeyError: 'customer'\""},
                ],
                "missing": [{"kind": "rate", "reason": "late"}, {"kind": "change", "reason": "none"}],
                "candidates": [{"cause": "input", "confidence": "possible", "statement": "The code does not understand what it is given."}],
                "advice": ["Roll back to version 41: `aws lambda update-alias`.", "Or not."],
                "context": [
                    {"kind": "rate", "text": "310 of 340 calls fail since 09:56 UTC"},
                    {"kind": "rate", "text": "errors of the last 3 h: ▁▁█"},
                    {"kind": "earlier", "text": "resolved once before, the last time after 12 min; the note: \"rolled back to v38\""},
                ],
                "at": "2026-01-01T10:00:01Z",
            },
        }))
    }

    fn with_lines(lines: usize, error: usize) -> Result<Incident, serde_json::Error> {
        let mut incident = incident()?;
        if let Some(analysis) = &mut incident.analysis {
            analysis.lines =
                (0..lines).map(|number| LogLine { at: String::new(), text: format!("line {number}") }).collect();
            analysis.error_line = Some(error);
        }
        Ok(incident)
    }

    #[test]
    fn the_cause_stands_under_the_first_five_lines() -> Result<(), serde_json::Error> {
        let body = about(&with_lines(2, 1)?, &NOTICE).body;
        insta::assert_snapshot!(body, @r#"
        What:      HIGH - "orders failed: KeyError"
        Where:     lambda orders, account 111111111111
        Since:     2026-01-01T10:00:00Z
        How often: once so far
        Do this:   Look.

        Why:       likely deployment - Code was deployed 4 min before the first failure; the errors began with it.
          - 09:55:50 UTC: Code was deployed 4 min before the first failure
          - "KeyError: 'customer'"
        Try this:  Roll back to version 41: `aws lambda update-alias`.
                   Or not.

        The log of the request around the error:
        > line 0
        > line 1

        How bad:   310 of 340 calls fail since 09:56 UTC
                   errors of the last 3 h: ▁▁█
        Last time: resolved once before, the last time after 12 min; the note: "rolled back to v38"
        Not known: metrics (late), what changed (no snapshot yet)

        Incident:  inc-1 (notice 1)
        Severity:  HIGH by rule r

        The event says:
        > Error:   KeyError
        > Message: 'customer'

        To acknowledge it:
          incidentctl incidents ack inc-1 --stack devops
        To see all details:
          incidentctl incidents show inc-1 --stack devops
        "#);
        Ok(())
    }

    #[test]
    fn ten_lines_before_the_error_and_three_after_are_quoted() -> Result<(), serde_json::Error> {
        let body = about(&with_lines(20, 12)?, &NOTICE).body;
        let quoted: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("> line ")).collect();
        assert_eq!((quoted.len(), quoted.first(), quoted.last()), (14, Some(&"2"), Some(&"15")));
        Ok(())
    }

    #[test]
    fn a_mail_without_an_analysis_has_nothing_of_it() -> Result<(), serde_json::Error> {
        let plain = Incident { analysis: None, cause: None, confidence: None, ..incident()? };
        let body = about(&plain, &NOTICE).body;
        assert!(!body.contains("Why:") && !body.contains("Not known"), "{body}");
        assert!(!digest(&[plain.clone(), plain], "devops").body.contains("Why:"));
        Ok(())
    }

    #[test]
    fn incidents_of_one_cause_are_one_mail() -> Result<(), serde_json::Error> {
        let one = |id: &str, with: &str| {
            Ok::<_, serde_json::Error>(Incident {
                incident_id: id.to_owned(),
                shares_cause_with: Some(with.to_owned()),
                ..incident()?
            })
        };
        let mail = digest(&[one("inc-2", "inc-1")?, one("inc-3", "inc-2")?], "devops");
        insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.body), @r#"
        [HIGH] 2 more fail for the same reason: orders failed: KeyError

        What:      2 more fail for the same reason as inc-1 (2 HIGH)
        Where:     orders
        Since:     2026-01-01T10:00:00Z
        How often: 2 failures in all
        Do this:   mend the common cause first; all of them began within two minutes.

        Why:       likely deployment - Code was deployed 4 min before the first failure; the errors began with it.
          - 09:55:50 UTC: Code was deployed 4 min before the first failure
          - "KeyError: 'customer'"
        Try this:  Roll back to version 41: `aws lambda update-alias`.
                   Or not.

        HIGH - "orders failed: KeyError"
          lambda orders, account 111111111111, since 2026-01-01T10:00:00Z, once so far
          Do this: Look.
          Why: likely deployment - Code was deployed 4 min before the first failure; the errors began with it.
          inc-2 (notice 1)

        HIGH - "orders failed: KeyError"
          lambda orders, account 111111111111, since 2026-01-01T10:00:00Z, once so far
          Do this: Look.
          Why: likely deployment - Code was deployed 4 min before the first failure; the errors began with it.
          inc-3 (notice 1)

        To see them all:
          incidentctl incidents list --stack devops
        "#);
        let mixed = digest(&[one("inc-2", "inc-1")?, one("inc-3", "inc-9")?], "devops");
        assert!(mixed.subject.starts_with("[DIGEST] "), "{}", mixed.subject);
        assert!(
            digest(&[one("inc-2", "inc-1")?], "devops")
                .subject
                .starts_with("[HIGH] 1 more fails for the same reason: orders")
        );
        Ok(())
    }
}
