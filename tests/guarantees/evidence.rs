//! Failures about which the handler finds evidence of every kind.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_lambda::primitives::Blob;
use incident_model::Incident;
use incident_model::control::Control;
use incident_model::time::rfc3339;
use serde_json::{Value, json};

use super::bus;
use super::stack::Stack;
use crate::harness::{self, Aws, TestResult, eventually, tiny_program};
use crate::watch::create;

/// The calls that gather it, on the way of an alert or by the sweep.
pub(super) const CALLS: [&str; 9] = [
    "cloudtrail:LookupEvents",
    "cloudwatch:GetMetricData",
    "ecs:DescribeTaskDefinition",
    "lambda:GetFunctionConfiguration",
    "lambda:ListAliases",
    "lambda:ListFunctions",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "states:GetExecutionHistory",
];
const FUNCTION: &str = "invoices";
const GROUP: &str = "/aws/lambda/invoices";
const STREAM: &str = "2026/01/01/[$LATEST]00000000000000000000000000000000";
const NUMBER: usize = 0xe71de;
const SECONDS: Duration = Duration::from_secs(2);

/// A function whose code was changed after its snapshot and whose lines lack the request's id, a task of ECS and an
/// execution of a state machine.
pub(super) async fn fails_with_evidence(stack: &Stack) -> TestResult {
    create(&stack.aws, FUNCTION).await?;
    let snapshot = Control::Snapshot { function: FUNCTION.to_owned() };
    let (_, answer) = stack.invoke(&snapshot.payload().to_string()).await?;
    assert!(answer["error"].is_null(), "{answer}");
    // A change of the second of its snapshot, or of the failure, has no certain time, and its author is not looked up.
    tokio::time::sleep(SECONDS).await;
    let code = code(&[tiny_program().as_slice(), b"another build"].concat())?;
    stack.aws.lambda.update_function_code().function_name(FUNCTION).zip_file(code).send().await?;
    tokio::time::sleep(SECONDS).await;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let mut failure = bus::event("00000000-0000-4000-8000-0000000e71de", &bus::failure(FUNCTION, NUMBER));
    failure["time"] = rfc3339(now).into();
    failure["detail"]["timestamp"] = rfc3339(now).into();
    let request = failure["detail"]["requestContext"]["requestId"].as_str().ok_or("no request")?.to_owned();
    writes_lines(&stack.aws, now * 1000, &request).await?;
    let mut control = harness::Control::of(&stack.aws).await?;
    for event in [failure, task(&stack.aws, now), execution(&stack.aws, now)] {
        control.call("POST", "events", &event.to_string()).await?;
    }
    Ok(())
}

/// On a busy machine what was asked for may come late, and then no change is suspected. Returns the analyses.
pub(super) async fn is_gathered_again(stack: &Stack, incidents: &[Incident]) -> TestResult<Vec<Value>> {
    let mut analyses = Vec::new();
    for incident in incidents.iter().filter(|incident| incident.resource == FUNCTION) {
        let analyse = Control::Analyse { incident_id: incident.incident_id.clone() };
        analyses.push(stack.invoke(&analyse.payload().to_string()).await?.1);
    }
    Ok(analyses)
}

/// A program as Lambda takes it.
fn code(program: &[u8]) -> TestResult<Blob> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("bootstrap", zip::write::SimpleFileOptions::default().unix_permissions(0o755))?;
    std::io::Write::write_all(&mut writer, program)?;
    Ok(Blob::new(writer.finish()?.into_inner()))
}

/// Only the first line names the request.
async fn writes_lines(aws: &Aws, now: i64, request: &str) -> TestResult {
    aws.logs.create_log_group().log_group_name(GROUP).send().await?;
    aws.logs.create_log_stream().log_group_name(GROUP).log_stream_name(STREAM).send().await?;
    let line = |text: String| InputLogEvent::builder().timestamp(now).message(text).build();
    let lines =
        [format!("START RequestId: {request} Version: $LATEST"), format!("ValueError: no such order: {NUMBER}")];
    let put = aws.logs.put_log_events().log_group_name(GROUP).log_stream_name(STREAM);
    put.set_log_events(Some(lines.into_iter().map(line).collect::<Result<_, _>>()?)).send().await?;
    eventually("the lines to be readable", async || {
        let found = aws.logs.filter_log_events().log_group_name(GROUP).send().await?;
        Ok((found.events().len() == 2).then_some(()))
    })
    .await
}

/// A container that ended with an error.
fn task(aws: &Aws, now: i64) -> Value {
    let arn = aws.arn("ecs", "task/web/0123456789abcdef0123456789abcdef");
    json!({"id": "00000000-0000-4000-8000-000000000ec5", "source": "aws.ecs", "detail-type": "ECS Task State Change",
    "time": rfc3339(now), "account": aws.account, "region": aws.region, "resources": [arn], "detail": {
        "clusterArn": aws.arn("ecs", "cluster/web"), "taskArn": arn, "group": "service:web",
        "taskDefinitionArn": aws.arn("ecs", "task-definition/web:3"), "desiredStatus": "STOPPED", "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
        "stoppedAt": rfc3339(now), "containers": [{"name": "app", "exitCode": 1, "lastStatus": "STOPPED", "taskArn": arn}],
    }})
}

/// An execution that failed.
fn execution(aws: &Aws, now: i64) -> Value {
    let arn = aws.arn("states", "execution:bills:one");
    json!({"id": "00000000-0000-4000-8000-000000057a7e", "source": "aws.states",
    "detail-type": "Step Functions Execution Status Change", "time": rfc3339(now), "account": aws.account,
    "region": aws.region, "resources": [arn], "detail": {
        "executionArn": arn, "stateMachineArn": aws.arn("states", "stateMachine:bills"), "name": "one",
        "status": "FAILED", "startDate": (now - 5) * 1000, "stopDate": now * 1000,
        "input": "{}", "inputDetails": {"included": true}, "output": null, "outputDetails": null,
    }})
}
