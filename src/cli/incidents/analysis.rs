//! What the handler found out about an incident, as people read it.

use incident_model::analysis::{Candidate, EvidenceKind, LogLine, Missing, Quote, WhyMissing};
use incident_model::{Analysis, Incident};

use super::cause::named;
use super::fields::Fields;
use crate::cli::time_arg;

/// Lines of the log to show before the one with the error; `show --logs` has them all.
const LINES_BEFORE: usize = 10;
/// How a command to copy begins.
const COMMANDS: [&str; 2] = ["aws ", "incidentctl "];

/// The suspected cause, what it rests on, and the advice.
pub(super) fn why(fields: &mut Fields, incident: &Incident) {
    match (&incident.analysis, incident.cause) {
        (Some(analysis), _) => suspicion(fields, analysis),
        (None, Some(cause)) => fields.text("cause", &named(cause, incident.confidence)),
        (None, None) => {}
    }
}

/// The lines of the log, how bad it is, what else broke, what helped last time, and what could not be gathered.
pub(super) fn context(fields: &mut Fields, incident: &Incident) {
    if let Some(analysis) = &incident.analysis {
        log(fields, before_error(analysis));
        surroundings(fields, analysis);
    }
}

/// A whole analysis.
pub(super) fn whole(fields: &mut Fields, analysis: &Analysis) {
    suspicion(fields, analysis);
    log(fields, &analysis.lines);
    surroundings(fields, analysis);
}

/// Lines of the log under their times.
pub(super) fn log(fields: &mut Fields, lines: &[LogLine]) {
    for (number, line) in lines.iter().enumerate() {
        let time = time_arg::readable(&line.at);
        let indent = format!("\n{}", " ".repeat(time.len() + 2));
        let text = line.text.lines().collect::<Vec<_>>().join(&indent);
        fields.verbatim(if number == 0 { "log" } else { "" }, &format!("{time}  {text}"));
    }
}

fn suspicion(fields: &mut Fields, analysis: &Analysis) {
    let Analysis { cause, confidence, statement, .. } = analysis;
    fields.text("cause", &format!("{}: {statement}", named(*cause, Some(*confidence))));
    quotes(fields, "evidence", &analysis.evidence);
    for (number, Candidate { cause, confidence, statement, .. }) in analysis.candidates.iter().enumerate() {
        let name = if number == 0 { "or" } else { "" };
        fields.text(name, &format!("{}: {statement}", named(*cause, Some(*confidence))));
    }
    for (number, advice) in analysis.advice.iter().enumerate() {
        let name = if number == 0 { "advice" } else { "" };
        match COMMANDS.iter().any(|start| advice.starts_with(start)) {
            true => fields.verbatim(name, advice),
            false => fields.text(name, advice),
        }
    }
}

fn surroundings(fields: &mut Fields, analysis: &Analysis) {
    for (number, Quote { kind, text, .. }) in analysis.context.iter().enumerate() {
        let is_first = number.checked_sub(1).is_none_or(|before| analysis.context[before].kind != *kind);
        let label = match kind {
            _ if !is_first => "",
            EvidenceKind::Rate => "how bad",
            EvidenceKind::Related => "also broke",
            EvidenceKind::Earlier => "last time",
            other => other.name(),
        };
        fields.text(label, text);
    }
    fields.text("same cause", &analysis.shared_with.join(", "));
    let missing: Vec<String> = analysis.missing.iter().map(unavailable).collect();
    fields.text("missing", &missing.join("\n"));
}

fn quotes(fields: &mut Fields, name: &str, quotes: &[Quote]) {
    for (number, Quote { kind, at, text }) in quotes.iter().enumerate() {
        let at = at.as_ref().map(|at| format!(" {}", time_arg::readable(at))).unwrap_or_default();
        fields.text(if number == 0 { name } else { "" }, &format!("{kind}{at}: {text}"));
    }
}

fn unavailable(Missing { kind, reason }: &Missing) -> String {
    let why = match reason {
        WhyMissing::Denied => "the handler may not read it",
        WhyMissing::Late => "it did not arrive in time",
        WhyMissing::None => "there is none",
        WhyMissing::Off => "the setting `analysis` switches it off",
        WhyMissing::Other(_) => "a newer version knows why",
    };
    format!("{kind}: {reason}, {why}")
}

/// The line with the error, and those before it; of an unknown one the last lines.
fn before_error(analysis: &Analysis) -> &[LogLine] {
    let lines = &analysis.lines;
    let end = analysis.error_line.map_or(lines.len(), |error| error.saturating_add(1).min(lines.len()));
    &lines[end.saturating_sub(LINES_BEFORE + 1)..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::incidents::tests::analysed;

    fn line(text: &str) -> LogLine {
        LogLine { at: "2026-01-31T12:00:00Z".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn ten_lines_before_the_error_are_shown() {
        let lines = (0..15).map(|number| line(&format!("line {number}"))).collect();
        let analysis = analysed("1").analysis.map(|known| Analysis { lines, ..*known });
        for (error_line, first, last) in [
            (Some(13), "line 3", "line 13"),
            (Some(2), "line 0", "line 2"),
            (None, "line 4", "line 14"),
            (Some(99), "line 4", "line 14"),
        ] {
            let analysis = analysis.clone().map(|known| Analysis { error_line, ..known });
            let shown = analysis.as_ref().map(before_error).unwrap_or_default();
            let ends = [shown.first(), shown.last()].map(|line| line.map(|line| line.text.as_str()));
            assert_eq!(ends, [Some(first), Some(last)]);
        }
    }

    #[test]
    fn a_cause_without_its_analysis_is_still_named() {
        let mut fields = Fields::default();
        why(&mut fields, &Incident { analysis: None, ..analysed("1") });
        let lines: Vec<String> = fields.lines().iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["cause         deployment, likely"]);
    }
}
