//! Incidents as people read them.

use incident_model::{Incident, Severity, Status, timeline};

use super::fields::Fields;
use super::outlook::Outlook;
use super::{analysis, cause};
use crate::cli::time_arg;
use crate::ui::{Cell, Label, Line, Table};

/// Shortest ID shown: `inc-` and the creation time to the millisecond, which few incidents share.
const SHORT_ID: usize = 17;
/// Narrowest useful summary beside the suspected causes, in columns.
const NARROWEST_SUMMARY: usize = 24;

/// One row per incident, for other programs: whole IDs, and suspected causes if there are any.
pub(super) fn table(incidents: &[Incident]) -> Table {
    rows(incidents, usize::MAX, incidents.iter().any(|incident| incident.cause.is_some()))
}

/// One row per incident. IDs are shortened to prefixes unique within the table; commands accept them. Suspected causes are
/// shown if the summary has room beside them.
pub(super) fn table_on_terminal(incidents: &[Incident], width: Option<u16>) -> Table {
    let length = telling_length(incidents);
    let with_causes = rows(incidents, length, true);
    let room = with_causes.room_for_last(width);
    let is_analysed = incidents.iter().any(|incident| incident.cause.is_some());
    if is_analysed && room >= NARROWEST_SUMMARY { with_causes } else { rows(incidents, length, false) }
}

fn rows(incidents: &[Incident], id_length: usize, with_causes: bool) -> Table {
    let cause_heading = with_causes.then_some("CAUSE");
    let headings = ["ID", "TIME (UTC)", "SEVERITY", "STATUS", "SOURCE", "COUNT"].into_iter();
    let mut table = Table::new(headings.chain(cause_heading).chain(["SUMMARY"]));
    for incident in incidents {
        let cells = [
            incident.incident_id.chars().take(id_length).collect::<String>().into(),
            time_arg::readable(&incident.created_at).into(),
            severity(incident.severity),
            status(incident.status),
            incident.source.clone().into(),
            incident.occurrences.to_string().into(),
        ];
        let cause = with_causes.then(|| cause::short(incident).into());
        table.row(cells.into_iter().chain(cause).chain([incident.summary.clone().into()]));
    }
    table
}

/// How many characters make all IDs unique.
fn telling_length(incidents: &[Incident]) -> usize {
    let mut ids: Vec<&str> = incidents.iter().map(|incident| incident.incident_id.as_str()).collect();
    ids.sort_unstable();
    let shared = |pair: &[&str]| match pair {
        [one, other] => one.chars().zip(other.chars()).take_while(|(left, right)| left == right).count() + 1,
        _ => 0,
    };
    ids.windows(2).map(shared).max().unwrap_or_default().max(SHORT_ID)
}

fn severity(severity: Severity) -> Cell {
    let label = match severity {
        Severity::Critical | Severity::Other(_) => Label::Error,
        Severity::High => Label::Warning,
        Severity::Medium => Label::Strong,
        Severity::Low => Label::Faint,
    };
    Cell::labelled(severity.name(), label)
}

fn status(status: Status) -> Cell {
    match status {
        Status::Open => Cell::labelled(status.name(), Label::Strong),
        Status::Acknowledged | Status::Other(_) => status.name().into(),
        Status::Resolved => Cell::labelled(status.name(), Label::Success),
    }
}

/// One incident in detail; the outlook is what happens next without intervention.
pub(in crate::cli) fn details(incident: &Incident, outlook: &Outlook) -> Vec<Line> {
    let heading = format!("{}  {}", incident.severity, incident.summary);
    let head = [Line::labelled(Label::Strong, heading), Line::default()];
    let mut fields = Fields::default();
    analysis::why(&mut fields, incident);
    fields.text("what to do", &incident.recommendation);
    fields.text("error", &error(incident));
    analysis::context(&mut fields, incident);
    facts(&mut fields, incident, outlook);
    head.into_iter().chain(fields.lines()).collect()
}

fn facts(fields: &mut Fields, incident: &Incident, outlook: &Outlook) {
    let mut field = |name: &str, text: &str| fields.text(name, text);
    field("variants", &variants(incident));
    field("resource", &place(incident));
    field("id", &incident.incident_id);
    field("status", incident.status.name());
    field("occurrences", &seen(incident));
    field("request", incident.request_id.as_deref().unwrap_or_default());
    field("rule", &incident.rule);
    field("runbook", incident.runbook.as_deref().unwrap_or_default());
    field("console", incident.console_url.as_deref().unwrap_or_default());
    field("before", &earlier(incident));
    field("explains", &explained(incident));
    field("fingerprint", &fingerprint(incident));
    field("mails", &outlook.sent);
    field("next", &outlook.next);
    for (number, entry) in incident.timeline.iter().enumerate() {
        if number == timeline::FIRST && incident.timeline_left_out > 0 {
            field("", &format!("... {} more ...", incident.timeline_left_out));
        }
        let name = if number == 0 { "timeline" } else { "" };
        field(name, &format!("{}  {}", time_arg::readable(&entry.at), entry.what));
    }
}

fn error(incident: &Incident) -> String {
    match (incident.error_type.as_str(), incident.error_message.as_str()) {
        ("", message) => message.to_owned(),
        (kind, "") => kind.to_owned(),
        (kind, message) => format!("{kind}: {message}"),
    }
}

/// The number of its wordings, and the commonest.
fn variants(incident: &Incident) -> String {
    let Some(number) = incident.number_of_variants() else { return String::new() };
    let commonest = incident.commonest_variants();
    let lines = commonest.iter().map(|variant| format!("{} times: {}", variant.occurrences, variant.message));
    std::iter::once(format!("{number}; the commonest are")).chain(lines).collect::<Vec<_>>().join("\n")
}

fn place(incident: &Incident) -> String {
    let parts = [&incident.source, &incident.resource, &incident.region, &incident.account];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}

fn earlier(incident: &Incident) -> String {
    let earlier = incident.previous_incident_id.as_ref();
    earlier.map(|id| format!("{id}, the same failure, resolved")).unwrap_or_default()
}

fn explained(incident: &Incident) -> String {
    let alarm = incident.explains_incident_id.as_ref();
    alarm.map(|id| format!("{id}, the alarm it caused")).unwrap_or_default()
}

/// The fingerprint and its inputs, one per line.
fn fingerprint(incident: &Incident) -> String {
    let made_of = &incident.fingerprint_inputs;
    let parts = [
        ("source", &made_of.source),
        ("resource", &made_of.resource),
        ("error", &made_of.error_type),
        ("message", &made_of.message),
        ("frame", &made_of.top_frame),
        ("statement", &made_of.statement),
        ("drill", &made_of.drill),
    ];
    let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
    let lines = parts.map(|(name, text)| format!("{name}: {text}"));
    std::iter::once(incident.fingerprint.clone()).chain(lines).collect::<Vec<_>>().join("\n")
}

fn seen(incident: &Incident) -> String {
    let first = time_arg::readable(&incident.created_at);
    match incident.occurrences {
        1 => format!("1, at {first}"),
        number => format!("{number}, first {first}, last {}", time_arg::readable(&incident.last_seen_at)),
    }
}
