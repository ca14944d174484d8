//! Invocations.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::fixture::{Answer, Fixture, package_of};

fn log(answer: &Answer) -> String {
    String::from_utf8(STANDARD.decode(&answer.headers["x-amz-log-result"]).unwrap()).unwrap()
}

#[tokio::test]
async fn a_function_responds_and_its_process_is_reused() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({ "Environment": { "Variables": { "COLOUR": "blue" } } })).await;
    let first = fixture.invoke("echo", json!({ "process": true, "print": "hello\nworld" })).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.headers["x-amz-executed-version"], "$LATEST");
    assert!(!first.headers.contains_key("x-amz-function-error"));
    let id = &first.headers["x-amzn-requestid"];
    let lines = log(&first);
    let lines: Vec<&str> = lines.lines().collect();
    assert!(lines[0].starts_with("INIT_START Runtime Version: provided:al2023"), "{lines:?}");
    assert_eq!(lines[1], format!("START RequestId: {id} Version: $LATEST"));
    assert_eq!(lines[2..4], ["hello", "world"]);
    assert_eq!(lines[4], format!("END RequestId: {id}"));
    assert!(lines[5].contains("Memory Size: 128 MB") && lines[5].contains("Init Duration: "), "{lines:?}");
    let second = fixture.invoke("echo", json!({ "process": true })).await;
    assert_eq!(second.body, first.body);
    assert!(!log(&second).contains("Init"));
    assert_eq!(fixture.invoke("echo", json!({ "variable": "COLOUR" })).await.body, "blue");
    assert_eq!(fixture.invoke("echo", json!({ "any": ["thing", 1] })).await.body, json!({ "any": ["thing", 1] }));
}

#[tokio::test]
async fn a_process_sees_only_lambdas_variables() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({})).await;
    let mut names: Vec<String> =
        serde_json::from_value(fixture.invoke("echo", json!({ "variables": true })).await.body).unwrap();
    names.sort();
    let expected = "AWS_ACCESS_KEY_ID AWS_DEFAULT_REGION AWS_ENDPOINT_URL AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_MEMORY_SIZE \
                    AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE \
                    AWS_LAMBDA_LOG_FORMAT AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_LAMBDA_RUNTIME_API \
                    AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN LAMBDA_TASK_ROOT LANG PATH TZ _HANDLER";
    assert_eq!(names.join(" "), expected);
    let headers = fixture.invoke("echo", json!({ "headers": true })).await.body.to_string();
    for header in ["aws-request-id", "deadline-ms", "invoked-function-arn: arn:aws:lambda:", "trace-id: Root=1-"] {
        assert!(headers.contains(&format!("lambda-runtime-{header}")), "{header} in {headers}");
    }
}

#[tokio::test]
async fn failures_have_awss_types_and_messages() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({ "Timeout": 1 })).await;
    let cases = [
        (json!({ "error": "on purpose" }), "Deliberate", "on purpose"),
        (json!({ "exit": 0 }), "Runtime.ExitError", "Error: Runtime exited without providing a reason"),
        (json!({ "exit": 7 }), "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"),
        (json!({ "abort": true }), "Runtime.ExitError", "Error: Runtime exited with error: signal: aborted"),
        (json!({ "sleep": 5000 }), "Sandbox.Timedout", "Error: Task timed out after 1.00 seconds"),
        (json!({ "respond": 6_300_000 }), "Function.ResponseSizeTooLarge", "(6291556 bytes)."),
    ];
    for (payload, error_type, words) in cases {
        let answer = fixture.invoke("echo", payload.clone()).await;
        assert_eq!(answer.status, 200, "{payload}");
        assert_eq!(answer.headers["x-amz-function-error"], "Unhandled", "{payload}");
        assert_eq!(answer.body["errorType"], error_type, "{payload}");
        let message = answer.body["errorMessage"].as_str().unwrap();
        assert!(message.contains(words), "{payload}: {message}");
        if message.starts_with("RequestId") {
            assert!(message.contains(&answer.headers["x-amzn-requestid"]), "{message}");
        }
        let after = fixture.invoke("echo", json!({ "well": true })).await;
        assert_eq!(after.body, json!({ "well": true }), "after {payload}");
    }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn exceeding_the_memory_limit_kills_the_process() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({ "Timeout": 60 })).await;
    let answer = fixture.invoke("echo", json!({ "allocate": 512 })).await;
    assert_eq!(answer.body["errorType"], "Runtime.OutOfMemory", "{}", answer.body);
    assert!(answer.body["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: signal: killed"));
    let log = log(&answer);
    assert!(log.contains("Max Memory Used: 128 MB"), "{log}");
    assert!(log.contains("Status: error\tError Type: Runtime.OutOfMemory"), "{log}");
    assert_eq!(fixture.invoke("echo", json!({ "allocate": 16 })).await.body, json!({ "allocated": 16 }));
}

