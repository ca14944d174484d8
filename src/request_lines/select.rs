//! Which events of a stream belong to a request. An environment handles one at a time, so they stand together; most lines do
//! not name it.

use aws_sdk_cloudwatchlogs::types::OutputLogEvent;

/// How the platform's last lines about a request begin, as text and as JSON
/// (<https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>).
const LAST_LINES: [&str; 2] = ["END RequestId:", "REPORT RequestId:"];
const LAST_RECORDS: [&str; 2] = ["platform.report", "platform.runtimeDone"];

/// The events from the end of the request before, so that the start of the environment is among them, to the last one with
/// this id.
pub(super) fn of_request<'e>(events: &'e [OutputLogEvent], id: &str) -> &'e [OutputLogEvent] {
    let has_id = |event: &OutputLogEvent| text(event).contains(id);
    let Some(first) = events.iter().position(has_id) else { return &[] };
    let last = events.iter().rposition(has_id).unwrap_or(first);
    let before = events[..first].iter().rposition(ends_a_request).map_or(0, |end| end + 1);
    &events[before..=last]
}

fn ends_a_request(event: &OutputLogEvent) -> bool {
    let text = text(event);
    LAST_LINES.iter().any(|start| text.starts_with(start))
        || text.starts_with('{') && LAST_RECORDS.iter().any(|record| text.contains(record))
}

fn text(event: &OutputLogEvent) -> &str {
    event.message().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(lines: &[&str]) -> Vec<String> {
        let event = |line: &&str| OutputLogEvent::builder().message(*line).build();
        let events: Vec<OutputLogEvent> = lines.iter().map(event).collect();
        of_request(&events, "r2").iter().map(|event| text(event).to_owned()).collect()
    }

    #[test]
    fn a_request_has_its_lines_and_those_of_its_start() {
        for (lines, expected) in [
            (
                &[
                    "START RequestId: r1",
                    "one",
                    "END RequestId: r1",
                    "REPORT RequestId: r1",
                    "START RequestId: r2",
                    "two",
                    "REPORT RequestId: r2",
                    "START RequestId: r3",
                ][..],
                &["START RequestId: r2", "two", "REPORT RequestId: r2"][..],
            ),
            (
                &["INIT_START", "cannot read config.json", "START RequestId: r2", "REPORT RequestId: r2"],
                &["INIT_START", "cannot read config.json", "START RequestId: r2", "REPORT RequestId: r2"],
            ),
            (
                &[r#"{"type":"platform.report","record":{"requestId":"r1"}}"#, "between", r#"{"requestId":"r2"}"#],
                &["between", r#"{"requestId":"r2"}"#],
            ),
            (&["START RequestId: r1"], &[]),
        ] {
            assert_eq!(selected(lines), expected);
        }
    }
}
