//! `incidentctl incidents export`.

use clap::{Args, ValueEnum};
use incident_model::Incident;
use serde_json::{Map, Value};

use crate::cli::time_arg::TimeArg;
use crate::error::CommandError;
use crate::incidents::{Filter, Incidents, Listing};
use crate::ui::{Ui, count};

/// Export all fields of all incidents to standard output, oldest first
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Output format; JSON is exact; in CSV, lists and maps are JSON, cells that a spreadsheet would run as a formula are
    /// prefixed with an apostrophe, and characters that a terminal would obey are written out
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ExportFormat,

    /// Export only incidents newer than a span (30m, 2h, 7d) or a time (2026-01-31T12:00Z)
    #[arg(long, value_name = "TIME")]
    pub since: Option<TimeArg>,
}

/// Format of exported records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON array
    #[default]
    Json,
    /// CSV with a header, one record per incident (RFC 4180)
    Csv,
    /// One JSON object per line
    Jsonl,
}

/// The columns: every field of a record, and [`STATEMENT`].
const COLUMNS: [&str; 50] = [
    "incident_id",
    "status",
    "severity",
    "summary",
    "recommendation",
    "created_at",
    "last_seen_at",
    "occurrences",
    "source",
    "resource",
    "account",
    "region",
    "error_type",
    "error_message",
    "request_id",
    "rule",
    "runbook",
    "console_url",
    "fingerprint",
    "former_fingerprint",
    "fingerprint_inputs",
    "drill",
    "trouble",
    "notified_at",
    "last_notified_at",
    "notices",
    "due",
    "due_at",
    "silenced_by",
    "previous_incident_id",
    "beside_incident_id",
    "explains_incident_id",
    "recovered",
    "recent_changes",
    "flapping",
    "timeline_left_out",
    "timeline",
    "variants",
    "function_missing_at",
    "record_version",
    "acknowledged_at",
    "resolved_at",
    "cause",
    "confidence",
    STATEMENT,
    "resolution_note",
    "earlier",
    "shares_cause_with",
    "origin",
    "analysis",
];
/// The column with the sentence of the analysis about the suspected cause.
const STATEMENT: &str = "statement";

pub(super) async fn run(args: &ExportArgs, incidents: &Incidents, ui: &Ui) -> Result<(), CommandError> {
    let filter = Filter { since: args.since.as_ref().map(TimeArg::rfc3339), ..Filter::default() };
    let Listing { incidents: mut found, unreadable } = incidents.list(&filter).await?;
    found.reverse();
    match args.format {
        ExportFormat::Json => ui.json(&found)?,
        ExportFormat::Csv => ui.document(&csv(&found)?)?,
        ExportFormat::Jsonl => found.iter().try_for_each(|incident| ui.json(incident))?,
    }
    ui.say(count(found.len(), "incident"));
    super::tell_unreadable(&unreadable, ui);
    Ok(())
}

/// The records as CSV, with a header.
fn csv(incidents: &[Incident]) -> Result<String, CommandError> {
    let failed = |error: csv::Error| CommandError::failed("cannot write CSV").caused_by(error);
    // RFC 4180 terminates records with CRLF; readers of LF accept it too.
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for incident in incidents {
        let Value::Object(mut record) = serde_json::to_value(incident)? else { continue };
        if let Some(analysis) = &incident.analysis {
            record.insert(STATEMENT.to_owned(), analysis.statement.clone().into());
        }
        writer.write_record(COLUMNS.map(|column| cell(&record, column))).map_err(failed)?;
    }
    let failed = || CommandError::failed("cannot write CSV");
    let written = writer.into_inner().map_err(|error| failed().caused_by(error.into_error()))?;
    String::from_utf8(written).map_err(|error| failed().caused_by(error))
}

fn cell(record: &Map<String, Value>, column: &str) -> String {
    let text = match record.get(column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    harmless(text)
}

/// Escapes a text that a spreadsheet would run: whatever fails chooses the words of its error.
/// See <https://owasp.org/www-community/attacks/CSV_Injection>.
fn harmless(text: String) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => format!("'{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use incident_model::{Reason, Severity, Variant};

    use super::*;
    use crate::cli::incidents::tests::{analysed, incident};

    #[test]
    fn every_field_has_a_column() -> Result<(), serde_json::Error> {
        let text = || Some("x".to_owned());
        let full = Incident {
            former_fingerprint: text(),
            function_missing_at: text(),
            variants: vec![Variant::of("x", 1), Variant::of("y", 1)],
            runbook: text(),
            console_url: text(),
            drill: text(),
            trouble: text(),
            notified_at: text(),
            last_notified_at: text(),
            due: Some(Reason::Opened),
            due_at: Some(1),
            silenced_by: text(),
            previous_incident_id: text(),
            beside_incident_id: text(),
            explains_incident_id: text(),
            timeline_left_out: 1,
            acknowledged_at: text(),
            resolved_at: text(),
            resolution_note: text(),
            shares_cause_with: text(),
            origin: std::collections::BTreeMap::from([("version".to_owned(), "41".to_owned())]),
            ..analysed("1")
        };
        let Value::Object(record) = serde_json::to_value(&full)? else { return Ok(()) };
        let mut fields: Vec<&str> = record.keys().map(String::as_str).collect();
        let mut columns = COLUMNS.to_vec();
        columns.retain(|column| *column != STATEMENT);
        fields.sort_unstable();
        columns.sort_unstable();
        assert_eq!(fields, columns);
        Ok(())
    }

    #[test]
    fn what_is_written_is_read_back() -> Result<(), Box<dyn std::error::Error>> {
        let message = "line 1\r\nsays \"no\", twice; ünïcode";
        let odd = Incident { error_message: message.to_owned(), ..incident("1", Severity::High) };
        let written = csv(&[odd, incident("2", Severity::Low)]).map_err(|error| error.to_string())?;
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        assert_eq!(reader.headers()?.len(), COLUMNS.len());
        let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
        let column = COLUMNS.iter().position(|column| *column == "error_message").ok_or("no column")?;
        assert_eq!(records.len(), 2);
        assert_eq!(&records[0][column], message);
        let analysed = csv(&[analysed("1")]).map_err(|error| error.to_string())?;
        let record = csv::Reader::from_reader(analysed.as_bytes()).records().next().ok_or("no record")??;
        for (column, expected) in [
            ("cause", "deployment"),
            ("confidence", "likely"),
            (STATEMENT, "version 41 was deployed 4 min before the first failure"),
        ] {
            let column = COLUMNS.iter().position(|one| *one == column).ok_or("no column")?;
            assert_eq!(&record[column], expected);
        }
        let timeline = COLUMNS.iter().position(|column| *column == "timeline").ok_or("no column")?;
        let opened = r#"[{"at":"2026-01-31T12:00:00Z","what":"opened"}"#;
        assert!(records[0][timeline].starts_with(opened), "{:?}", records[0]);
        Ok(())
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(harmless(text.to_owned()), cell);
        }
    }
}
