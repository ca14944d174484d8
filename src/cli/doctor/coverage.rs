//! Whether failures would reach the handler.

use crate::cli::deployed::Deployed;
use crate::health::Check;
use incident_deploy::plan::{Action, Change, Plan};

const NAME: &str = "coverage";

/// Everything between a failure and the handler: rules with their targets, the queue that they send to and its pollers,
/// permissions, and sources of events.
const ON_THE_WAY: [&str; 10] = [
    "AWS::Events::Rule",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Function",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::CloudWatch::Alarm",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
];

/// Checks that every part of the path exists and is unchanged.
pub(super) fn check(deployed: &Deployed) -> Check {
    let plan = match deployed.plan() {
        Ok(plan) => plan,
        Err(error) => return Check::fail(NAME, error.to_string()).hint(error.hint()),
    };
    let broken: Vec<String> = broken(&plan).iter().map(|change| described(change)).collect();
    match broken.as_slice() {
        [] => Check::ok(NAME, "rules send to a queue that the handler reads; alarms exist"),
        broken => Check::fail(NAME, format!("failures may go unnoticed: {}", broken.join(", ")))
            .hint("`incidentctl plan` shows what differs, `incidentctl up` repairs it"),
    }
}

/// The missing or changed parts of the path.
pub(in crate::cli) fn broken(plan: &Plan) -> Vec<&Change> {
    let concerns = |change: &&Change| ON_THE_WAY.contains(&change.resource_type.as_str());
    plan.changes.iter().filter(concerns).filter(|change| change.action != Action::None && matters(change)).collect()
}

/// A changed tag or description stops no event, nor does a setting of a queue that exists.
fn matters(change: &Change) -> bool {
    let harmless = |path: &str| ["Tags", "Description"].iter().any(|property| path.starts_with(property));
    let is_queue = change.resource_type == "AWS::SQS::Queue";
    change.action != Action::Update || change.properties.iter().any(|property| !is_queue && !harmless(&property.path))
}

/// `SweepRule is missing`.
pub(in crate::cli) fn described(change: &Change) -> String {
    let is_disabled = change.action == Action::Update && change.touches("Enabled");
    let what = match change.action {
        _ if is_disabled => "is disabled: events wait in the queue",
        Action::Create => "is missing",
        Action::Delete => "should not exist",
        _ => "was changed",
    };
    format!("{} {what}", change.logical_id)
}
