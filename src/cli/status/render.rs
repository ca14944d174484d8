//! The status as text and as JSON.

use serde_json::{Value, json};

use super::facts::{Alarm, Drift, Facts, Subscriber};
use super::problems::Problem;
use super::queries::Queries;
use crate::cli::time_arg;
use crate::health::{LIFETIME_HOURS, hours_pending};
use crate::incidents::SilenceState;
use crate::ui::{Label, Line, Ui, count};
use incident_deploy::plan::Action;
use incident_deploy::self_check::complaint;
use incident_model::Incident;

/// Differences to list; more are only counted, and `plan` shows all.
const DRIFT: usize = 5;

/// The JSON document.
pub(super) fn document(facts: &Facts, problems: &[Problem], ui: &Ui) -> Value {
    let problems: Vec<Value> =
        problems.iter().map(|problem| json!({"message": problem.message, "hint": ui.complete(problem.hint)})).collect();
    let self_check = facts.self_check.as_ref().map(|answer| match answer {
        Ok(version) => json!({"ok": true, "version": version}),
        Err(answer) => json!({"ok": false, "error": complaint(answer)}),
    });
    json!({
        "ok": problems.is_empty(),
        "stack": facts.stack,
        "resources": facts.resources,
        "subscriptions": facts.subscriptions,
        "incidents": facts.incidents,
        "unreadable": facts.unreadable,
        "silences": facts.silences,
        "queues": facts.queues,
        "mapping": facts.mapping,
        "alarms": facts.alarms,
        "function_queries": facts.queries,
        "self_check": self_check,
        "drift": facts.drift,
        "problems": problems,
    })
}

/// The status as text.
pub(super) fn text(facts: &Facts, problems: &[Problem], ui: &Ui) -> Vec<Line> {
    let mut lines = vec![verdict(facts, problems)];
    for problem in problems {
        lines.push(Line::labelled(Label::Error, "✗").indented("  ").and(" ").and(problem.message.as_str()));
        lines.push(format!("    → {}", ui.complete(problem.hint)).into());
    }
    if facts.exists {
        lines.extend(details(facts));
    }
    lines
}

fn verdict(facts: &Facts, problems: &[Problem]) -> Line {
    match problems.is_empty() {
        true => Line::labelled(Label::Success, "healthy")
            .and(format!(": the stack `{}` sees failures and alerts", facts.stack)),
        false => Line::labelled(Label::Error, "broken").and(": an alert may not arrive"),
    }
}

fn details(facts: &Facts) -> Vec<Line> {
    let resources = facts.resources;
    let drift = match facts.drift.as_slice() {
        [] => "none".to_owned(),
        drift => drift.iter().take(DRIFT).map(difference).collect::<Vec<_>>().join(", ") + &more(drift.len()),
    };
    let incidents = facts.incidents.iter().map(|incident| {
        let (at, Incident { severity, status, summary, .. }) = (time_arg::readable(&incident.created_at), incident);
        format!("{at}  {severity:8} {status:12} {summary}")
    });
    let queues = facts.queues;
    let depth = |depth: Option<u64>| depth.map_or_else(|| "missing".to_owned(), |depth| depth.to_string());
    let mapping = facts.mapping.as_deref().map_or_else(|| "missing".to_owned(), str::to_lowercase);
    let self_check = match &facts.self_check {
        None => "the handler is missing".to_owned(),
        Some(Ok(version)) => format!("the handler {version} reaches its rules, table and topic"),
        Some(Err(answer)) => complaint(answer),
    };
    let rows = [
        row("resources", &format!("{} of {} up to date", resources.as_they_should_be, resources.total)),
        row("drift", &drift),
        row("self-check", &self_check),
        row("events", &format!("{} in the queue, the mapping is {}", depth(queues.events), mapping)),
        row("dead letters", &format!("{} of the rules, {} of the handler", depth(queues.rule), depth(queues.handler))),
        listed("alarms", facts.alarms.iter().map(alarm)),
        row("queries", &facts.queries.as_ref().map_or_else(|| "none this month".to_owned(), Queries::line)),
        listed("subscribers", facts.subscriptions.iter().map(subscriber)),
        listed("silences", facts.silences.iter().map(silence)),
        listed("incidents", incidents),
    ];
    let mut lines = rows.concat();
    if !facts.unreadable.is_empty() {
        let number = count(facts.unreadable.len(), "incident");
        let of_newer = format!("{number} that this version cannot read: {}", facts.unreadable.join(", "));
        lines.extend(row("unreadable", &of_newer));
    }
    lines
}

fn row(name: &str, text: &str) -> Vec<Line> {
    vec![format!("  {name:13} {text}").into()]
}

/// A line for each item, and the name before the first.
fn listed(name: &str, items: impl Iterator<Item = String>) -> Vec<Line> {
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    let lines: Vec<Line> = names.zip(items).map(|(name, item)| format!("  {name:13} {item}").into()).collect();
    if lines.is_empty() { row(name, "none") } else { lines }
}

fn alarm(alarm: &Alarm) -> String {
    format!("{:17} {}", alarm.state, alarm.name)
}

fn subscriber(one: &Subscriber) -> String {
    match (one.pending, one.pending_since) {
        (false, _) => format!("confirmed         {}", one.endpoint),
        (true, Some(since)) => {
            let (waited, left) = hours_pending(since);
            format!("pending for {waited} h  {} (expires in {left} h)", one.endpoint)
        }
        (true, None) => format!(
            "pending           {} (for less than {LIFETIME_HOURS} h; SNS does not report since when)",
            one.endpoint
        ),
    }
}

fn silence(state: &SilenceState) -> String {
    let SilenceState { silence, held, .. } = state;
    let until = time_arg::readable(&silence.until);
    let held = count(*held, "incident");
    format!("until {until}  holds {held} back: {}, by {} ({})", silence.silence_id, silence.by, silence.reason)
}

fn difference(drift: &Drift) -> String {
    match drift.action {
        Action::Create => format!("{} is missing", drift.logical_id),
        Action::Update => format!("{} ({})", drift.logical_id, drift.properties.join(", ")),
        _ => drift.logical_id.clone(),
    }
}

fn more(all: usize) -> String {
    match all.saturating_sub(DRIFT) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}
