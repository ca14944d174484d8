//! The account's log groups. Memory is bounded: a group drops its oldest events.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{ApiError, Cloud, arn};

const EVENT_LIMIT: usize = 100_000;
const BYTE_LIMIT: usize = 64 << 20;
/// Bytes that CloudWatch counts per event besides its text.
const EVENT_OVERHEAD: usize = 26;

/// The log groups, by region and name.
#[derive(Debug, Default)]
pub(super) struct Store {
    groups: Mutex<BTreeMap<(String, String), Group>>,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) name: String,
    /// Without the trailing `:*`.
    pub(super) arn: String,
    /// Milliseconds since 1970.
    pub(super) created: i64,
    pub(super) retention: Option<i64>,
    pub(super) key: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) streams: BTreeMap<String, Stream>,
    /// In order of arrival.
    pub(super) events: VecDeque<Event>,
    pub(super) bytes: usize,
    next_id: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) created: i64,
    pub(super) first_event: Option<i64>,
    pub(super) last_event: Option<i64>,
    pub(super) last_ingestion: Option<i64>,
}

/// A log event; times in milliseconds since 1970.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Increases with every event of the group.
    pub(super) id: u64,
    pub(super) stream: String,
    pub(super) timestamp: i64,
    pub(super) ingested: i64,
    /// From when on reads return it.
    pub(super) readable: i64,
    pub(super) message: String,
}

/// Where an event stands in a reply: by time, then by arrival.
pub(super) type Place = (i64, u64);

impl Event {
    pub(super) fn place(&self) -> Place {
        (self.timestamp, self.id)
    }

    /// Bytes as CloudWatch Logs counts them.
    pub(super) fn size(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD
    }
}

/// When events arrive, and when reads return them; milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) ingested: i64,
    pub(super) readable: i64,
}

impl Arrival {
    /// Now, and readable after AWS's delay.
    pub(super) fn now(cloud: &Cloud) -> Self {
        let ingested = now();
        let delay = cloud.clock.scaled(cloud.config.latency.log_event);
        Self { ingested, readable: ingested.saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)) }
    }
}

impl Group {
    /// An empty group.
    pub(super) fn new(region: &str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            arn: arn::local("logs", region, &format!("log-group:{name}")),
            created: now(),
            retention: None,
            key: None,
            tags: BTreeMap::new(),
            streams: BTreeMap::new(),
            events: VecDeque::new(),
            bytes: 0,
            next_id: 0,
        }
    }

    /// Creates a stream unless it exists.
    pub(super) fn add_stream(&mut self, name: &str) -> &mut Stream {
        let arn = format!("{}:log-stream:{name}", self.arn);
        self.streams.entry(name.to_owned()).or_insert_with(|| Stream {
            name: name.to_owned(),
            arn,
            created: now(),
            first_event: None,
            last_event: None,
            last_ingestion: None,
        })
    }

    /// Adds events to a stream, creating it if needed, and drops the oldest beyond the limits.
    pub(super) fn append(&mut self, stream: &str, events: Vec<(i64, String)>, arrival: Arrival) {
        let Arrival { ingested, readable } = arrival;
        let entry = self.add_stream(stream);
        for (timestamp, _) in &events {
            entry.first_event = Some(entry.first_event.map_or(*timestamp, |first| first.min(*timestamp)));
            entry.last_event = Some(entry.last_event.map_or(*timestamp, |last| last.max(*timestamp)));
            entry.last_ingestion = Some(ingested);
        }
        for (timestamp, message) in events {
            self.bytes += message.len() + EVENT_OVERHEAD;
            let id = self.next_id;
            self.next_id += 1;
            self.events.push_back(Event { id, stream: stream.to_owned(), timestamp, ingested, readable, message });
        }
        while self.events.len() > EVENT_LIMIT || self.bytes > BYTE_LIMIT {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }
}

/// Locks all groups.
pub(super) fn groups(cloud: &Cloud) -> MutexGuard<'_, BTreeMap<(String, String), Group>> {
    cloud.logs.store.groups.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads or changes a group.
///
/// # Errors
/// `ResourceNotFoundException`, and what `action` answers.
pub(super) fn with_group<T>(
    cloud: &Cloud,
    region: &str,
    name: &str,
    action: impl FnOnce(&mut Group) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut groups = groups(cloud);
    let group = groups.get_mut(&(region.to_owned(), name.to_owned())).ok_or_else(no_group)?;
    action(group)
}

/// AWS's error for a missing group.
pub(super) fn no_group() -> ApiError {
    ApiError::new("ResourceNotFoundException", "The specified log group does not exist.")
}

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_drops_its_oldest_events() {
        let mut group = Group::new("eu-west-1", "group");
        let arrival = Arrival { ingested: 0, readable: 0 };
        let event = |number: usize| (i64::try_from(number).unwrap_or(0), format!("event {number}"));
        group.append("stream", (0..EVENT_LIMIT + 10).map(event).collect(), arrival);
        assert_eq!(group.events.len(), EVENT_LIMIT);
        assert_eq!(group.events.front().map(|event| event.message.as_str()), Some("event 10"));
        let large = vec![(0, "x".repeat(BYTE_LIMIT / 2)), (1, "y".repeat(BYTE_LIMIT / 2 - 100))];
        group.append("stream", large, arrival);
        assert!(group.bytes <= BYTE_LIMIT && group.events.len() < EVENT_LIMIT);
        assert_eq!(group.streams["stream"].first_event, Some(0));
    }
}
