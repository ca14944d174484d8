//! `LoggingConfig`, and what a function's log says of its failures.

use http::Method;
use serde_json::{Value, json};

use super::fixture::Fixture;
use crate::services::tests::{self, REGION};

const CONFIGURATION: &str = "/2015-03-31/functions/echo/configuration";

#[tokio::test]
async fn logging_is_configured_and_kept_where_an_update_does_not_name_it() {
    let fixture = Fixture::new().await;
    let logging = json!({ "LogFormat": "JSON", "LogGroup": "/shared", "SystemLogLevel": "WARN" });
    let created = fixture.declare("echo", json!({ "LoggingConfig": logging })).await;
    let expected = json!({
        "LogFormat": "JSON", "LogGroup": "/shared", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN",
    });
    assert_eq!(created.body["LoggingConfig"], expected);
    let listed = fixture.send(Method::GET, "/2015-03-31/functions", Value::Null).await;
    assert_eq!(listed.body["Functions"][0]["LoggingConfig"], expected);
    let update = |logging: Value| fixture.send(Method::PUT, CONFIGURATION, json!({ "LoggingConfig": logging }));
    let levels = update(json!({ "ApplicationLogLevel": "DEBUG" })).await.body["LoggingConfig"].clone();
    assert_eq!((&levels["ApplicationLogLevel"], &levels["SystemLogLevel"]), (&json!("DEBUG"), &json!("WARN")));
    assert_eq!(
        update(json!({ "LogFormat": "Text" })).await.body["LoggingConfig"],
        json!({ "LogFormat": "Text", "LogGroup": "/shared" })
    );
    let cases = [
        (json!({ "LogGroup": "a b" }), "ValidationException", "'loggingConfig.logGroup'"),
        (json!({ "LogFormat": "XML" }), "ValidationException", "'loggingConfig.logFormat'"),
        (
            json!({ "LogFormat": "JSON", "SystemLogLevel": "ERROR" }),
            "ValidationException",
            "'loggingConfig.systemLogLevel'",
        ),
        (json!({ "ApplicationLogLevel": "INFO" }), "InvalidParameterValueException", "LogFormat is set to 'Text'"),
    ];
    for (logging, code, words) in cases {
        assert!(update(logging.clone()).await.is_error(400, code, words), "{logging}");
    }
}

/// A stream of a shared group says whose it is.
#[tokio::test]
async fn the_lines_of_a_failure_go_to_the_configured_group() {
    let fixture = Fixture::with_time(200.0, std::time::Duration::ZERO).await;
    fixture.create("echo", json!({ "Timeout": 1, "LoggingConfig": { "LogGroup": "shared" } })).await;
    let crash =
        fixture.invoke("echo", json!({ "exit": 7, "print": "before" })).await.headers["x-amzn-requestid"].clone();
    let timeout = fixture.invoke("echo", json!({ "sleep": 5000 })).await.headers["x-amzn-requestid"].clone();
    let lines = async |request: &str| {
        let pattern = json!({ "logGroupName": "shared", "filterPattern": format!("\"{request}\"") });
        let found = tests::ask(&fixture.cloud, "logs", "FilterLogEvents", pattern).await.unwrap();
        let stream = found["events"][0]["logStreamName"].as_str().unwrap().to_owned();
        let texts =
            found["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap().to_owned());
        (stream, texts.collect::<Vec<_>>())
    };
    let (stream, crashed) = lines(&crash).await;
    assert!(stream.contains("/echo[$LATEST]"), "{stream}");
    assert!(crashed[0].starts_with(&format!("START RequestId: {crash} Version: $LATEST")), "{crashed:?}");
    assert_eq!(
        crashed[1],
        format!("RequestId: {crash} Error: Runtime exited with error: exit status 7\nRuntime.ExitError")
    );
    assert!(crashed[3].starts_with(&format!("REPORT RequestId: {crash}\tDuration: ")), "{crashed:?}");
    assert!(crashed[3].ends_with("\tStatus: error\tError Type: Runtime.ExitError"), "{crashed:?}");
    let (_, late) = lines(&timeout).await;
    assert!(late[1].ends_with(&format!(" {timeout} Task timed out after 1.00 seconds")), "{late:?}");
    assert!(late.last().unwrap().ends_with("\tStatus: timeout"), "{late:?}");
    assert!(!crate::services::logs::group_exists(&fixture.cloud, REGION, "/aws/lambda/echo"));
}

/// Lambda tries twice, and says so twice, before the request's own lines.
#[tokio::test]
async fn a_failed_initialisation_is_repeated_within_the_invocation() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({ "Handler": "init-exit" })).await;
    let answer = fixture.invoke("echo", json!({})).await;
    let request = &answer.headers["x-amzn-requestid"];
    let lines = fixture.log_lines("/aws/lambda/echo").await;
    let begins = [
        "INIT_START Runtime Version: ".to_owned(),
        "INIT_REPORT Init Duration: ".to_owned(),
        "INIT_REPORT Init Duration: ".to_owned(),
        format!("START RequestId: {request}"),
        format!("RequestId: {request} Error: Runtime exited with error: exit status 3\nRuntime.ExitError"),
        format!("END RequestId: {request}"),
        format!("REPORT RequestId: {request}"),
    ];
    assert_eq!(lines.len(), begins.len(), "{lines:?}");
    for (line, begin) in lines.iter().zip(&begins) {
        assert!(line.starts_with(begin), "{line:?} does not begin with {begin:?}");
    }
    assert!(lines[1].ends_with("\tPhase: init\tStatus: error\tError Type: Runtime.ExitError"), "{lines:?}");
    assert!(lines[2].ends_with("\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError"), "{lines:?}");
}
