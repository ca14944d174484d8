//! Every call for evidence, broken in every way.

use incident_model::analysis::{EvidenceKind, WhyMissing};
use serde_json::{Value, json};

use super::super::stack::HANDLER;
use super::failure::{Failure, Moment, STREAM, lines_with_id, lines_without_id, of_execution, of_function, of_task};
use crate::harness::Aws;

/// The calls: service, operation. The last one is also the sweep's.
pub(super) const CALLS: [(&str, &str); 8] = [
    ("logs", "FilterLogEvents"),
    ("logs", "GetLogEvents"),
    ("lambda", "GetFunctionConfiguration"),
    ("states", "GetExecutionHistory"),
    ("ecs", "DescribeTaskDefinition"),
    ("monitoring", "GetMetricData"),
    ("dynamodb", "Query"),
    ("dynamodb", "GetItem"),
];
/// The failures of a round: in each of the first five, one of the first five calls is broken, the others in all of them.
const VICTIMS: [&str; 6] = ["lines", "stream", "setup", "machine", "task", "plain"];
/// How many ways there are to break a call.
pub(super) const WAYS: usize = 8;

/// The ways.
fn ways() -> [Value; WAYS] {
    let refused =
        json!({"code": "AccessDeniedException", "message": "User: x is not authorized to perform: y", "status": 400});
    [
        json!("throttle"),
        json!({ "error": refused }),
        json!("internal-error"),
        json!("hang-before"),
        json!("hang-after"),
        json!("drop-before"),
        json!("drop-after"),
        json!({"delay": {"milliseconds": 2000}}),
    ]
}

/// A fault rule for a call of the handler.
pub(super) fn rule(aws: &Aws, (service, operation): (&str, &str), action: &Value) -> Value {
    // The sweep asks the other index.
    let index = (operation == "Query").then(|| aws.arn("dynamodb", "table/devops-incidents/index/by-month"));
    let caller = format!("{HANDLER}-{}", aws.region);
    json!({"service": service, "operation": operation, "resource": index, "caller": caller, "action": action})
}

/// The rules of a round: each call is broken in a way of its own, and in another one in each round.
pub(super) fn rules(aws: &Aws, round: usize) -> Vec<Value> {
    let broken = CALLS.iter().enumerate().map(|(number, call)| {
        let mut rule = rule(aws, *call, &ways()[way(number, round)]);
        if let Some(resource) = resource(aws, number, round) {
            rule["resource"] = resource.into();
        }
        rule
    });
    broken.collect()
}

/// The rules by which everything hangs, but for the calls that wait for another one.
pub(super) fn all_hang(aws: &Aws) -> Vec<Value> {
    let waits = ["GetLogEvents", "GetItem"];
    let calls = CALLS.iter().filter(|(_, operation)| !waits.contains(operation));
    calls.map(|call| rule(aws, *call, &json!("hang-before"))).collect()
}

fn way(call: usize, round: usize) -> usize {
    (call + round) % WAYS
}

/// What a call is broken for, where not for all.
fn resource(aws: &Aws, call: usize, round: usize) -> Option<String> {
    let victim = VICTIMS.get(call).map(|victim| format!("{victim}-{round}"))?;
    match CALLS[call].1 {
        "FilterLogEvents" => Some(aws.arn("logs", &format!("log-group:/aws/lambda/{victim}:log-stream:"))),
        "GetLogEvents" => Some(aws.arn("logs", &format!("log-group:/aws/lambda/{victim}:log-stream:{STREAM}"))),
        "GetFunctionConfiguration" => Some(aws.arn("lambda", &format!("function:{victim}"))),
        "GetExecutionHistory" => Some(aws.arn("states", &format!("execution:{victim}:one"))),
        _ => None,
    }
}

/// The failures of a round.
pub(super) fn failures(aws: &Aws, round: usize, now: i64) -> Vec<Failure> {
    let failure = |(number, victim): (usize, &&str)| {
        let (name, at) = (format!("{victim}-{round}"), Moment { number: 0x100 * (round + 1) + number, now });
        match *victim {
            "machine" => of_execution(aws, &name, at),
            "task" => of_task(aws, &name, at),
            "stream" => of_function(&name, at, &lines_without_id(&name, at)),
            _ => of_function(&name, at, &lines_with_id(&name, at)),
        }
    };
    VICTIMS.iter().enumerate().map(failure).collect()
}

/// What must be missing about the failure of a function, a task or a state machine, and why.
pub(super) fn missing(name: &str, round: usize) -> Vec<(EvidenceKind, WhyMissing)> {
    let why = |call: usize| if way(call, round) == 1 { WhyMissing::Denied } else { WhyMissing::Late };
    let rate = (EvidenceKind::Rate, why(5));
    match name.split('-').next().unwrap_or_default() {
        "lines" => vec![(EvidenceKind::Log, why(0)), rate],
        "setup" => vec![(EvidenceKind::Change, why(2)), rate],
        "machine" => vec![(EvidenceKind::Execution, why(3))],
        "task" => vec![(EvidenceKind::Log, why(4))],
        // The snapshot is asked for with the call that is left.
        "plain" => vec![(EvidenceKind::Change, why(7)), rate],
        _ => vec![rate],
    }
}
