//! The log lines of the failed request.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, OutputLogEvent};
use incident_model::Incident;
use incident_model::analysis::{FunctionState, Gathered, LogEvent, RequestLog, WhyMissing};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Gather;
use super::calls::Calls;
use super::subject::Subject;
use crate::clients::EvidenceClients;

/// How long the function's configuration is waited for: it has the log group and the timeout.
const CONFIGURATION: Duration = Duration::from_millis(300);
/// Log events of one call, the newest ones.
const EVENTS: i32 = 300;
/// Longest timeout of a function, in seconds
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>).
const LONGEST_TIMEOUT: i64 = 900;
/// How long before and after it, in seconds, the lines of a request may be.
const SLACK: i64 = 60;
/// Groups can be read from their end since 2024
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>).
const EARLIEST: i64 = 1_704_067_200;
/// Until this age of a failure, in seconds, its lines may not be readable yet.
const FRESH: i64 = 30;
/// How much of an error's message, in characters, recognises its line.
const BEGIN: usize = 40;
/// How long an environment starts, in milliseconds: its lines come before those of its first request
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>).
const START: i64 = 15_000;
/// How long it is waited before such lines are asked for again.
const AGAIN: Duration = Duration::from_millis(350);

/// `logs:FilterLogEvents` by the request's id, then `logs:GetLogEvents` of its stream where its lines lack the id.
#[derive(Debug)]
pub(super) struct Logs<'a> {
    pub(super) clients: &'a EvidenceClients,
    pub(super) calls: &'a Calls,
    /// The function's configuration, once it is known.
    pub(super) configuration: watch::Receiver<Option<Gathered<FunctionState>>>,
    /// When what was read is returned.
    pub(super) until: Instant,
}

/// Where and when to look.
#[derive(Debug)]
struct Place {
    group: String,
    /// In milliseconds since 1970, both inclusive.
    from: i64,
    to: i64,
}

impl Gather for Logs<'_> {
    type Found = RequestLog;

    async fn gather(&self, of: &Subject<'_>) -> Result<RequestLog, WhyMissing> {
        let request = of.request.ok_or(WhyMissing::None)?;
        let place = self.place(of).await?;
        let with_id = self.with_id(&place, request, of).await?;
        let log = |events: &[LogEvent]| RequestLog::of(&place.group, events, Some(request), error_of(of.incident));
        let known = log(&with_id);
        if known.as_ref().is_some_and(|log| tells_error(log, of) && tells_more(log)) || !self.calls.is_left() {
            return known.ok_or(WhyMissing::None);
        }
        // What the stream does not say in time leaves what is known.
        let more = match timeout_at(self.until, self.of_stream(&place, &with_id)).await {
            Ok(Ok(events)) => log(&merged(with_id, events)),
            _ => None,
        };
        more.or(known).ok_or(WhyMissing::None)
    }
}

