//! Failures with evidence that says too much.

use incident_model::time::rfc3339;
use serde_json::{Value, json};

use super::super::bus;
use super::super::secrets::said;
use crate::harness::Aws;

/// The stream of every function's log.
pub(super) const STREAM: &str = "2026/01/01/[$LATEST]00000000000000000000000000000000";

/// A failure: its event, and what the logs have about it.
pub(super) struct Failure {
    /// Part of its incident's resource, and of no other one's.
    pub(super) name: String,
    /// As the bus delivers it.
    pub(super) event: Value,
    /// The streams, as a history brings them in.
    pub(super) logs: Vec<Value>,
}

/// The moment of a failure, and its number, from which its request's id follows.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) number: usize,
    /// In seconds since 1970.
    pub(super) now: i64,
}

impl Moment {
    pub(super) fn request(self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.number)
    }

    /// A stream of lines at that moment.
    pub(super) fn stream(self, group: &str, stream: &str, lines: &[String]) -> Value {
        let at = rfc3339(self.now);
        let events: Vec<Value> = lines.iter().map(|text| json!({"at": at, "text": text})).collect();
        json!({"group": group, "stream": stream, "events": events})
    }
}

/// What a function says of its error in its event.
pub(super) fn message(name: &str) -> String {
    format!("{name} cannot be processed")
}

/// A function whose log has these lines in [`STREAM`].
pub(super) fn of_function(name: &str, at: Moment, lines: &[String]) -> Failure {
    let mut detail = bus::failure(name, at.number);
    // What has the same error or names the same host is mailed together.
    detail["responsePayload"] = json!({"errorType": format!("Odd{:x}Error", at.number), "errorMessage": message(name)});
    let mut event = bus::event(&format!("{name}-event"), &detail);
    event["time"] = rfc3339(at.now).into();
    event["detail"]["timestamp"] = rfc3339(at.now).into();
    let logs = vec![at.stream(&format!("/aws/lambda/{name}"), STREAM, lines)];
    Failure { name: name.to_owned(), event, logs }
}

/// Lines each of which has the request's id.
pub(super) fn lines_with_id(name: &str, at: Moment) -> Vec<String> {
    let (request, said) = (at.request(), said());
    vec![
        format!("START RequestId: {request} Version: $LATEST"),
        format!("2026-01-01T00:00:00.000Z\t{request}\tINFO\t{said}"),
        json!({"level": "ERROR", "requestId": request, "message": message(name), "of": said}).to_string(),
        format!("END RequestId: {request}"),
    ]
}

/// Lines of which only the first has it.
pub(super) fn lines_without_id(name: &str, at: Moment) -> Vec<String> {
    vec![
        format!("START RequestId: {} Version: $LATEST", at.request()),
        format!("[INFO] {}", said()),
        format!("ValueError: {}: {}", message(name), said()),
    ]
}

/// A container that ended with an error.
pub(super) fn of_task(aws: &Aws, name: &str, at: Moment) -> Failure {
    let task = aws.arn("ecs", &format!("task/{name}/0123456789abcdef0123456789abcdef"));
    let definition = aws.arn("ecs", &format!("task-definition/{name}:3"));
    let time = rfc3339(at.now);
    let event = json!({"id": format!("{name}-event"), "source": "aws.ecs", "detail-type": "ECS Task State Change",
    "time": time, "account": aws.account, "region": aws.region, "resources": [task], "detail": {
        "clusterArn": aws.arn("ecs", &format!("cluster/{name}")), "taskArn": task, "group": format!("service:{name}"),
        "taskDefinitionArn": definition, "desiredStatus": "STOPPED", "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited", "stoppedAt": time,
        "containers": [{"name": "app", "exitCode": at.number % 100 + 1, "lastStatus": "STOPPED", "taskArn": task}],
    }});
    Failure { name: name.to_owned(), event, logs: Vec::new() }
}

/// An execution that failed.
pub(super) fn of_execution(aws: &Aws, name: &str, at: Moment) -> Failure {
    let execution = aws.arn("states", &format!("execution:{name}:one"));
    let event = json!({"id": format!("{name}-event"), "source": "aws.states",
    "detail-type": "Step Functions Execution Status Change", "time": rfc3339(at.now), "account": aws.account,
    "region": aws.region, "resources": [execution], "detail": {
        "executionArn": execution, "stateMachineArn": aws.arn("states", &format!("stateMachine:{name}")),
        "name": "one", "status": "FAILED", "startDate": (at.now - 5) * 1000, "stopDate": at.now * 1000,
        "error": format!("Odd{:x}Error", at.number), "cause": message(name),
        "input": "{}", "inputDetails": {"included": true}, "output": null, "outputDetails": null,
    }});
    Failure { name: name.to_owned(), event, logs: Vec::new() }
}
