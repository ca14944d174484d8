//! The email about an incident: plain text whose first five lines state what, where, since when, how often, and what to
//! do.
//!
//! The words of an event are recognisable: they stand in quotation marks or in lines that begin with `> `; only names stand in
//! our sentences as they are. They are never part of a link or a command.

mod analysed;
#[cfg(test)]
mod attacks;
mod line;
mod many;
#[cfg(test)]
mod tests;
pub mod unrecorded;

pub use many::{digest, silence_ended};

use deunicode::deunicode_char;

use crate::console;
use crate::fields::shortened;
use crate::incident::Incident;
use crate::notice::{FLAPPING_SECONDS, RECOVERED, Reason};
use crate::quotation::{named, said, without_links};
use crate::timeline::TimelineEntry;
use line::{Line, command, finished, quoted};

/// Longest subject that SNS accepts (it rejects 101 with `Invalid parameter: Subject`).
pub const MAX_SUBJECT: usize = 100;
/// Longest body in bytes: SNS accepts 256 KiB, including attributes, for topics with email subscriptions.
pub const MAX_BODY: usize = 250_000;

/// A mail, ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Printable ASCII, at most [`MAX_SUBJECT`] characters, no leading blank.
    pub subject: String,
    /// Plain text: at most [`MAX_BODY`] bytes, no unprintable characters but line breaks, no links but ours.
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
    let mut lines: Vec<Line> = vec![
        format!("What:      {} - {}", incident.severity, said(&incident.summary)).into(),
        format!("Where:     {}", place(incident)).into(),
        format!("Since:     {}", incident.created_at).into(),
        format!("How often: {}", frequency(incident)).into(),
        Line::ours("Do this:  ", first_sentence(&incident.recommendation)),
        Line::blank(),
    ];
    lines.extend(analysed::lines(incident));
    lines.extend(occasion(incident, notice).into_iter().map(Line::from));
    if first_sentence(&incident.recommendation) != incident.recommendation {
        lines.extend([Line::ours("In full:  ", &incident.recommendation), Line::blank()]);
    }
    lines.extend(facts(incident, notice));
    lines.extend(event(incident));
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
        lines.push(format!("It recurred; the previous incident is {}.", named(previous)));
    }
    if let Some(at) = &incident.function_missing_at {
        lines.push(format!("No function had this name at {at}: it was deleted, or Lambda did not send the event."));
    }
    if let Some(alarm) = &incident.explains_incident_id {
        let alarm = named(alarm);
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
    let mut lines: Vec<Line> = vec![
        format!("What:      {how} - {}", said(&incident.summary)).into(),
        format!("Where:     {}", place(incident)).into(),
        format!("Since:     {}{over}", incident.created_at).into(),
        format!("How often: {}", frequency(incident)).into(),
        format!("Do this:   {}", after_the_end(incident)).into(),
        Line::blank(),
        reference(incident, notice.number).into(),
    ];
    let details = command("incidents show", Some(&incident.incident_id), notice.stack);
    lines.extend(details.map(|command| format!("Details:   {command}").into()));
    finished(lines)
}

fn reference(incident: &Incident, number: u64) -> String {
    format!("Incident:  {} (notice {number})", named(&incident.incident_id))
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
    let known = |name: &str, value: &str| match value {
        "" => String::new(),
        value => format!(", {name} {}", named(value)),
    };
    let account = known("account", &incident.account);
    let region = known("region", &incident.region);
    format!("{} {}{account}{region}", named(&incident.source), named(&incident.resource))
}

fn frequency(incident: &Incident) -> String {
    match incident.occurrences {
        0 | 1 => "once so far".to_owned(),
        count => match incident.number_of_variants() {
            Some(variants) => format!("{count} times in {variants} wordings, last at {}", incident.last_seen_at),
            None => format!("{count} times, last at {}", incident.last_seen_at),
        },
    }
}

fn facts(incident: &Incident, notice: &Notice<'_>) -> Vec<Line> {
    let severity = format!("Severity:  {} by rule {}", incident.severity, named(&incident.rule));
    let runbook = incident.runbook.iter().map(|url| Line::ours("Runbook:  ", url));
    [reference(incident, notice.number).into(), severity.into()].into_iter().chain(runbook).collect()
}

/// What the event says of the failure, in its own words.
fn event(incident: &Incident) -> Vec<Line> {
    let said = [
        ("Error:", incident.error_type.as_str()),
        ("Message:", incident.error_message.as_str()),
        ("Request:", incident.request_id.as_deref().unwrap_or_default()),
        ("Frame:", &incident.fingerprint_inputs.top_frame),
        ("Line:", &incident.fingerprint_inputs.statement),
    ];
    let lines: Vec<Line> = said.into_iter().flat_map(|(label, text)| quoted(label, text)).collect();
    if lines.is_empty() { lines } else { [vec![Line::blank(), "The event says:".into()], lines].concat() }
}

fn links(incident: &Incident) -> Vec<Line> {
    let links = console::links(incident).into_iter();
    let links: Vec<Line> = links.map(|link| Line::ours(&format!("{}:", link.label), &link.url)).collect();
    if links.is_empty() { links } else { [vec![Line::blank()], links].concat() }
}

fn commands(incident: &Incident, notice: &Notice<'_>) -> Vec<Line> {
    let of_incident = |what: &str, verb: &str| -> Option<[Line; 2]> {
        let command = command(verb, Some(&incident.incident_id), notice.stack)?;
        Some([what.into(), format!("  {command}").into()])
    };
    let commands =
        [of_incident("To acknowledge it:", "incidents ack"), of_incident("To see all details:", "incidents show")];
    std::iter::once(Line::blank()).chain(commands.into_iter().flatten().flatten()).collect()
}

/// `head`, as much of the text as fits, and the end of the incident's id with the notice's number.
fn with_reference(head: &str, text: &str, incident: &Incident, notice: &Notice<'_>) -> String {
    let tail: String = incident.incident_id.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
    let reference = ascii(&format!(" ({tail} #{})", notice.number));
    let head = ascii(head);
    let room = MAX_SUBJECT.saturating_sub(head.len() + reference.len());
    let text = shortened(fitting(&without_links(&ascii(text)), &ascii(&incident.resource), room).trim(), room);
    let subject = format!("{head}{text}{reference}");
    subject.trim_start().chars().take(MAX_SUBJECT).collect()
}

/// Longest name in a subject that has no room for all of it, in characters. Its ends tell names apart.
const MOST_OF_NAME: usize = 32;

/// A text of this many characters: if it is longer, the name in it is cut in its middle, so that what happened stays.
fn fitting(text: &str, name: &str, room: usize) -> String {
    if text.len() <= room || name.len() <= MOST_OF_NAME {
        return text.to_owned();
    }
    let (begin, end) = (MOST_OF_NAME / 2, name.len() - (MOST_OF_NAME / 2 - "...".len()));
    text.replacen(name, &format!("{}...{}", &name[..begin], &name[end..]), 1)
}

/// Printable ASCII: runs of blanks and control characters become one blank, other characters what a reader of Latin letters
/// would write for them, or a question mark. Mail clients of old show anything else as they like.
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
            other => ascii.push_str(deunicode_char(other).unwrap_or("?")),
        }
    }
    ascii
}
