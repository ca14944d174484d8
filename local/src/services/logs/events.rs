//! Reads events: of one stream, or matching ones of a group.

use crate::{ApiError, Call, Cloud, Output};

use super::filter::Filter;
use super::parameters::{group_identifier, invalid, limit, only, stream_name};
use super::store::{Event, with_group};
use super::streams::no_stream;

const LIMIT: usize = 10_000;

pub(super) fn get(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    only(
        call,
        &[
            "logGroupName",
            "logGroupIdentifier",
            "logStreamName",
            "startTime",
            "endTime",
            "nextToken",
            "limit",
            "startFromHead",
        ],
    )?;
    let name = stream_name(call)?;
    let limit = limit(call, LIMIT)?;
    let position = position(call)?;
    let (start, end) = (call.input.integer("startTime"), call.input.integer("endTime"));
    with_group(cloud, &call.region, group_identifier(call)?, |group| {
        if !group.streams.contains_key(name) {
            return Err(no_stream());
        }
        let mut events: Vec<&Event> = group
            .events
            .iter()
            .filter(|event| event.stream == name)
            .filter(|event| start.is_none_or(|start| event.timestamp >= start))
            .filter(|event| end.is_none_or(|end| event.timestamp < end))
            .filter(|event| position.admits(event.id))
            .collect();
        if position.is_backward() {
            events.drain(..events.len().saturating_sub(limit));
        }
        events.truncate(limit);
        let (first, last) = position.neighbours(&events);
        Ok(Output::structure([
            ("events", Some(Output::List(events.iter().map(|event| stream_event(event)).collect()))),
            ("nextForwardToken", Some(format!("f/{last:056}").into())),
            ("nextBackwardToken", Some(format!("b/{first:056}").into())),
        ]))
    })
}

/// Page boundary within a stream, by event id.
#[derive(Clone, Copy)]
enum Position {
    Head,
    Tail,
    From(u64),
    Before(u64),
}

impl Position {
    fn admits(self, id: u64) -> bool {
        match self {
            Self::Head | Self::Tail => true,
            Self::From(first) => id >= first,
            Self::Before(end) => id < end,
        }
    }

    fn is_backward(self) -> bool {
        matches!(self, Self::Tail | Self::Before(_))
    }

    /// The event ids at both ends of a page. An empty page repeats its token, by which clients recognise the end.
    fn neighbours(self, events: &[&Event]) -> (u64, u64) {
        match (events, self) {
            ([first, ..], _) => (first.id, events.last().map_or(first.id, |last| last.id) + 1),
            ([], Self::From(id) | Self::Before(id)) => (id, id),
            ([], _) => (0, 0),
        }
    }
}

fn position(call: &Call) -> Result<Position, ApiError> {
    let from_head = call.input.flag("startFromHead") == Some(true);
    match call.input.text("nextToken") {
        None if from_head => Ok(Position::Head),
        None => Ok(Position::Tail),
        Some(token) => {
            let (direction, digits) = token.split_once('/').unwrap_or_default();
            match (direction, digits.parse()) {
                ("f", Ok(id)) => Ok(Position::From(id)),
                ("b", Ok(id)) => Ok(Position::Before(id)),
                _ => Err(invalid("The specified nextToken is invalid.")),
            }
        }
    }
}

fn stream_event(event: &Event) -> Output {
    Output::structure([
        ("timestamp", Some(event.timestamp.into())),
        ("message", Some(event.message.as_str().into())),
        ("ingestionTime", Some(event.ingested.into())),
    ])
}

/// `FilterLogEvents`: in time order, across streams.
pub(super) fn filter(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    only(
        call,
        &[
            "logGroupName",
            "logGroupIdentifier",
            "logStreamNames",
            "logStreamNamePrefix",
            "startTime",
            "endTime",
            "filterPattern",
            "nextToken",
            "limit",
            "interleaved",
            "unmask",
        ],
    )?;
    let streams = call.input.texts("logStreamNames");
    let prefix = call.input.text("logStreamNamePrefix");
    if prefix.is_some() && !streams.is_empty() {
        return Err(invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters."));
    }
    let filter = Filter::parse(call.input.text("filterPattern").unwrap_or_default())?;
    let (start, end) = (call.input.integer("startTime"), call.input.integer("endTime"));
    let after = call.input.text("nextToken").map(parse_cursor).transpose()?;
    let limit = limit(call, LIMIT)?;
    with_group(cloud, &call.region, group_identifier(call)?, |group| {
        let mut events: Vec<&Event> = group
            .events
            .iter()
            .filter(|event| streams.is_empty() || streams.contains(&event.stream))
            .filter(|event| prefix.is_none_or(|prefix| event.stream.starts_with(prefix)))
            .filter(|event| start.is_none_or(|start| event.timestamp >= start))
            .filter(|event| end.is_none_or(|end| event.timestamp <= end))
            .filter(|event| after.is_none_or(|after| cursor(event) > after))
            .filter(|event| filter.matches(&event.message))
            .collect();
        events.sort_by_key(|event| cursor(event));
        let has_more = events.len() > limit;
        events.truncate(limit);
        let next = events.last().filter(|_| has_more).map(|last| format!("{}/{}", last.timestamp, last.id));
        Ok(Output::structure([
            ("events", Some(Output::List(events.iter().map(|event| filtered_event(event)).collect()))),
            ("searchedLogStreams", Some(Output::List(Vec::new()))),
            ("nextToken", next.map(Output::from)),
        ]))
    })
}

/// An event's position in the result.
fn cursor(event: &Event) -> (i64, u64) {
    (event.timestamp, event.id)
}

fn parse_cursor(token: &str) -> Result<(i64, u64), ApiError> {
    let (timestamp, id) = token.split_once('/').unwrap_or_default();
    match (timestamp.parse(), id.parse()) {
        (Ok(timestamp), Ok(id)) => Ok((timestamp, id)),
        _ => Err(invalid("The specified nextToken is invalid.")),
    }
}

fn filtered_event(event: &Event) -> Output {
    Output::structure([
        ("logStreamName", Some(event.stream.as_str().into())),
        ("timestamp", Some(event.timestamp.into())),
        ("message", Some(event.message.as_str().into())),
        ("ingestionTime", Some(event.ingested.into())),
        ("eventId", Some(format!("{:056}", event.id).into())),
    ])
}
