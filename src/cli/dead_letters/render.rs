//! Dead letters as people and programs read them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cli::time_arg;
use crate::dead_letters::DeadLetter;
use crate::ui::{Label, Line, Table};

const NAME_WIDTH: usize = 14;

/// Length of an id for people: two groups of a UUID's digits.
const SHORT_ID: usize = 13;
/// So much of an error stands in a row.
const ERROR_WIDTH: usize = 60;

/// One row per letter. Short ids are beginnings, which commands accept.
pub(super) fn table(letters: &[DeadLetter], short_ids: bool) -> Table {
    let mut table =
        Table::new(["ID", "QUEUE", "SINCE (UTC)", "RECEIVES", "SOURCE", "DETAIL-TYPE", "RESOURCE", "ERROR", "REASON"]);
    let length = if short_ids && tells_apart(letters, SHORT_ID) { SHORT_ID } else { usize::MAX };
    for letter in letters {
        let event = &letter.event;
        table.row([
            shortened(&letter.message_id, length).into(),
            letter.queue.name().into(),
            since(letter).into(),
            letter.receives.to_string().into(),
            or_dash(&event.source).into(),
            or_dash(&event.detail_type).into(),
            or_dash(&event.resource).into(),
            brief(&or_dash(&event.error)).into(),
            letter.reason.line().into(),
        ]);
    }
    table
}

fn tells_apart(letters: &[DeadLetter], length: usize) -> bool {
    let ids: BTreeSet<String> = letters.iter().map(|letter| shortened(&letter.message_id, length)).collect();
    ids.len() == letters.len()
}

fn shortened(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

fn brief(text: &str) -> String {
    match text.chars().nth(ERROR_WIDTH) {
        None => text.to_owned(),
        Some(_) => shortened(text, ERROR_WIDTH - 1) + "…",
    }
}

fn since(letter: &DeadLetter) -> String {
    letter.since.as_deref().map(time_arg::readable).unwrap_or_else(|| "-".to_owned())
}

/// An empty cell would shift the columns of whoever splits at spaces.
fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

/// The object of one letter.
pub(super) fn object(letter: &DeadLetter) -> Result<Value, serde_json::Error> {
    let mut object = json!({"type": "dead-letter"});
    if let (Some(members), Value::Object(own)) = (object.as_object_mut(), serde_json::to_value(letter)?) {
        members.extend(own);
    }
    Ok(object)
}

/// The same with the message, exactly as it is.
pub(super) fn whole(letter: &DeadLetter) -> Result<Value, serde_json::Error> {
    let mut object = object(letter)?;
    object["attributes"] = json!(letter.message.attributes);
    object["body"] = json!(letter.message.body);
    Ok(object)
}

/// All of one letter.
pub(super) fn details(letter: &DeadLetter) -> Vec<Line> {
    let (event, reason) = (&letter.event, &letter.reason);
    let more = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = if event.number > 1 { format!("the first of {}", event.number) } else { String::new() };
    let fields = [
        ("queue", letter.queue.name().to_owned()),
        ("since", since(letter)),
        ("receives", format!("{}, this look included", letter.receives)),
        ("reason", reason.line()),
        ("ended by", more(&reason.condition)),
        ("attempts", reason.attempts.map(|number| number.to_string()).unwrap_or_default()),
        ("first received", more(&reason.first_received)),
        ("rule", more(&reason.rule)),
        ("target", more(&reason.target)),
        ("request", more(&reason.request_id)),
        ("event", [event.id.as_str(), &number].join(" ").trim().to_owned()),
        ("source", event.source.clone()),
        ("detail-type", event.detail_type.clone()),
        ("resource", event.resource.clone()),
        ("happened", event.occurred_at.clone()),
        ("error", event.error.clone()),
    ];
    let fields = fields.iter().filter(|(_, text)| !text.is_empty());
    let fields = fields.map(|(name, text)| format!("{name:NAME_WIDTH$}  {}", one_line(text)).into());
    let title = Line::labelled(Label::Strong, one_line(&letter.message_id));
    let body = body(&letter.message.body);
    [title].into_iter().chain(fields).chain([Line::default()]).chain(body.lines().map(Line::from)).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// JSON in lines; anything else as it is.
fn body(text: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    parsed.map_or_else(|| text.to_owned(), |value| format!("{value:#}"))
}
