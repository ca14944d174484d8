//! Text that takes over a terminal which shows it, everywhere a stranger can put it.

use base64::Engine as _;
use incident_model::unprintable::is_unprintable;
use serde_json::{Value, json};

use crate::harness::{Aws, TestResult, World};
use crate::incidents::table::{incident, put};

/// Colour, a link, the clipboard, a bell, C1 controls, directions, what has no width, separators, carriage return, backspace, and
/// a line that passes for the program's own.
pub(super) const HOSTILE: &str = "a\u{1b}[7;31m\u{1b}]8;;https://evil.example/\u{1b}\\b\u{1b}]52;c;aGk=\u{7}\u{9b}2J\u{85}\
    \u{202e}\u{2066}\u{200e}\u{200b}\u{61c}\u{feff}\u{e0041}\u{2028}\u{2029}\u{ad}\r\u{8}\u{7f}c\nFORGED d";
/// The same as the name of a file.
pub(super) const NAME: &str =
    "a\u{1b}[7;31m\u{1b}]8;;x\u{7}\u{9b}2J\u{202e}\u{200b}\u{e0041}\u{2028}\r\u{8}b\nFORGED c";
/// What of it XML can hold.
pub(super) const IN_XML: &str =
    "a\u{9b}2J\u{85}\u{202e}\u{2066}\u{200b}\u{61c}\u{feff}\u{e0041}\u{2028}\u{ad}\u{7f}c\nFORGED d";
/// The incident.
pub(super) const ID: &str = "inc-hostile-1";

/// Whether a character does something on a terminal. Line breaks and tabs are ours.
pub(super) fn act_on_a_terminal(character: char) -> bool {
    // A raw byte of C1 is no character.
    !matches!(character, '\n' | '\t') && (is_unprintable(character) || character == '\u{fffd}')
}

/// What of the attack a terminal would obey, in text with our own colours and progress.
pub(super) fn is_refused_by_a_terminal(printed: &str, has_own_lines: bool) -> Option<String> {
    let ends_lines = |character: char| character == '\r';
    let attack = ["\u{1b}]", "\u{1b}[7;31m", "\u{1b}\\"].into_iter().find(|attack| printed.contains(attack));
    let act = printed.chars().find(|one| act_on_a_terminal(*one) && !ends_lines(*one) && *one != '\u{1b}');
    let forged = printed.lines().find(|line| !has_own_lines && line.trim_start_matches('\r').starts_with("FORGED"));
    attack.or(forged).map(str::to_owned).or(act.map(String::from))
}

/// Whether a text stands in one of these values, exactly.
pub(super) fn contains(values: &[Value], text: &str) -> bool {
    values.iter().any(|value| match value {
        Value::String(found) => found.contains(text),
        Value::Array(values) => contains(values, text),
        Value::Object(members) => {
            members.iter().any(|(key, value)| key.contains(text) || contains(std::slice::from_ref(value), text))
        }
        _ => false,
    })
}

/// An incident with nothing but hostile text.
pub(super) fn record(id: &str) -> Value {
    let now = jiff::Timestamp::now().to_string();
    incident(
        id,
        json!({
            "created_at": now, "last_seen_at": now, "summary": HOSTILE, "recommendation": HOSTILE, "fingerprint": HOSTILE,
            "source": HOSTILE, "resource": HOSTILE, "account": HOSTILE, "region": HOSTILE, "error_type": HOSTILE,
            "error_message": HOSTILE, "request_id": HOSTILE, "rule": HOSTILE, "runbook": HOSTILE, "console_url": HOSTILE,
            "previous_incident_id": HOSTILE, "explains_incident_id": HOSTILE, "fingerprint_inputs": {"source": HOSTILE},
            "timeline": [{"at": HOSTILE, "what": HOSTILE}],
        }),
    )
}

/// Puts it into the table, a queue for dead letters, a log, a mail and files.
pub(super) async fn fill(world: &World, aws: &Aws) -> TestResult {
    aws.events.disable_rule().name("devops-sweep").send().await?;
    put(aws, &record(ID)).await?;
    let group = "/aws/lambda/devops-incident-handler";
    aws.logs.create_log_stream().log_group_name(group).log_stream_name("hostile").send().await?;
    let entry = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder();
    let entry = entry.timestamp(jiff::Timestamp::now().as_millisecond()).message(HOSTILE).build()?;
    aws.logs.put_log_events().log_group_name(group).log_stream_name("hostile").log_events(entry).send().await?;
    let failure = json!({
        "id": "1", "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "account": "000000000000",
        "time": "2026-01-31T12:00:00Z", "region": "us-east-1", "version": "0", "resources": [],
        "detail": {"version": "1.0", "timestamp": "2026-01-31T12:00:00Z",
            "requestContext": {"requestId": "r", "functionArn": format!("arn:aws:lambda:us-east-1:000000000000:function:{HOSTILE}:$LATEST"),
                "condition": "RetriesExhausted", "approximateInvokeCount": 3},
            "requestPayload": {}, "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorType": HOSTILE, "errorMessage": HOSTILE, "stackTrace": [HOSTILE]}},
    });
    let url = aws.sqs.get_queue_url().queue_name("devops-rule-dlq").send().await?.queue_url.ok_or("no URL")?;
    aws.sqs.send_message().queue_url(url).message_body(ascii(&failure)).send().await?;
    let home = world.home();
    std::fs::write(home.join(format!("event-{NAME}")), failure.to_string())?;
    let rules = json!([{"name": "a\u{1b}[7;31m\u{202e}\nFORGED", "when": {"resource": [HOSTILE]}, "severity": "NOPE"}]);
    std::fs::write(home.join(format!("rules-{NAME}")), yaml(&rules))?;
    let expected = json!([{"file": format!("event-{NAME}"), "summary": HOSTILE}]);
    std::fs::write(home.join("expected.yaml"), yaml(&expected))?;
    aws.sns.publish().topic_arn(aws.arn("sns", "devops-alerts")).message(HOSTILE).send().await?;
    // SNS refuses such a subject, but mails come from others too.
    let mail = aws.until_alerts(1).await?.pop().ok_or("no mail")?;
    let text = std::fs::read_to_string(&mail.file)?;
    let (before, rest) = text.split_once("Subject: ").ok_or("no subject")?;
    let (_, after) = rest.split_once("\r\n").ok_or("no line")?;
    let subject = base64::engine::general_purpose::STANDARD.encode(HOSTILE);
    let newest = mail.file.with_file_name("99991231T235959.000Z-000099-ada@example.com.eml");
    Ok(std::fs::write(newest, format!("{before}Subject: =?UTF-8?B?{subject}?=\r\n{after}"))?)
}

/// The same as YAML, which knows no pairs of surrogates.
fn yaml(value: &Value) -> String {
    let escaped = |character: char| match character {
        ' '..='~' => character.to_string(),
        _ => format!("\\U{:08x}", u32::from(character)),
    };
    value.to_string().chars().map(escaped).collect()
}

/// JSON in ASCII only, as SQS takes it.
fn ascii(value: &Value) -> String {
    let escaped = |character: char| match character {
        ' '..='~' => character.to_string(),
        _ => character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    value.to_string().chars().map(escaped).collect()
}
