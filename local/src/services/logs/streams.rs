//! Log stream operations and `PutLogEvents`.

use crate::{ApiError, Call, Cloud, Output};

use super::parameters::{group_identifier, group_name, invalid, limit, only, page, stream_name};
use super::store::{Arrival, Stream, now, with_group};
use super::{measured, record};

const BATCH_LIMIT: usize = 10_000;
const BATCH_BYTES: usize = 1_048_576;
const MAX_AGE: i64 = 14 * 24 * 3600 * 1000;
const MAX_FUTURE: i64 = 2 * 3600 * 1000;
const DAY: i64 = 24 * 3600 * 1000;

pub(super) fn create(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = stream_name(call)?;
    with_group(cloud, &call.region, group_name(call)?, |group| {
        if group.streams.contains_key(name) {
            return Err(ApiError::new("ResourceAlreadyExistsException", "The specified log stream already exists"));
        }
        group.add_stream(name);
        Ok(Output::empty())
    })
}

pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = stream_name(call)?;
    with_group(cloud, &call.region, group_name(call)?, |group| {
        group.streams.remove(name).ok_or_else(no_stream)?;
        group.events.retain(|event| event.stream != name);
        Ok(Output::empty())
    })
}

pub(super) fn describe(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    only(
        call,
        &["logGroupName", "logGroupIdentifier", "logStreamNamePrefix", "orderBy", "descending", "limit", "nextToken"],
    )?;
    let prefix = call.input.text("logStreamNamePrefix");
    let by_time = match call.input.text("orderBy").unwrap_or("LogStreamName") {
        "LogStreamName" => false,
        "LastEventTime" if prefix.is_some() => {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        "LastEventTime" => true,
        other => {
            return Err(invalid(format!(
                "1 validation error detected: Value '{other}' at 'orderBy' failed to satisfy constraint: Member must \
                 satisfy enum value set: [LogStreamName, LastEventTime]"
            )));
        }
    };
    let mut streams = with_group(cloud, &call.region, group_identifier(call)?, |group| {
        let is_meant = |stream: &&Stream| prefix.is_none_or(|prefix| stream.name.starts_with(prefix));
        Ok(group.streams.values().filter(is_meant).cloned().collect::<Vec<_>>())
    })?;
    if by_time {
        streams.sort_by_key(|stream| stream.last_event.unwrap_or(stream.created));
    }
    if call.input.flag("descending") == Some(true) {
        streams.reverse();
    }
    let (page, next) = page(call, streams, limit(call, 50)?)?;
    let page = page.iter().map(describe_one).collect();
    Ok(Output::structure([("logStreams", Some(Output::List(page))), ("nextToken", next.map(Output::from))]))
}

fn describe_one(stream: &Stream) -> Output {
    Output::structure([
        ("logStreamName", Some(stream.name.as_str().into())),
        ("creationTime", Some(stream.created.into())),
        ("firstEventTimestamp", stream.first_event.map(Output::from)),
        ("lastEventTimestamp", stream.last_event.map(Output::from)),
        ("lastIngestionTime", stream.last_ingestion.map(Output::from)),
        ("uploadSequenceToken", Some("0".into())),
        ("arn", Some(stream.arn.as_str().into())),
        ("storedBytes", Some(0.into())),
    ])
}

/// `PutLogEvents`.
pub(super) fn put_events(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    only(call, &["logGroupName", "logStreamName", "logEvents", "sequenceToken"])?;
    let events = events(call)?;
    let name = stream_name(call)?;
    let (measured, rejected) = with_group(cloud, &call.region, group_name(call)?, |group| {
        if !group.streams.contains_key(name) {
            return Err(no_stream());
        }
        let (accepted, rejected) = split(events, group.retention);
        check_span(&accepted)?;
        let measured = measured(&accepted);
        group.append(name, accepted, Arrival::now(cloud));
        Ok((measured, rejected))
    })?;
    record(cloud, &call.region, measured);
    Ok(Output::structure([("nextSequenceToken", Some("0".into())), ("rejectedLogEventsInfo", rejected)]))
}

fn events(call: &Call) -> Result<Vec<(i64, String)>, ApiError> {
    let events: Vec<(i64, String)> = call
        .input
        .structures("logEvents")
        .iter()
        .map(|event| match (event.integer("timestamp"), event.text("message")) {
            (Some(timestamp), Some(message)) if !message.is_empty() => Ok((timestamp, message.to_owned())),
            _ => Err(invalid("Every log event must have a timestamp and a message that is not empty.")),
        })
        .collect::<Result<_, _>>()?;
    if events.is_empty() || events.len() > BATCH_LIMIT {
        return Err(invalid(format!("A batch of log events must have 1 to {BATCH_LIMIT} events.")));
    }
    let size: usize = events.iter().map(|(_, message)| message.len() + 26).sum();
    if size > BATCH_BYTES {
        return Err(invalid(format!("Upload too large: {size} bytes exceeds limit of {BATCH_BYTES}")));
    }
    if !events.is_sorted_by_key(|(timestamp, _)| *timestamp) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    Ok(events)
}

/// Rejects valid events that span more than a day.
fn check_span(events: &[(i64, String)]) -> Result<(), ApiError> {
    match (events.first(), events.last()) {
        (Some((first, _)), Some((last, _))) if last - first > DAY => {
            Err(invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours."))
        }
        _ => Ok(()),
    }
}

/// The accepted events, and the reply about those too old, too new or past the group's retention in days. Events must be
/// in chronological order.
fn split(mut events: Vec<(i64, String)>, retention: Option<i64>) -> (Vec<(i64, String)>, Option<Output>) {
    let time = now();
    let before = |age: i64| events.iter().take_while(|(timestamp, _)| *timestamp < time - age).count();
    let too_old = before(MAX_AGE);
    let expired = retention.map_or(0, |days| before(days.saturating_mul(DAY)));
    let in_time = events.iter().take_while(|(timestamp, _)| *timestamp <= time + MAX_FUTURE).count();
    let index = |position: usize| i64::try_from(position).unwrap_or(i64::MAX);
    let has_new = in_time < events.len();
    let rejected = (too_old > 0 || expired > 0 || has_new).then(|| {
        Output::structure([
            ("tooNewLogEventStartIndex", has_new.then(|| index(in_time).into())),
            ("tooOldLogEventEndIndex", (too_old > 0).then(|| index(too_old).into())),
            ("expiredLogEventEndIndex", (expired > 0).then(|| index(expired).into())),
        ])
    });
    events.truncate(in_time);
    events.drain(..too_old.max(expired).min(in_time));
    (events, rejected)
}

/// AWS's error for a missing stream.
pub(super) fn no_stream() -> ApiError {
    ApiError::new("ResourceNotFoundException", "The specified log stream does not exist.")
}
