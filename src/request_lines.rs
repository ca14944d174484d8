//! The log of a failed request of a function, read from CloudWatch Logs with the user's own permissions.

mod select;

use std::time::Duration;

use aws_config::Region;
use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, OutputLogEvent};
use incident_model::analysis::LogLine;
use incident_model::analysis::request_log::redacted_events;
use incident_model::{Incident, time};
use jiff::Timestamp;

use crate::session::Session;
use incident_deploy::aws::{AwsError, Clients, Explain};
use select::of_request;

/// How long before its failure a request may have begun, in milliseconds: a function runs for 15 minutes at most, and clocks
/// differ.
const BEFORE: i64 = 30 * 60 * 1000;
/// How long after the failure, as the event reports it, its lines may stand, in milliseconds.
const AFTER: i64 = 10 * 60 * 1000;
/// How long before its first line the environment of a request may have started, in milliseconds.
const START_UP: i64 = 60 * 1000;
/// Most lines to read.
const MOST_LINES: usize = 10_000;
/// How long reading may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The lines of a request, and of the start of its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLines {
    /// The log group.
    pub group: String,
    /// The stream.
    pub stream: String,
    /// The lines, oldest first, redacted.
    pub lines: Vec<LogLine>,
    /// Whether there are more than 10 000.
    pub cut: bool,
}

/// Why there are no lines.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// Only functions have a log that a request id finds.
    #[error("only the logs of Lambda functions can be found, and this is a failure of {source_name}")]
    NotAFunction {
        /// The kind of resource.
        source_name: String,
    },
    /// The event named no request.
    #[error("the event did not name the request that failed")]
    NoRequest,
    /// The function belongs to another account.
    #[error("the function belongs to account {account}; use credentials of that account")]
    OtherAccount {
        /// The account.
        account: String,
    },
    /// The log group has no line with the request's id.
    #[error("{group} has no line with the id of the request")]
    NoLines {
        /// The log group.
        group: String,
    },
    /// AWS refused.
    #[error("CloudWatch Logs does not give the lines")]
    Aws(#[source] AwsError),
    /// It took too long.
    #[error("reading took longer than {} s", LIMIT.as_secs())]
    Late,
}

/// Where to look.
struct Log {
    clients: Clients,
    group: String,
    request_id: String,
}

/// Reads the lines of the request that an incident names.
///
/// # Errors
/// As [`Unavailable`].
pub async fn read(session: &Session, incident: &Incident) -> Result<RequestLines, Unavailable> {
    if !incident.names_function() {
        return Err(Unavailable::NotAFunction { source_name: incident.source.clone() });
    }
    if !incident.account.is_empty() && incident.account != session.account() {
        return Err(Unavailable::OtherAccount { account: incident.account.clone() });
    }
    let request_id = incident.request_id.clone().filter(|id| is_plain(id)).ok_or(Unavailable::NoRequest)?;
    let region = if incident.region.is_empty() { session.region() } else { &incident.region };
    let clients = Clients::new(&session.sdk().to_builder().region(Region::new(region.to_owned())).build());
    let failed_at = incident.last_failed_at.as_ref().unwrap_or(&incident.last_seen_at);
    let failed_at = time::milliseconds_of(failed_at).unwrap_or_else(|| Timestamp::now().as_millisecond());
    let work = async {
        let group = group(&clients, &incident.resource).await;
        Log { clients, group, request_id }.read(failed_at).await
    };
    tokio::time::timeout(LIMIT, work).await.map_err(|_| Unavailable::Late)?
}

/// Whether a text can be a request's id: no character of it ends the pattern that looks for it.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
}

/// The log group that a function is configured to use; of one that may not be read, or is gone, the usual one.
async fn group(clients: &Clients, function: &str) -> String {
    let call = clients.lambda.get_function_configuration().function_name(function).send().await;
    let configured = call.explain("lambda:GetFunctionConfiguration").ok().and_then(|found| found.logging_config);
    let group = configured.and_then(|logging| logging.log_group).filter(|group| !group.is_empty());
    group.unwrap_or_else(|| format!("/aws/lambda/{function}"))
}