#[tokio::test]
async fn a_failed_start_returns_its_reason() {
    let fixture = Fixture::new().await;
    let zip = |name: &str, content: &[u8]| json!({ "Code": { "ZipFile": STANDARD.encode(package_of(name, content)) } });
    let cases = [
        (json!({ "Handler": "init-exit" }), "Runtime.ExitError", "exit status 3"),
        (json!({ "Handler": "init-error" }), "Runtime.ImportModuleError", "no such module"),
        (zip("other", b""), "Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s)"),
        (zip("bootstrap", b"\x7fELF"), "Runtime.InvalidEntrypoint", "exec format error"),
    ];
    for (index, (settings, error_type, words)) in cases.into_iter().enumerate() {
        let name = format!("broken-{index}");
        assert_eq!(fixture.create(&name, settings).await.status, 201);
        let answer = fixture.invoke(&name, json!({})).await;
        assert_eq!(answer.body["errorType"], error_type, "{}", answer.body);
        assert!(answer.body["errorMessage"].as_str().unwrap().contains(words), "{}", answer.body);
        assert_eq!(answer.headers["x-amz-function-error"], "Unhandled");
    }
}

#[tokio::test]
async fn concurrency_is_limited_and_a_second_call_gets_a_second_process() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({})).await;
    let slow = json!({ "sleep": 300, "process": true });
    let (first, second) = tokio::join!(fixture.invoke("echo", slow.clone()), fixture.invoke("echo", slow.clone()));
    assert_ne!(first.body, second.body);
    let path = "/2017-10-31/functions/echo/concurrency";
    fixture.send(Method::PUT, path, json!({ "ReservedConcurrentExecutions": 1 })).await;
    let (first, second) = tokio::join!(fixture.invoke("echo", slow.clone()), fixture.invoke("echo", slow));
    let throttled = if first.status == 429 { first } else { second };
    assert!(throttled.is_error(429, "TooManyRequestsException", "Rate Exceeded."));
    assert_eq!(throttled.body["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded");
}

#[tokio::test]
async fn new_code_runs_in_new_processes_and_nothing_outlives_the_cloud() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({})).await;
    let before = fixture.invoke("echo", json!({ "process": true })).await.body;
    let update = fixture.send(
        Method::PUT,
        "/2015-03-31/functions/echo/configuration",
        json!({ "Environment": { "Variables": { "COLOUR": "red" } } }),
    );
    assert_eq!(update.await.status, 200);
    let after = fixture.invoke("echo", json!({ "process": true })).await.body;
    assert_ne!(before, after);
    assert_eq!(fixture.invoke("echo", json!({ "variable": "COLOUR" })).await.body, "red");
    super::super::shutdown(&fixture.cloud).await;
    for process in [before, after] {
        assert!(ends(&process).await, "{process} still runs");
    }
    let refused = fixture.invoke("echo", json!({})).await;
    assert_eq!(refused.body["errorType"], "Runtime.InvalidEntrypoint");
}

/// Whether a process ends shortly.
async fn ends(process: &Value) -> bool {
    for _ in 0..200 {
        let running = std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        if !running {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn payloads_are_validated() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({})).await;
    fixture.create("snake", json!({ "Runtime": "python3.12" })).await;
    let large = json!("x".repeat(6_291_455));
    assert!(fixture.invoke("echo", large).await.is_error(413, "RequestTooLargeException", "6291457 byte payload"));
    let large = fixture.invoke_with("echo", json!("x".repeat(1_048_576)), &[("x-amz-invocation-type", "Event")]).await;
    assert!(large.is_error(413, "RequestTooLargeException", "for the Event invocation type"));
    let dry = fixture.invoke_with("echo", json!({}), &[("x-amz-invocation-type", "DryRun")]).await;
    assert_eq!(dry.status, 204);
    let missing = fixture.invoke("absent", json!({})).await;
    let words = "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:absent";
    assert!(missing.is_error(404, "ResourceNotFoundException", words));
    assert!(fixture.invoke("snake", json!({})).await.is_error(501, "NotImplemented", "python3.12"));
}

/// A function with a timeout of fifteen minutes reports its errors a quarter of an hour late, and a reader of metrics has
/// to reckon with that.
#[tokio::test]
async fn an_invocation_counts_in_the_minute_in_which_it_began() {
    // A minute lasts half a second.
    let fixture = Fixture::with_time(120.0, Duration::ZERO).await;
    fixture.create("slow", json!({ "Timeout": 900 })).await;
    let begun = jiff::Timestamp::now().as_millisecond();
    fixture.invoke("slow", json!({ "sleep": 2500 })).await;
    let ended = jiff::Timestamp::now().as_millisecond();
    for dimensions in [json!([]), json!([{ "Name": "FunctionName", "Value": "slow" }])] {
        let metric = json!({ "Namespace": "AWS/Lambda", "MetricName": "Invocations", "Dimensions": dimensions });
        let query = json!({ "Id": "m", "MetricStat": { "Metric": metric, "Period": 1, "Stat": "Sum" } });
        let range = json!({ "StartTime": begun / 1000 - 5, "EndTime": ended / 1000 + 5, "MetricDataQueries": [query] });
        let found = fixture.ask("monitoring", "GetMetricData", range).await;
        let times = found["MetricDataResults"][0]["Timestamps"].as_array().unwrap();
        assert_eq!(times.len(), 1, "{found}");
        let time = (times[0].as_f64().unwrap() * 1000.0) as i64;
        assert!(time <= ended - 2_400, "{time} of {begun} to {ended}");
    }
}
