//! Mails about several incidents at once.

use std::collections::HashMap;

use super::line::{Line, command, finished};
use super::{MAX_SUBJECT, Mail, after_the_end, analysed, ascii, ended_as, first_sentence, frequency, place};
use crate::fields::shortened;
use crate::incident::Incident;
use crate::notice::{RECOVERED, Reason};
use crate::quotation::{named, said, without_links};
use crate::silence::Silence;

/// The digest of incidents beyond the mail budget, or of those that began with another of the same cause; at least one.
pub fn digest(incidents: &[Incident], stack: &str) -> Mail {
    if let Some(first) = common_cause(incidents) {
        return of_one_cause(first, incidents, stack);
    }
    let mut lines: Vec<Line> = vec![
        format!("What:      {}", counts(incidents)).into(),
        format!("Where:     {}", places(incidents)).into(),
        format!("Since:     {}", earliest(incidents)).into(),
        format!("How often: {}", failures(incidents)).into(),
        "Do this:   start with the first below; they are sorted by severity.".into(),
        Line::blank(),
        "The mail limit per minute was reached, so this mail covers all of the following incidents.".into(),
    ];
    lines.extend(listed(incidents, stack));
    Mail { subject: subject("[DIGEST]", incidents), body: finished(lines) }
}

/// The incident with which all of these share their cause.
fn common_cause(incidents: &[Incident]) -> Option<&str> {
    let known: HashMap<&str, &str> = incidents
        .iter()
        .filter_map(|one| Some((one.incident_id.as_str(), one.shares_cause_with.as_deref()?)))
        .collect();
    // One may share its cause with another of the list, which shares it with the first.
    let first = |incident: &Incident| {
        let first = *known.get(incident.incident_id.as_str())?;
        Some(known.get(first).copied().unwrap_or(first))
    };
    let cause = first(incidents.first()?)?;
    let are_new = incidents.iter().all(|one| !matches!(one.due, Some(reason) if reason != Reason::Opened));
    (are_new && incidents.iter().all(|one| first(one) == Some(cause))).then_some(cause)
}

fn of_one_cause(first: &str, incidents: &[Incident], stack: &str) -> Mail {
    let more = match incidents.len() {
        1 => "1 more fails".to_owned(),
        number => format!("{number} more fail"),
    };
    let sorted = sorted(incidents);
    let mut lines: Vec<Line> = vec![
        format!("What:      {more} for the same reason as {} ({})", named(first), severities(&sorted)).into(),
        format!("Where:     {}", places(incidents)).into(),
        format!("Since:     {}", earliest(incidents)).into(),
        format!("How often: {}", failures(incidents)).into(),
        "Do this:   mend the common cause first; all of them began within two minutes.".into(),
        Line::blank(),
    ];
    let analysed = sorted.iter().find(|one| one.analysis.is_some());
    lines.extend(analysed.into_iter().flat_map(|one| analysed::cause(one)));
    lines.extend(listed(incidents, stack));
    let worst = sorted.first().map_or("", |worst| worst.summary.as_str());
    let severity = sorted.first().map_or(String::new(), |worst| format!("[{}] ", worst.severity));
    let subject =
        shortened(&without_links(&ascii(&format!("{severity}{more} for the same reason: {worst}"))), MAX_SUBJECT);
    Mail { subject, body: finished(lines) }
}

/// The mail about the end of a silence, with the incidents that it hid, at least one. The silence may be known by its
/// id only.
pub fn silence_ended(silence_id: &str, silence: Option<&Silence>, incidents: &[Incident], stack: &str) -> Mail {
    let about = silence.map_or_else(
        || format!("Silence {} has ended.", named(silence_id)),
        |silence| {
            let [by, reason, id] = [&silence.by, &silence.reason, silence_id].map(named);
            let [from, until] = [&silence.created_at, &silence.until].map(|at| named(at));
            format!("The silence by {by} from {from} to {until} has ended ({reason}; {id}).")
        },
    );
    let still_open = incidents.iter().filter(|incident| incident.due != Some(Reason::Recovered)).count();
    let mut lines: Vec<Line> = vec![
        format!("What:      a silence ended; it hid {}", counts(incidents)).into(),
        format!("Where:     {}", places(incidents)).into(),
        format!("Since:     {}", earliest(incidents)).into(),
        format!("How often: {}", failures(incidents)).into(),
        match still_open {
            0 => "Do this:   nothing; all of them are resolved.".into(),
            number => format!("Do this:   check the {number} that are unresolved; mails about them resume.").into(),
        },
        Line::blank(),
        about.into(),
    ];
    lines.extend(listed(incidents, stack));
    Mail { subject: subject("[SILENCE ENDED]", incidents), body: finished(lines) }
}