impl Log {
    async fn read(self, failed_at: i64) -> Result<RequestLines, Unavailable> {
        let found = self.with_id(failed_at).await.map_err(Unavailable::Aws)?;
        let nothing = || Unavailable::NoLines { group: self.group.clone() };
        // A request that is tried again has a stream for each attempt.
        let newest = found.iter().max_by_key(|event| event.timestamp()).ok_or_else(nothing)?;
        let stream = newest.log_stream_name().unwrap_or_default().to_owned();
        let times = found.iter().filter(|event| event.log_stream_name() == Some(&stream));
        let first = times.filter_map(FilteredLogEvent::timestamp).min().unwrap_or(failed_at);
        let end = newest.timestamp().unwrap_or(failed_at) + 1;
        let events = self.of_stream(&stream, first - START_UP, end).await.map_err(Unavailable::Aws)?;
        let cut = events.len() >= MOST_LINES;
        let lines = lines(of_request(&events, &self.request_id));
        Ok(RequestLines { group: self.group, stream, lines, cut })
    }

    /// The events with the request's id.
    async fn with_id(&self, failed_at: i64) -> Result<Vec<FilteredLogEvent>, AwsError> {
        let request = self
            .clients
            .logs
            .filter_log_events()
            .log_group_name(&self.group)
            .filter_pattern(format!("\"{}\"", self.request_id))
            .start_time((failed_at - BEFORE).max(0))
            .end_time(failed_at + AFTER);
        let mut pages = request.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            found.extend(page.explain("logs:FilterLogEvents")?.events.unwrap_or_default());
            if found.len() >= MOST_LINES {
                break;
            }
        }
        Ok(found)
    }

    /// The events of a stream, oldest first. Its pages end with a token that leads to itself.
    async fn of_stream(&self, stream: &str, from: i64, to: i64) -> Result<Vec<OutputLogEvent>, AwsError> {
        let request = self
            .clients
            .logs
            .get_log_events()
            .log_group_name(&self.group)
            .log_stream_name(stream)
            .start_time(from.max(0))
            .end_time(to)
            .start_from_head(true);
        let (mut found, mut token) = (Vec::new(), None);
        while found.len() < MOST_LINES {
            let page = request.clone().set_next_token(token.clone()).send().await.explain("logs:GetLogEvents")?;
            found.extend(page.events.unwrap_or_default());
            if page.next_forward_token.is_none() || page.next_forward_token == token {
                break;
            }
            token = page.next_forward_token;
        }
        found.truncate(MOST_LINES);
        Ok(found)
    }
}

/// Events as lines: of the record's form, and redacted like its own.
fn lines(events: &[OutputLogEvent]) -> Vec<LogLine> {
    let texts: Vec<&str> = events.iter().map(|event| event.message().unwrap_or_default().trim_end()).collect();
    let line = |(event, text): (&OutputLogEvent, String)| {
        let at = Timestamp::from_millisecond(event.timestamp().unwrap_or_default()).unwrap_or_default();
        LogLine { at: at.to_string(), text }
    };
    events.iter().zip(redacted_events(&texts)).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_of_several_events_is_not_shown() {
        let event = |text: &str| OutputLogEvent::builder().timestamp(0).message(text).build();
        let texts = [
            "key:\n-----BEGIN PRIVATE KEY-----",
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
            "-----END PRIVATE KEY-----",
            "two lines:\n  of one event",
        ];
        let shown: Vec<String> =
            lines(&texts.map(event)).into_iter().map(|line| format!("{} {}", line.at, line.text)).collect();
        assert_eq!(shown.len(), texts.len());
        assert!(shown.iter().all(|line| !line.contains("MIIEvQ")), "{shown:?}");
        assert!(shown[0].starts_with("1970-01-01T00:00:00Z key:") && shown[3].ends_with("two lines:\n  of one event"));
    }
}
