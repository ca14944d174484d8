//! Log events of any age that tests bring in; see [`history`](crate::history).

use serde::Deserialize;

use super::parameters;
use super::store::{Arrival, Group, groups};
use crate::Cloud;
use crate::past::{HistoryError, PastTime};

/// The largest event, in bytes (API reference, `PutLogEvents`).
const LARGEST: usize = 1 << 20;

/// Events of one stream. Group and stream are created if they do not exist.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PastStream {
    group: String,
    stream: String,
    events: Vec<PastEvent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PastEvent {
    at: PastTime,
    text: String,
}

impl PastStream {
    /// Checks names and texts.
    ///
    /// # Errors
    /// When AWS would not take them.
    pub(crate) fn check(&self) -> Result<(), HistoryError> {
        parameters::check_group_name(&self.group)
            .map_err(|_| HistoryError::Malformed(self.group.clone(), "name of a log group"))?;
        if self.stream.is_empty() || self.stream.len() > 512 || self.stream.contains([':', '*']) {
            return Err(HistoryError::Malformed(self.stream.clone(), "name of a log stream"));
        }
        match self.events.iter().all(|event| (1..=LARGEST).contains(&event.text.len())) {
            true => Ok(()),
            false => Err(HistoryError::Lacks("a log event", "a text of 1 byte to 1 MB")),
        }
    }
}

/// Adds the events, which reads return at once.
pub(crate) fn bring_in(cloud: &Cloud, region: &str, streams: Vec<PastStream>) {
    let mut groups = groups(cloud);
    for PastStream { group, stream, events } in streams {
        let key = (region.to_owned(), group.clone());
        let group = groups.entry(key).or_insert_with(|| Group::new(region, &group));
        group.add_stream(&stream);
        for PastEvent { at: PastTime(at), text } in events {
            group.append(&stream, vec![(at, text)], Arrival { ingested: at, readable: at.min(0) });
        }
    }
}
