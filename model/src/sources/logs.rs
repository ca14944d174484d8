//! Log lines of CloudWatch Logs that indicate a failure.

use serde_json::Value;

use super::envelope::Envelope;
use crate::observation::Observation;

/// Texts in the logs of runtimes and the platform for a failure, with its class.
const SIGNS: &[(&str, &str)] = &[
    ("Task timed out after", "Sandbox.Timedout"),
    ("signal: killed", "Runtime.OutOfMemory"),
    ("Runtime.OutOfMemory", "Runtime.OutOfMemory"),
    ("Runtime exited", "Runtime.ExitError"),
    ("Process exited before completing request", "Runtime.ExitError"),
    ("Runtime.ImportModuleError", "Runtime.ImportModuleError"),
    ("Runtime.HandlerNotFound", "Runtime.HandlerNotFound"),
    ("panicked at", "Panic"),
    ("panic: ", "Panic"),
    ("Traceback (most recent call last)", "Exception"),
    ("Unhandled", "Unhandled"),
    ("Exception", "Exception"),
    ("[ERROR]", "ERROR"),
    ("[FATAL]", "FATAL"),
    ("ERROR", "ERROR"),
    ("FATAL", "FATAL"),
    ("CRITICAL", "CRITICAL"),
];

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let group = envelope.text("/logGroup");
    if envelope.detail.get("control").is_some() {
        return envelope.ignored("", "a control message, with which CloudWatch tests the subscription");
    }
    let function = group.strip_prefix("/aws/lambda/");
    let line = envelope.text("/message").trim();
    let observation = match class(line) {
        Some(class) => envelope.failure(function.unwrap_or(group), class, line),
        None => envelope.ignored(function.unwrap_or(group), "a log line without a sign of a failure"),
    };
    let source = if function.is_some() { "lambda" } else { "logs" }.to_owned();
    Observation { source, ..observation }.with("log_group", group).with("log_stream", envelope.text("/logStream"))
}

fn class(line: &str) -> Option<&'static str> {
    // The platform's own lines repeat other lines.
    if ["START RequestId", "END RequestId", "REPORT RequestId", "INIT_START"].iter().any(|own| line.starts_with(own)) {
        return None;
    }
    if let Ok(entry) = crate::json::from_str::<Value>(line) {
        let level = ["level", "severity", "log_level", "levelname"].iter().find_map(|name| entry.get(name)?.as_str());
        if let Some(level) = level {
            return matches!(level.to_ascii_uppercase().as_str(), "ERROR" | "FATAL" | "CRITICAL").then_some("ERROR");
        }
    }
    if has_harmless_level(line) {
        return None;
    }
    SIGNS.iter().find(|(sign, _)| line.contains(sign)).map(|(_, class)| *class)
}

/// Whether a line has a level below errors where loggers put it: first, or after time and request.
fn has_harmless_level(line: &str) -> bool {
    const LEVELS: &[&str] = &["DEBUG", "INFO", "NOTICE", "TRACE", "VERBOSE", "WARN", "WARNING"];
    let words = line.split_whitespace().take(4).map(|word| word.trim_matches(['[', ']', ':', '<', '>', '(', ')']));
    words.into_iter().any(|word| LEVELS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_of_a_line_outweighs_its_words() {
        for (line, expected) in [
            ("INFO 0 errors, 0 Exceptions", None),
            ("[WARNING]\t2026-01-01T00:00:00.000Z\tr\tretrying after Exception", None),
            ("2026-01-01T00:00:00.000Z\tr\tINFO\tERRORS: 0", None),
            ("2026-01-01T00:00:00.000Z\tr\tERROR\tInvoke Error", Some("ERROR")),
            ("[ERROR] KeyError: 'INFO'", Some("ERROR")),
            ("Traceback (most recent call last)", Some("Exception")),
            (r#"{"level":"INFO","message":"ERRORS: 0"}"#, None),
        ] {
            assert_eq!(class(line), expected, "{line}");
        }
    }
}
