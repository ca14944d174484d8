//! The real binary, driven as Lambda drives it.

use crate::account::TestResult;
use crate::runtime_api::{Function, Said, UNREACHABLE};

const SELF_CHECK: &str = r#"{"incidentctl":"self-check"}"#;

#[tokio::test]
async fn the_handler_asks_for_work_and_outlives_what_it_cannot_do() -> TestResult {
    let root = tempfile::tempdir()?;
    let mut handler = Function::start("incident-handler", root.path(), &UNREACHABLE).await?;
    handler.asks_for_work().await?;
    // Without a table, a topic and a rules file.
    let Said::Response(report) = handler.invoke(SELF_CHECK).await? else { return Err("the self-check failed".into()) };
    assert_eq!(report["ok"], false, "{report}");
    for part in ["rules", "table", "topic"] {
        assert_eq!(report[part]["ok"], false, "{report}");
        assert!(report[part]["error"].as_str().is_some_and(|error| !error.is_empty()), "{report}");
    }
    assert!(report["rules"]["count"].as_u64().is_some_and(|count| count > 0), "the built-in rules are used: {report}");
    for garbage in ["{}", "[]", "null", "\"text\"", "not json"] {
        handler.asks_for_work().await?;
        let said = handler.invoke(garbage).await?;
        assert!(matches!(said, Said::Error(_)), "{garbage}: {said:?}");
    }
    handler.asks_for_work().await?;
    assert!(matches!(handler.invoke(SELF_CHECK).await?, Said::Response(_)));
    Ok(())
}

#[tokio::test]
async fn a_failure_that_can_be_neither_recorded_nor_mailed_is_an_error() -> TestResult {
    let root = tempfile::tempdir()?;
    let mut handler = Function::start("incident-handler", root.path(), &UNREACHABLE).await?;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(126), "}".repeat(126));
    // The runtime would fail on an unparsable event, and the failure would never reach the handler. The second mail may go
    // out a minute after the first, whatever became of that.
    for (payload, class) in [
        ("{}", "NotNotified"),
        (deep.as_str(), "NotRecorded"),
        ("1e999", "NotRecorded"),
        (r#""\ud800""#, "NotRecorded"),
    ] {
        let event = format!(
            r#"{{"id":"e","source":"lambda","detail-type":"Lambda Function Invocation Result - Failure","detail":
            {{"requestContext":{{"functionArn":"arn:aws:lambda:eu-west-1:000000000000:function:orders:$LATEST",
            "condition":"RetriesExhausted"}},"requestPayload":{payload},"responsePayload":{{"errorType":"E","errorMessage":"m"}}}}}}"#
        );
        let said = handler.invoke(&event).await?;
        let Said::Error(error) = said else { return Err(format!("{said:?}").into()) };
        assert_eq!(error["errorType"], class, "{payload:.40}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn the_generator_fails_in_the_way_it_is_asked_to() -> TestResult {
    let root = tempfile::tempdir()?;
    let mut generator = Function::start("error-generator", root.path(), &UNREACHABLE).await?;
    for (event, class, words) in [
        ("{}", "DeliberateException", "deliberate failure"),
        (r#"{"kind":"exception"}"#, "DeliberateException", "deliberate failure"),
        (r#"{"kind":"panic"}"#, "", "deliberate panic"),
        (r#"{"kind":"access-denied"}"#, "MissingVariable", "FORBIDDEN_TABLE"),
        (r#"{"kind":"oom","megabytes":32}"#, "MemoryLimitNotEnforced", "used 32 MB"),
        (
            r#"{"kind":"dependency"}"#,
            "ConnectError",
            "(https://dependency.invalid/): client error (Connect): dns error: ",
        ),
        (r#"{"kind":"fire"}"#, "UnknownKind", "exception, timeout, oom, panic, crash, access-denied, dependency"),
    ] {
        let said = generator.invoke(event).await?;
        let Said::Error(error) = said else { return Err(format!("{event}: {said:?}").into()) };
        assert!(error["errorType"].as_str().is_some_and(|seen| seen.contains(class)), "{event}: {error}");
        assert!(error["errorMessage"].as_str().is_some_and(|seen| seen.contains(words)), "{event}: {error}");
    }
    assert_eq!(generator.dies_of(r#"{"kind":"crash"}"#).await?.code(), Some(1));
    Ok(())
}

#[tokio::test]
async fn an_unknown_handler_setting_ends_the_process() -> TestResult {
    let root = tempfile::tempdir()?;
    let mut function = Function::start("orders.handler", root.path(), &UNREACHABLE).await?;
    assert!(!function.dies_of("{}").await?.success());
    Ok(())
}
