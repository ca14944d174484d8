//! Inputs that make careless code quadratic.

use serde_json::{Value, json};

/// Texts that make a careless scanner quadratic.
pub(crate) const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "{",
    "[",
    "<",
    "-",
    "1",
    "1 ",
    "a",
    "a/",
    "=",
    ":",
    "\\",
    "\\\"",
    "é",
    "-----BEGIN ",
    "-----BEGIN A PRIVATE KEY-----",
    "password=",
    "password={",
    "password '",
    "token: ",
    "a://",
    "a://b:c/",
    "Bearer ",
    "eyJ",
    "eyJ.",
    "AKIA",
    "IQoJb3JpZ2lu",
    "arn:aws:",
    "arn:aws:s3:::a",
    "[redacted]",
    "(Service: ",
    "not authorized to perform: ",
    "'a",
    "\u{201c}",
    "1.2.3.4:",
    "f-",
    "Error: ",
    "at x\n",
    " from a to ",
    "File \"",
    "Task timed out after ",
];

/// The unit, repeated to this many bytes.
pub(crate) fn of(unit: &str, size: usize) -> String {
    unit.repeat(size / unit.len())
}

/// A failure with the text in every place that is read.
pub(crate) fn event(text: &str) -> Value {
    failed(json!(text), json!([text]))
}

pub(crate) fn failed(text: Value, trace: Value) -> Value {
    json!({
        "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "id": "e", "region": "eu-west-1",
        "detail": {
            "requestContext": {"requestId": "r", "condition": "RetriesExhausted", "functionArn": "arn:aws:lambda:eu-west-1:1:function:f"},
            "requestPayload": text,
            "responsePayload": {"errorType": text, "errorMessage": text, "stackTrace": trace},
        },
    })
}

/// An event of an unknown service.
fn unknown(detail: Value) -> Value {
    json!({"source": "s", "detail-type": "t", "detail": detail})
}

fn notification(message: String) -> Value {
    json!({"TopicArn": "t", "MessageId": "m", "Message": message})
}

fn record(body: String) -> Value {
    json!({"eventSource": "aws:sqs", "messageId": "q", "body": body})
}

/// As many as fit into this many bytes.
fn many(value: &Value, size: usize) -> Value {
    Value::from(vec![value.clone(); size / value.to_string().len()])
}

/// The maximum nesting of JSON.
fn deep(value: Value) -> Value {
    (0..50).fold(value, |inside, _| json!([{ "cause": inside }]))
}

/// Repeatable things.
pub(crate) fn crowds(size: usize) -> Vec<(&'static str, Value)> {
    let fields = (0..size / 20).map(|at| (format!("field{at}Error"), Value::from(0)));
    let finding = json!({"Id": "a", "Title": "t", "Severity": {"Label": "LOW"}});
    let frame = json!("  File \"/var/task/orders.py\", line 17, in handler\n    raise ValueError('no such order')");
    let nested = (0..6).fold(event(&of("a", size / 64)), |inside, _| notification(inside.to_string()));
    let log_event = json!({"id": "1", "timestamp": 1, "message": "ERROR Task timed out after 3.00 seconds"});
    vec![
        ("many records", json!({"Records": many(&record(event("x").to_string()), size)})),
        ("json in texts, six times", nested),
        ("many fields", unknown(fields.collect())),
        (
            "many findings",
            json!({"source": "aws.securityhub", "detail-type": "t", "detail": {"findings": many(&finding, size)}}),
        ),
        ("many prose words", notification(of("it failed ", size))),
        ("a long stack trace", failed(json!("x"), many(&frame, size))),
        ("many log lines", json!({"logGroup": "/aws/lambda/f", "logEvents": many(&log_event, size)})),
        ("many deep causes", unknown(many(&deep(json!("failed")), size))),
        ("many escapes", json!({"Records": [record(event(&of("\\\"\n", size)).to_string())]})),
    ]
}
