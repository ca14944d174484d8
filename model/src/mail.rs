//! The email about an incident: plain text whose first five lines state what, where, since when, how often, and what to
//! do.

mod many;
#[cfg(test)]
mod tests;
pub mod unrecorded;

pub use many::{digest, silence_ended};

use crate::console;
use crate::fields::shortened;
use crate::incident::Incident;
use crate::notice::{FLAPPING_SECONDS, RECOVERED, Reason};
use crate::timeline::TimelineEntry;

/// Longest subject that SNS accepts (it rejects 101 with `Invalid parameter: Subject`).
pub const MAX_SUBJECT: usize = 100;
/// Longest body in bytes: SNS accepts 256 KiB, including attributes, for topics with email subscriptions.
pub const MAX_BODY: usize = 250_000;

/// A mail, ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Printable ASCII, at most [`MAX_SUBJECT`] characters, no leading blank.
    pub subject: String,
    /// Plain text: at most [`MAX_BODY`] bytes, no control characters but line breaks.
    pub body: String,
}

/// The context of a mail about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice<'a> {
    /// Number of the notice, from 1 per incident. A duplicate mail has the same number.
    pub number: u64,
    /// The reason for a notice.
    pub reason: Reason,
    /// The stack that the commands in the mail name.
    pub stack: &'a str,
}

/// The mail about an incident.
pub fn about(incident: &Incident, notice: &Notice<'_>) -> Mail {
    Mail { subject: subject(incident, notice), body: body(incident, notice) }
}

fn subject(incident: &Incident, notice: &Notice<'_>) -> String {
    let severity = incident.severity;
    let head = match notice.reason {
        _ if incident.drill.is_some() => format!("[{severity}] TEST: "),
        Reason::Opened => format!("[{severity}] "),
        Reason::Flapping => format!("[{severity}] FLAPPING: "),
        Reason::Escalated => format!("[{severity}] ESCALATED: "),
        Reason::Reminder => format!("[{severity}] REMINDER: "),
        Reason::Recovered => match ended_as(incident) {
            Some(how) => format!("[RESOLVED] {how}: "),
            None => "[RECOVERED] ".to_owned(),
        },
        Reason::Other(word) => format!("[{severity}] {}: ", word.as_str().to_uppercase()),
    };
    with_reference(&head, &incident.summary, incident, notice)
}

fn body(incident: &Incident, notice: &Notice<'_>) -> String {
    match notice.reason {
        Reason::Recovered => recovery(incident, notice),
        _ => failure(incident, notice),
    }
}

fn failure(incident: &Incident, notice: &Notice<'_>) -> String {
    let mut lines = vec![
        format!("What:      {} - {}", incident.severity, incident.summary),
        format!("Where:     {}", place(incident)),
        format!("Since:     {}", incident.created_at),
        format!("How often: {}", frequency(incident)),
        format!("Do this:   {}", first_sentence(&incident.recommendation)),
        String::new(),
    ];
    lines.extend(occasion(incident, notice));
    if first_sentence(&incident.recommendation) != incident.recommendation {
        lines.extend([format!("In full:   {}", incident.recommendation), String::new()]);
    }
    lines.extend(facts(incident, notice));
    lines.extend(links(incident));
    lines.extend(commands(incident, notice));
    finished(lines)
}

/// The reason for this mail, where the first lines do not show it.
fn occasion(incident: &Incident, notice: &Notice<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if incident.drill.is_some() {
        lines.push("This is a test, triggered by `incidentctl trigger-test`.".to_owned());
    }
    match notice.reason {
        Reason::Flapping => lines.push(format!(
            "FLAPPING: it began and ended {} times within {} minutes. The next mail follows when the state has been \
             stable for that long.",
            incident.recent_changes.len().div_ceil(2),
            FLAPPING_SECONDS / 60
        )),
        Reason::Escalated => {
            lines.push(format!("ESCALATED: it is {} now; it was lower in the previous mail.", incident.severity))
        }
        Reason::Reminder => lines.push(format!("REMINDER: unacknowledged since {}.", incident.created_at)),
        Reason::Opened | Reason::Recovered | Reason::Other(_) => {}
    }
    if let Some(previous) = &incident.previous_incident_id {
        lines.push(format!("It recurred; the previous incident is {previous}."));
    }
    if let Some(alarm) = &incident.explains_incident_id {
        lines.push(format!("It is the cause of the alarm in incident {alarm}, which is closed in favour of this one."));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn recovery(incident: &Incident, notice: &Notice<'_>) -> String {
    let noted = || recovered(incident);
    let over = incident.resolved_at.as_ref().or_else(|| noted().map(|entry| &entry.at));
    let over = over.map(|at| format!(", over at {at}")).unwrap_or_default();
    let how = ended_as(incident).unwrap_or(RECOVERED);
    finished(vec![
        format!("What:      {how} - {}", incident.summary),
        format!("Where:     {}", place(incident)),
        format!("Since:     {}{over}", incident.created_at),
        format!("How often: {}", frequency(incident)),
        format!("Do this:   {}", after_the_end(incident)),
        String::new(),
        format!("Incident:  {} (notice {})", incident.incident_id, notice.number),
        format!("Details:   incidentctl incidents show {} --stack {}", incident.incident_id, notice.stack),
    ])
}

/// The timeline's entry about the recovery.
fn recovered(incident: &Incident) -> Option<&TimelineEntry> {
    incident.timeline.iter().rev().find(|entry| entry.what.starts_with(RECOVERED))
}

/// How it ended, if that is no recovery: an alarm without data.
fn ended_as(incident: &Incident) -> Option<&str> {
    recovered(incident)?.what.strip_prefix(RECOVERED)?.strip_prefix(": ")
}

/// What to do about an incident that an event ended.
fn after_the_end(incident: &Incident) -> &'static str {
    match ended_as(incident) {
        Some(_) => "find out whether the failure is over: nothing reports its end. The incident is resolved.",
        None => "nothing; the incident is resolved.",
    }
}

/// The text up to the first full stop or question mark before another sentence.
fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(['.', '?']).map(|(at, _)| at + 1);
    let begins_sentence = |rest: &str| {
        let mut characters = rest.chars();
        characters.next() == Some(' ') && characters.next().is_some_and(|next| next.is_uppercase() || next == '`')
    };
    ends.map(|end| text.split_at(end)).find(|(_, rest)| begins_sentence(rest)).map_or(text, |(sentence, _)| sentence)
}

