use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Classification, classify};

pub(crate) fn failure(payload: &Value) -> Value {
    json!({
        "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "id": "e", "region": "eu-west-1",
        "detail": {
            "requestContext": {
                "requestId": "r", "condition": "RetriesExhausted",
                "functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST",
            },
            "responsePayload": payload,
        },
    })
}

pub(super) fn judged(event: &Value) -> Result<Classification, Box<dyn std::error::Error>> {
    let classified = classify(event, &Rules::defaults()?)?;
    classified.into_iter().next().ok_or_else(|| "nothing".into())
}

#[test]
fn each_way_in_which_a_function_fails_has_its_rule() -> Result<(), Box<dyn std::error::Error>> {
    for (class, message, rule, severity) in [
        ("Sandbox.Timedout", "RequestId: r Error: Task timed out after 1.00 seconds", "lambda-timeout", Severity::High),
        ("", "2024-04-08T16:56:22.000Z r Task timed out after 1.00 seconds", "lambda-timeout", Severity::High),
        ("ReadTimeoutError", "Read timeout on endpoint", "lambda-timeout-inside", Severity::High),
        (
            "Runtime.ExitError",
            "RequestId: r Error: Runtime exited with error: signal: killed",
            "lambda-out-of-memory",
            Severity::High,
        ),
        (
            "Runtime.ExitError",
            "RequestId: r Error: Runtime exited with error: exit status 1",
            "lambda-runtime-exit",
            Severity::High,
        ),
        ("", "RequestId: r Process exited before completing request", "lambda-runtime-exit", Severity::High),
        ("Runtime.ImportModuleError", "Unable to import module 'x'", "lambda-init-failure", Severity::Critical),
        (
            "ClientError",
            "An error occurred (AccessDeniedException) when calling PutItem",
            "lambda-permission-denied",
            Severity::High,
        ),
        (
            "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>",
            "Lambda panicked: x",
            "lambda-panic",
            Severity::High,
        ),
        ("ClientError", "An error occurred (ThrottlingException): Rate exceeded", "lambda-throttled", Severity::Medium),
        ("Error", "connect ECONNREFUSED 10.0.0.1:5432", "lambda-dependency-unreachable", Severity::High),
        (
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded",
            "lambda-payload-too-large",
            Severity::Medium,
        ),
        ("ValueError", "no such order", "lambda-user-exception", Severity::Medium),
    ] {
        let seen = judged(&failure(&json!({ "errorType": class, "errorMessage": message })))?;
        let judgement = seen.judgement.ok_or("no incident")?;
        assert_eq!((judgement.rule.as_str(), judgement.severity), (rule, severity), "{class}: {message}");
        assert!(judgement.summary.contains("orders"), "{}", judgement.summary);
    }
    Ok(())
}

#[test]
fn every_sample_failure_gets_a_full_sentence() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let rules = Rules::defaults()?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_file() || path.ends_with("INDEX.json") {
            continue;
        }
        for seen in classify(&crate::read(&std::fs::read(&path)?)?, &rules)? {
            if let Some(judgement) = seen.judgement {
                assert_ne!(judgement.rule, "none", "{path:?}");
                assert!(!judgement.summary.contains("(unknown)"), "{path:?}: {}", judgement.summary);
            }
        }
    }
    Ok(())
}

#[test]
fn rules_before_others_win() -> Result<(), RulesError> {
    let own = Rules::parse("rules:\n  - name: own\n    severity: LOW\n    summary: s\n    recommendation: r\n")?;
    let defaults = Rules::defaults()?;
    let count = defaults.len();
    let both = own.before(defaults);
    assert_eq!(both.len(), count + 1);
    assert_eq!(both.iter().next().map(Rule::name), Some("own"));
    Ok(())
}

/// A few rules that come with the program, changed in places.
fn damaged(changes: &[(usize, usize, char)]) -> String {
    let mut lines: Vec<String> = DEFAULT_RULES.lines().take(80).map(str::to_owned).collect();
    for (line, column, character) in changes {
        let at = line % lines.len();
        match column % 40 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines[at].insert(0, ' '),
            column => {
                let changed = lines[at].chars().enumerate();
                lines[at] = changed.map(|(at, old)| if at == column { *character } else { old }).collect();
            }
        }
    }
    lines.join("\n")
}

proptest! {
    /// The handler and `rules check` read the same file: one cannot find it unreadable while the other uses it.
    #[test]
    fn what_is_used_is_what_can_be_read(
        changes in proptest::collection::vec((any::<usize>(), any::<usize>(), proptest::sample::select("az09 :{}[]'\"#&*!|>,-".chars().collect::<Vec<_>>())), 0..6)
    ) {
        let text = damaged(&changes);
        let is_refused = check(&text).problems.iter().any(|problem| problem.level == Level::Unreadable);
        prop_assert_eq!(Rules::parse(&text).is_err(), is_refused, "{}", text);
    }
}
