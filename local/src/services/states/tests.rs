use serde_json::{Value, json};

use crate::services::tests::{REGION, ask, cloud};
use crate::{Cloud, LocalConfig, history};

const ARN: &str = "arn:aws:states:eu-west-1:000000000000:execution:machine:run";

fn brought_in() -> (Cloud, tempfile::TempDir) {
    let (cloud, directory) = cloud(LocalConfig::default());
    let failed = json!({ "error": "KeyError", "cause": "'customer'", "resourceType": "lambda", "resource": "invoke" });
    let events = json!([
        { "timestamp": "2026-11-27T09:59:00Z", "type": "ExecutionStarted",
          "executionStartedEventDetails": { "input": "{}", "roleArn": "arn:aws:iam::000000000000:role/machine" } },
        { "timestamp": "2026-11-27T09:59:01.500Z", "type": "TaskFailed", "taskFailedEventDetails": failed },
        { "timestamp": "2026-11-27T09:59:02Z", "type": "ExecutionFailed" },
    ]);
    let past = json!({ "executions": [{ "arn": ARN, "events": events }] });
    history::bring_in(&cloud, REGION, past.to_string().as_bytes()).unwrap();
    (cloud, directory)
}

async fn events(cloud: &Cloud, input: Value) -> Value {
    ask(cloud, "states", "GetExecutionHistory", input).await.unwrap()
}

#[tokio::test]
async fn a_history_is_read_from_both_ends_in_pages() {
    let (cloud, _directory) = brought_in();
    let all = events(&cloud, json!({ "executionArn": ARN })).await;
    assert_eq!(all["events"][1]["timestamp"], 1_795_773_541.5);
    assert_eq!((&all["events"][1]["id"], &all["events"][1]["previousEventId"]), (&json!(2), &json!(1)));
    assert_eq!(all["events"][1]["taskFailedEventDetails"]["error"], "KeyError");
    let latest = json!({ "executionArn": ARN, "reverseOrder": true, "maxResults": 2 });
    let latest = events(&cloud, latest).await;
    assert_eq!((&latest["events"][0]["id"], &latest["events"][1]["id"]), (&json!(3), &json!(2)));
    let rest = json!({ "executionArn": ARN, "reverseOrder": true, "maxResults": 2, "nextToken": latest["nextToken"] });
    let rest = events(&cloud, rest).await;
    assert_eq!((&rest["events"][0]["id"], rest.get("nextToken")), (&json!(1), None));
    let bare = events(&cloud, json!({ "executionArn": ARN, "includeExecutionData": false })).await;
    assert_eq!(bare["events"][0]["executionStartedEventDetails"].get("input"), None);
}

#[tokio::test]
async fn wrong_questions_get_awss_errors() {
    let (cloud, _directory) = brought_in();
    let other = ARN.replace(":run", ":other");
    let cases = [
        (json!({ "executionArn": other }), "ExecutionDoesNotExist: Execution Does Not Exist: 'arn:aws:states:"),
        (json!({ "executionArn": "run" }), "InvalidArn: Invalid Arn: "),
        (json!({ "executionArn": ARN.replace("execution", "express") }), "InvalidArn: Invalid Arn: "),
        (json!({ "executionArn": ARN, "nextToken": "x" }), "InvalidToken: "),
        (json!({ "executionArn": ARN, "maxResults": 1001 }), "ValidationException: 1 validation error detected"),
        (json!({}), "ValidationException: 1 validation error detected"),
    ];
    for (input, expected) in cases {
        let error = ask(&cloud, "states", "GetExecutionHistory", input.clone()).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{input}: {error}");
    }
    let error = ask(&cloud, "states", "StartExecution", json!({})).await.unwrap_err();
    assert_eq!(error.code, "NotImplemented");
}
