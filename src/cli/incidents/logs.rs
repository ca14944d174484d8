//! The log lines of `incidents show --logs`: those in CloudWatch Logs now, else those of the record.

use incident_model::Incident;
use incident_model::analysis::LogLine;
use serde_json::{Map, Value, json};

use super::analysis::log;
use super::fields::Fields;
use crate::error::{CommandError, Kind};
use crate::request_lines::{self, RequestLines, Unavailable};
use crate::session::Session;
use crate::ui::{Label, Line, Ui};

/// The lines, and where they come from.
#[derive(Debug)]
pub(super) enum Lines {
    /// Those of CloudWatch Logs.
    Live(RequestLines),
    /// Those of the record, because the log could not be read.
    Recorded(Vec<LogLine>, Unavailable),
}

/// Reads the lines.
pub(super) async fn read(session: &Session, incident: &Incident) -> Lines {
    match request_lines::read(session, incident).await {
        Ok(found) => Lines::Live(found),
        Err(why) => {
            let lines = incident.analysis.as_ref().map(|analysis| analysis.lines.clone());
            Lines::Recorded(lines.unwrap_or_default(), why)
        }
    }
}

/// The incident without the lines of its record, which those of `--logs` replace.
pub(super) fn without(mut incident: Incident) -> Incident {
    if let Some(analysis) = &mut incident.analysis {
        analysis.lines.clear();
    }
    incident
}

/// Prints the lines, and on standard error why they are only those of the record.
pub(super) fn print(lines: &Lines, ui: &Ui) -> Result<(), CommandError> {
    let (heading, shown) = match lines {
        Lines::Live(RequestLines { group, stream, lines, cut }) => {
            if *cut {
                ui.warn("the log is longer: only its beginning is shown");
            }
            (format!("{group} {stream}"), lines)
        }
        Lines::Recorded(lines, why) => {
            ui.warn(&format!("the log cannot be shown: {}", chain(why)));
            if let Unavailable::Aws(error) = why
                && let Some(hint) = error.hint()
            {
                ui.hint(hint);
            }
            ("lines of the record".to_owned(), lines)
        }
    };
    if shown.is_empty() {
        return Ok(());
    }
    let mut fields = Fields::default();
    log(&mut fields, shown);
    let head = [Line::default(), Line::labelled(Label::Strong, heading), Line::default()];
    ui.print_all(head.into_iter().chain(fields.lines()))
}

/// The members of the JSON document.
pub(super) fn members(lines: Lines) -> Result<Map<String, Value>, CommandError> {
    let members = match lines {
        Lines::Live(RequestLines { group, stream, lines, cut }) => {
            json!({"log_lines": lines, "log_group": group, "log_stream": stream, "log_cut": cut})
        }
        Lines::Recorded(lines, why) => json!({"log_lines": lines, "log_error": chain(&why)}),
    };
    let Value::Object(members) = members else { return Ok(Map::new()) };
    Ok(members)
}

/// An error and its causes in one line.
fn chain(why: &Unavailable) -> String {
    CommandError::from_error(Kind::Failed, why).to_string()
}