impl Logs<'_> {
    /// The function's own log group: an event never names one.
    async fn place(&self, of: &Subject<'_>) -> Result<Place, WhyMissing> {
        let function = of.function.ok_or(WhyMissing::None)?;
        let mut configuration = self.configuration.clone();
        let known = timeout(CONFIGURATION, configuration.wait_for(Option::is_some)).await;
        let now = known.ok().and_then(Result::ok).and_then(|known| known.as_ref()?.found().cloned());
        let state = now.as_ref().or(of.history.map(|history| &history.state));
        let group = state.map(|state| state.log_group.clone()).filter(|group| !group.is_empty());
        let longest = state.and_then(|state| i64::try_from(state.timeout?).ok()).unwrap_or(LONGEST_TIMEOUT);
        Ok(Place {
            group: group.unwrap_or_else(|| format!("/aws/lambda/{}", function.name)),
            from: (of.failed_at - longest - SLACK).max(EARLIEST) * 1000,
            to: (of.failed_at + SLACK) * 1000,
        })
    }

    /// The newest events with the id, oldest first. Pages may be empty before the last one, and lines take seconds to
    /// become readable.
    async fn with_id(&self, place: &Place, request: &str, of: &Subject<'_>) -> Result<Vec<LogEvent>, WhyMissing> {
        let mut token = None;
        let mut is_asked_again = of.now - of.failed_at > FRESH;
        loop {
            let ask = self
                .clients
                .logs()
                .filter_log_events()
                .log_group_name(&place.group)
                .filter_pattern(format!("\"{request}\""))
                .start_time(place.from)
                .end_time(place.to)
                .start_from_head(false)
                .limit(EVENTS)
                .set_next_token(token);
            let answer = self.calls.make(ask.send()).await?;
            let mut events: Vec<LogEvent> =
                answer.events.unwrap_or_default().into_iter().filter_map(filtered).collect();
            if let [first, .., last] = &events[..] {
                // Newest first; those of one millisecond stay in their order.
                if first.at >= last.at {
                    events.reverse();
                }
                events.sort_by_key(|event| event.at);
            }
            if !events.is_empty() {
                return Ok(events);
            }
            token = answer.next_token;
            if token.is_none() {
                if is_asked_again || !self.calls.is_left() {
                    return Err(WhyMissing::None);
                }
                is_asked_again = true;
                sleep(AGAIN).await;
            }
        }
    }

    /// The events of the request's stream, oldest first, from the start of its environment or
    /// its first line with the id to its last one.
    async fn of_stream(&self, place: &Place, with_id: &[LogEvent]) -> Result<Vec<LogEvent>, WhyMissing> {
        let last = with_id.last().ok_or(WhyMissing::None)?;
        let own = || with_id.iter().filter(|event| event.stream == last.stream);
        let begins = |event: &&LogEvent| event.text.starts_with("START ") || event.text.contains("\"platform.start\"");
        let begin = match own().rfind(begins) {
            Some(start) => start.at - START,
            None => own().next().map_or(place.from, |event| event.at),
        };
        let ends = |event: &LogEvent| event.text.starts_with("REPORT ") || event.text.contains("\"platform.report\"");
        let end = if own().any(ends) { last.at + 1 } else { place.to };
        self.read(&place.group, &last.stream, begin, end).await
    }

    /// The newest events of a stream within a time in milliseconds, whose end is exclusive; oldest first.
    async fn read(&self, group: &str, stream: &str, from: i64, end: i64) -> Result<Vec<LogEvent>, WhyMissing> {
        let ask = self.clients.logs().get_log_events().log_group_name(group).log_stream_name(stream);
        let ask = ask.start_time(from).end_time(end).start_from_head(false).limit(EVENTS);
        let events = self.calls.make(ask.send()).await?.events.unwrap_or_default();
        Ok(events.into_iter().filter_map(|event| of_stream(event, stream)).collect())
    }
}

/// What the event says of the error.
pub(super) fn error_of(incident: &Incident) -> &str {
    if incident.error_message.is_empty() { &incident.error_type } else { &incident.error_message }
}

/// Whether the lines have the error that the event reports. A line of another error may come before it.
fn tells_error(log: &RequestLog, of: &Subject<'_>) -> bool {
    let error = error_of(of.incident).lines().next().unwrap_or_default();
    let begin = error.char_indices().nth(BEGIN).map_or(error, |(end, _)| &error[..end]);
    !begin.is_empty() && log.error_line().contains(begin)
}

/// Whether a line is the function's own. The platform's have the id in any case; what a function prints before it exits or is
/// stopped, and while it starts, may not.
fn tells_more(log: &RequestLog) -> bool {
    const PLATFORM: [&str; 7] = ["START ", "END ", "REPORT ", "INIT_", "RequestId: ", "Runtime.", "Sandbox."];
    /// What stands in its lines about the end of a process, after time or id.
    const ENDS: [&str; 3] = [" Task timed out after ", " Runtime exited with", " Process exited before"];
    let is_of_platform = |text: &str| {
        PLATFORM.iter().any(|start| text.starts_with(start))
            || text.contains("\"platform.")
            || ENDS.iter().any(|end| text.contains(end))
    };
    log.lines.iter().any(|line| !is_of_platform(&line.text))
}

/// The events with the id, and those of the stream in place of what it repeats; oldest first.
fn merged(mut with_id: Vec<LogEvent>, of_stream: Vec<LogEvent>) -> Vec<LogEvent> {
    let Some(first) = of_stream.first() else { return with_id };
    with_id.retain(|event| event.stream != first.stream || event.at < first.at);
    with_id.extend(of_stream);
    with_id.sort_by_key(|event| event.at);
    with_id
}

fn filtered(event: FilteredLogEvent) -> Option<LogEvent> {
    Some(LogEvent { at: event.timestamp?, stream: event.log_stream_name.unwrap_or_default(), text: event.message? })
}

/// An event of a stream.
pub(super) fn of_stream(event: OutputLogEvent, stream: &str) -> Option<LogEvent> {
    Some(LogEvent { at: event.timestamp?, stream: stream.to_owned(), text: event.message? })
}