fn subject(head: &str, incidents: &[Incident]) -> String {
    let worst = sorted(incidents).first().map(|worst| format!(": {}", worst.summary)).unwrap_or_default();
    shortened(&without_links(&ascii(&format!("{head} {}{worst}", counts(incidents)))), MAX_SUBJECT)
}

/// `12 incidents (2 CRITICAL, 10 LOW)`.
fn counts(incidents: &[Incident]) -> String {
    let word = if incidents.len() == 1 { "incident" } else { "incidents" };
    format!("{} {word} ({})", incidents.len(), severities(&sorted(incidents)))
}

/// `2 CRITICAL, 10 LOW`, of incidents that are sorted.
fn severities(sorted: &[&Incident]) -> String {
    let same = sorted.chunk_by(|one, other| one.severity == other.severity);
    let counted = same.filter_map(|same| Some(format!("{} {}", same.len(), same.first()?.severity)));
    counted.collect::<Vec<_>>().join(", ")
}

/// The resources, as many as fit on a line.
fn places(incidents: &[Incident]) -> String {
    let mut places: Vec<&str> = sorted(incidents).iter().map(|incident| incident.resource.as_str()).collect();
    places.dedup();
    shortened(&places.into_iter().map(named).collect::<Vec<_>>().join(", "), 200)
}

fn earliest(incidents: &[Incident]) -> &str {
    incidents.iter().map(|incident| incident.created_at.as_str()).min().unwrap_or_default()
}

fn failures(incidents: &[Incident]) -> String {
    match incidents.iter().map(|incident| incident.occurrences).fold(0, u64::saturating_add) {
        1 => "one failure in all".to_owned(),
        number => format!("{number} failures in all"),
    }
}

/// Worst first, then oldest first.
fn sorted(incidents: &[Incident]) -> Vec<&Incident> {
    let mut sorted: Vec<&Incident> = incidents.iter().collect();
    sorted.sort_by_key(|incident| (std::cmp::Reverse(incident.severity), &incident.incident_id));
    sorted
}

/// Incidents of one resource that are listed one by one; the others are folded into a line.
const MOST_OF_A_RESOURCE: usize = 3;
/// Longest advice of a listed incident, in characters.
const MAX_ADVICE: usize = 160;

fn listed(incidents: &[Incident], stack: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for of_resource in by_resource(incidents) {
        let (listed, folded) = of_resource.split_at(of_resource.len().min(MOST_OF_A_RESOURCE));
        listed.iter().for_each(|incident| lines.extend(entry(incident)));
        if let Some(first) = folded.first() {
            let ids: Vec<String> =
                folded.iter().map(|one| format!("{} (notice {})", named(&one.incident_id), one.notices)).collect();
            let more = format!("{} more of {} {}", folded.len(), named(&first.source), named(&first.resource));
            let of_others = format!("{more}, {}:", severities(folded));
            lines.extend([Line::blank(), of_others.into(), format!("  {}", ids.join(", ")).into()]);
        }
    }
    if let Some(list) = command("incidents list", None, stack) {
        lines.extend([Line::blank(), "To see them all:".into(), format!("  {list}").into()]);
    }
    lines
}

/// What broke, what to do, and the id.
fn entry(incident: &Incident) -> Vec<Line> {
    let advice = match incident.due {
        Some(Reason::Recovered) => after_the_end(incident),
        _ => first_sentence(&incident.recommendation),
    };
    let mut lines: Vec<Line> = vec![
        Line::blank(),
        format!("{}{} - {}", incident.severity, word(incident), said(&incident.summary)).into(),
        format!("  {}, since {}, {}", place(incident), incident.created_at, frequency(incident)).into(),
        Line::ours("  Do this:", &shortened(advice, MAX_ADVICE)),
    ];
    lines.extend(analysed::brief(incident));
    lines.push(format!("  {} (notice {})", named(&incident.incident_id), incident.notices).into());
    lines
}

/// The incidents of each resource together, in the order of its worst one.
fn by_resource(incidents: &[Incident]) -> Vec<Vec<&Incident>> {
    let mut resources: Vec<Vec<&Incident>> = Vec::new();
    let mut places: HashMap<[&str; 4], usize> = HashMap::new();
    for incident in sorted(incidents) {
        let Incident { account, region, source, resource, .. } = incident;
        let next = resources.len();
        let at = *places.entry([account, region, source, resource]).or_insert(next);
        match resources.get_mut(at) {
            Some(known) => known.push(incident),
            None => resources.push(vec![incident]),
        }
    }
    resources
}

fn word(incident: &Incident) -> String {
    match incident.due {
        _ if incident.drill.is_some() => " test".to_owned(),
        Some(Reason::Opened) | None => String::new(),
        Some(Reason::Recovered) => format!(" {}", ended_as(incident).unwrap_or(RECOVERED)),
        Some(reason) => format!(" {reason}"),
    }
}
