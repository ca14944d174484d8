//! Reads events: of one stream, or matching ones of a group. Both in order of time, as soon as they are readable.

use crate::{ApiError, Call, Cloud, Output};

use super::filter::Filter;
use super::page::{self, Direction, Room};
use super::parameters::{group_identifier, invalid, limit, only, stream_name, stream_names, time_range};
use super::store::{Event, Group, Place, now, with_group};
use super::streams::no_stream;

/// Events that one call searches: AWS's calls end, too, before they have searched everything, and return an empty page.
const SEARCHED: usize = 20_000;
/// 1 January 2024, from when on groups can be read backwards (API reference, `FilterLogEvents`).
const BACKWARD_SINCE: i64 = 1_704_067_200_000;

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
            "unmask",
        ],
    )?;
    let name = stream_name(call)?;
    let limit = limit(call, page::EVENTS)?;
    let position = Position::of(call)?;
    let (start, end) = time_range(call)?;
    with_group(cloud, &call.region, group_identifier(call)?, |group| {
        if !group.streams.contains_key(name) {
            return Err(no_stream());
        }
        let events = ordered(group, |event| {
            event.stream == name
                && start.is_none_or(|start| event.timestamp >= start)
                && end.is_none_or(|end| event.timestamp < end)
                && position.admits(event.place())
        });
        let page = position.page(&events, limit);
        let (first, last) = position.neighbours(page);
        Ok(Output::structure([
            ("events", Some(Output::List(page.iter().map(|event| stream_event(event)).collect()))),
            ("nextForwardToken", Some(page::token(Direction::Forward, last).into())),
            ("nextBackwardToken", Some(page::token(Direction::Backward, first).into())),
        ]))
    })
}

/// The readable events of a group that are meant, by time.
fn ordered(group: &Group, is_meant: impl Fn(&Event) -> bool) -> Vec<&Event> {
    let now = now();
    let mut events: Vec<&Event> =
        group.events.iter().filter(|event| event.readable <= now && is_meant(event)).collect();
    events.sort_by_key(|event| event.place());
    events
}

/// Where a page of a stream begins.
#[derive(Clone, Copy)]
enum Position {
    Head,
    Tail,
    From(Place),
    Before(Place),
}

impl Position {
    fn of(call: &Call) -> Result<Self, ApiError> {
        let from_head = call.input.flag("startFromHead") == Some(true);
        match call.input.text("nextToken").map(page::parse).transpose()? {
            None if from_head => Ok(Self::Head),
            None => Ok(Self::Tail),
            // "You must specify true for startFromHead" (API reference).
            Some((Direction::Forward, _)) if !from_head => {
                Err(invalid("startFromHead must be true with a nextForwardToken."))
            }
            Some((Direction::Forward, place)) => Ok(Self::From(place)),
            Some((Direction::Backward, place)) => Ok(Self::Before(place)),
        }
    }

    fn admits(self, place: Place) -> bool {
        match self {
            Self::Head | Self::Tail => true,
            Self::From(first) => place >= first,
            Self::Before(end) => place < end,
        }
    }

    /// The events that a page has room for: the first ones, or the last ones.
    fn page<'e, 'g>(self, events: &'e [&'g Event], limit: usize) -> &'e [&'g Event] {
        let mut room = Room::of(limit);
        match self {
            Self::Head | Self::From(_) => {
                let taken = events.iter().take_while(|event| room.take(event)).count();
                &events[..taken]
            }
            Self::Tail | Self::Before(_) => {
                let taken = events.iter().rev().take_while(|event| room.take(event)).count();
                &events[events.len() - taken..]
            }
        }
    }

    /// The places at both ends of a page. An empty page repeats its token, by which clients recognise the end.
    fn neighbours(self, events: &[&Event]) -> (Place, Place) {
        match (events, self) {
            ([first, .., last], _) => (first.place(), (last.timestamp, last.id + 1)),
            ([only], _) => (only.place(), (only.timestamp, only.id + 1)),
            ([], Self::From(place) | Self::Before(place)) => (place, place),
            ([], _) => ((0, 0), (0, 0)),
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
            "startFromHead",
            "interleaved",
            "unmask",
        ],
    )?;
    let streams = stream_names(call)?;
    let prefix = call.input.text("logStreamNamePrefix");
    if prefix.is_some() && !streams.is_empty() {
        return Err(invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters."));
    }
    let filter = Filter::parse(call.input.text("filterPattern").unwrap_or_default())?;
    let (start, end) = time_range(call)?;
    let (direction, place) = direction(call, start)?;
    let limit = limit(call, page::EVENTS)?;
    with_group(cloud, &call.region, group_identifier(call)?, |group| {
        if streams.iter().any(|stream| !group.streams.contains_key(stream)) {
            return Err(no_stream());
        }
        let mut events = ordered(group, |event| {
            (streams.is_empty() || streams.contains(&event.stream))
                && prefix.is_none_or(|prefix| event.stream.starts_with(prefix))
                && start.is_none_or(|start| event.timestamp >= start)
                && end.is_none_or(|end| event.timestamp <= end)
                && place.is_none_or(|place| match direction {
                    Direction::Forward => event.place() >= place,
                    Direction::Backward => event.place() <= place,
                })
        });
        if direction == Direction::Backward {
            events.reverse();
        }
        let (page, next) = search(&events, &filter, limit);
        Ok(Output::structure([
            ("events", Some(Output::List(page.into_iter().map(filtered_event).collect()))),
            ("searchedLogStreams", Some(Output::List(Vec::new()))),
            ("nextToken", next.map(|place| page::token(direction, place).into())),
        ]))
    })
}

/// The direction of a search, and where it goes on.
fn direction(call: &Call, start: Option<i64>) -> Result<(Direction, Option<Place>), ApiError> {
    if let Some((direction, place)) = call.input.text("nextToken").map(page::parse).transpose()? {
        return Ok((direction, Some(place)));
    }
    match call.input.flag("startFromHead") {
        Some(false) if start.is_none_or(|start| start < BACKWARD_SINCE) => {
            Err(invalid("startFromHead can be false only with a startTime on or after 2024-01-01T00:00:00Z."))
        }
        Some(false) => Ok((Direction::Backward, None)),
        _ => Ok((Direction::Forward, None)),
    }
}

/// The matching events of a page, and where the next one begins.
fn search<'g>(events: &[&'g Event], filter: &Filter, limit: usize) -> (Vec<&'g Event>, Option<Place>) {
    let (mut room, mut page) = (Room::of(limit), Vec::new());
    for event in events.iter().take(SEARCHED).filter(|event| filter.matches(&event.message)) {
        if !room.take(event) {
            return (page, Some(event.place()));
        }
        page.push(*event);
    }
    (page, events.get(SEARCHED).map(|event| event.place()))
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
