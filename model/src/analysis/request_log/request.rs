//! Which events of a log are those of a request.

use super::report::{Record, record};
use super::{LogEvent, Report};

/// The events of a request, and what the platform says of it.
#[derive(Debug, Default)]
pub(super) struct Request<'e> {
    pub(super) events: Vec<&'e LogEvent>,
    pub(super) report: Option<Report>,
    pub(super) version: String,
}

impl<'e> Request<'e> {
    /// The events of the last attempt of a request: retries have its id, too. Without an id, all events of the last stream.
    pub(super) fn of(events: &'e [LogEvent], request_id: Option<&str>) -> Self {
        let is_about = |event: &&LogEvent| request_id.is_none_or(|id| event.text.contains(id));
        let Some(last) = events.iter().rev().find(is_about) else { return Self::default() };
        let stream: Vec<&LogEvent> = events.iter().filter(|event| event.stream == last.stream).collect();
        let events = match request_id {
            None => stream,
            Some(id) => between(&stream, id),
        };
        let mut request = Self { events, ..Self::default() };
        for event in &request.events {
            match record(&event.text) {
                Some(Record::Start(version)) => request.version = version,
                Some(Record::Report(report)) => request.report = Some(report),
                Some(Record::End | Record::Init) | None => {}
            }
        }
        request
    }
}

/// The events from the start of a request to its end, with the start of its environment. Those of a long request are not all
/// read: without its start, they begin with the first line that has its id; without its end as well, only such lines count.
fn between<'e>(stream: &[&'e LogEvent], id: &str) -> Vec<&'e LogEvent> {
    let records: Vec<Option<Record>> = stream.iter().map(|event| record(&event.text)).collect();
    let has_id: Vec<bool> = stream.iter().map(|event| event.text.contains(id)).collect();
    let is_start = |at: usize| matches!(records[at], Some(Record::Start(_)));
    let is_report = |at: usize| matches!(records[at], Some(Record::Report(_)));
    let own_start = (0..stream.len()).rev().find(|at| is_start(*at) && has_id[*at]);
    let begin = own_start.or_else(|| {
        let first = has_id.iter().position(|has_id| *has_id)?;
        let report = (first..stream.len()).find(|at| is_report(*at) && has_id[*at])?;
        (first..report).all(|at| !is_start(at) && !is_report(at)).then_some(first)
    });
    let Some(start) = begin else {
        return stream.iter().zip(has_id).filter(|(_, has_id)| *has_id).map(|(event, _)| *event).collect();
    };
    let next = (start + 1..stream.len()).find(|at| is_start(*at)).unwrap_or(stream.len());
    let reported = (start..next).find(|at| is_report(*at)).map_or(next, |at| at + 1);
    // Its last words may come after the report; those of the next environment are not its own.
    let renewed = (reported..next).find(|at| matches!(records[*at], Some(Record::Init))).unwrap_or(next);
    stream[first_of_environment(&records, start)..renewed].to_vec()
}

/// Where the environment of a request began, if this is its first request.
fn first_of_environment(records: &[Option<Record>], start: usize) -> usize {
    for at in (0..start).rev() {
        match records[at] {
            Some(Record::Init) => return at,
            Some(Record::Start(_) | Record::End | Record::Report(_)) => return start,
            None => {}
        }
    }
    0
}
