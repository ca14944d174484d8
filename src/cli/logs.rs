//! `incidentctl logs`.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::time_arg::{self, TimeArg};
use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::{Label, Line, Ui};
use incident_deploy::aws::{Clients, Explain};

/// Poll interval while following.
const PAUSE: Duration = Duration::from_secs(1);
/// Lines may reach CloudWatch Logs late: each poll looks this far back, in milliseconds.
const OVERLAP: i64 = 10_000;

/// Show the logs of the handler or the error generator
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Function whose logs to show
    #[arg(value_enum, value_name = "FUNCTION", default_value_t)]
    pub function: Function,

    /// Keep printing new lines until interrupted
    #[arg(long, short)]
    pub follow: bool,

    /// Show lines newer than a span (30m, 2h, 7d) or a time (2026-01-31T12:00:00Z)
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub since: TimeArg,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Function {
    /// Function that handles incidents
    #[default]
    Handler,
    /// Function that fails on purpose
    Generator,
}

pub(super) async fn run(args: LogsArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let session = super::connect(settings, ui).await?;
    let function = match args.function {
        Function::Handler => settings.stack.handler(),
        Function::Generator => settings.stack.generator(),
    };
    let log = Log { client: Clients::new(session.sdk()).logs, group: format!("/aws/lambda/{function}") };
    let mut since = args.since.milliseconds();
    let mut shown = HashSet::new();
    let mut number = 0_usize;
    loop {
        for event in log.events(since).await? {
            // IDs of the overlap with the previous poll.
            if shown.insert(event.event_id().unwrap_or_default().to_owned()) {
                since = since.max(event.timestamp().unwrap_or_default() - OVERLAP);
                number += 1;
                show(&event, ui)?;
            }
        }
        if ui.reader_left() {
            return Ok(());
        }
        if !args.follow {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    match ui.is_json() {
        true => ui.json(&json!({"type": "result", "ok": true, "lines": number})),
        false if number == 0 => {
            ui.say(format!("{} has no lines since {}", log.group, time_arg::readable(&args.since.rfc3339())));
            Ok(())
        }
        false => Ok(()),
    }
}

struct Log {
    client: aws_sdk_cloudwatchlogs::Client,
    group: String,
}

impl Log {
    /// All lines since a time, oldest first.
    async fn events(&self, since: i64) -> Result<Vec<FilteredLogEvent>, CommandError> {
        let request = self.client.filter_log_events().log_group_name(&self.group).start_time(since);
        let mut pages = request.into_paginator().send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            match page.explain("logs:FilterLogEvents") {
                Ok(page) => events.extend(page.events.unwrap_or_default()),
                Err(error) if error.is("ResourceNotFoundException") => {
                    return Err(CommandError::user(format!("no log group `{}`", self.group))
                        .hint("`incidentctl up` provisions the stack; --stack and --region select another"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        // Streams arrive one after the other; people read by time.
        events.sort_by_key(|event| event.timestamp());
        Ok(events)
    }
}

fn show(event: &FilteredLogEvent, ui: &Ui) -> Result<(), CommandError> {
    let time = time_arg::readable_milliseconds(event.timestamp().unwrap_or_default());
    let message = event.message().unwrap_or_default().trim_end();
    match ui.is_json() {
        true => ui.json(&json!({
            "type": "line",
            "timestamp": event.timestamp(),
            "stream": event.log_stream_name(),
            "message": message,
        })),
        false => ui.print_all(lines(&time, message)),
    }
}

/// A message under its time. Further lines, as of a stack trace, are indented, so that none passes for a message of its own.
fn lines(time: &str, message: &str) -> Vec<Line> {
    let mut lines = message.lines();
    let first = Line::labelled(Label::Faint, time).and("  ").and(lines.next().unwrap_or_default());
    let indent = " ".repeat(time.len() + 2);
    std::iter::once(first).chain(lines.map(|line| format!("{indent}{line}").into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_stack_trace_passes_for_no_message() {
        let lines = lines("12:00:00", "boom\u{1b}[2K\n12:00:01  all is well\r")
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        assert_eq!(lines, ["12:00:00  boom\\u{1b}[2K", "          12:00:01  all is well\\r"]);
    }
}