fn place(incident: &Incident) -> String {
    let known = |name: &str, value: &str| if value.is_empty() { String::new() } else { format!(", {name} {value}") };
    let account = known("account", &incident.account);
    let region = known("region", &incident.region);
    format!("{} {}{account}{region}", incident.source, incident.resource)
}

fn frequency(incident: &Incident) -> String {
    match incident.occurrences {
        0 | 1 => "once so far".to_owned(),
        count => format!("{count} times, last at {}", incident.last_seen_at),
    }
}

fn facts(incident: &Incident, notice: &Notice<'_>) -> Vec<String> {
    let mut facts = vec![
        format!("Incident:  {} (notice {})", incident.incident_id, notice.number),
        format!("Severity:  {} by rule {}", incident.severity, incident.rule),
    ];
    let mut fact = |label: &str, value: &str| {
        if !value.is_empty() {
            facts.push(format!("{label:<10} {value}"));
        }
    };
    fact("Error:", &incident.error_type);
    fact("Message:", &incident.error_message);
    fact("Request:", incident.request_id.as_deref().unwrap_or_default());
    fact("Runbook:", incident.runbook.as_deref().unwrap_or_default());
    facts
}

fn links(incident: &Incident) -> Vec<String> {
    let links: Vec<_> = console::links(incident).iter().map(|link| format!("{}: {}", link.label, link.url)).collect();
    if links.is_empty() { links } else { [vec![String::new()], links].concat() }
}

fn commands(incident: &Incident, notice: &Notice<'_>) -> Vec<String> {
    let id = &incident.incident_id;
    let stack = notice.stack;
    vec![
        String::new(),
        "To acknowledge it:".to_owned(),
        format!("  incidentctl incidents ack {id} --stack {stack}"),
        "To see all details:".to_owned(),
        format!("  incidentctl incidents show {id} --stack {stack}"),
    ]
}

/// `head`, as much of the text as fits, and the end of the incident's id with the notice's number.
fn with_reference(head: &str, text: &str, incident: &Incident, notice: &Notice<'_>) -> String {
    let tail: String = incident.incident_id.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
    let reference = ascii(&format!(" ({tail} #{})", notice.number));
    let head = ascii(head);
    let room = MAX_SUBJECT.saturating_sub(head.len() + reference.len());
    let text = shortened(ascii(text).trim(), room);
    let subject = format!("{head}{text}{reference}");
    subject.trim_start().chars().take(MAX_SUBJECT).collect()
}

/// Printable ASCII: runs of blanks and control characters become one blank, other characters a question mark.
fn ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' '..='~' => ascii.push(character),
            _ if character.is_whitespace() || character.is_control() => {
                if !ascii.ends_with(' ') {
                    ascii.push(' ');
                }
            }
            _ => ascii.push('?'),
        }
    }
    ascii
}

/// One line per entry: line breaks and control characters within an entry become blanks. Truncated to [`MAX_BODY`]
/// bytes.
fn finished(lines: Vec<String>) -> String {
    let mut body = String::new();
    for line in lines {
        body.extend(line.chars().map(|character| if character.is_control() { ' ' } else { character }));
        body.push('\n');
    }
    if body.len() > MAX_BODY {
        let end = (0..=MAX_BODY).rev().find(|&end| body.is_char_boundary(end)).unwrap_or_default();
        body.truncate(end);
    }
    body
}
