//! Eventual consistency: for seconds, AWS answers that a new resource does not exist or is not ready.

use std::collections::BTreeSet;

use incident_local::gateway::RecordedCall;
use incident_local::gateway::faults::{Action, Rule};

use super::case::{Point, reads};
use super::phase::{Clean, Phase, first};
use crate::harness::{TestBed, TestResult, difference};

/// Duration in milliseconds of AWS time.
const UNKNOWN: u64 = 5000;

/// AWS's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// It does not exist, with the service model's code.
    Absent,
    /// The same in the protocol's code, or another message.
    AbsentOtherwise,
    /// It exists and is not ready.
    Unready,
    /// The same with another message.
    UnreadyOtherwise,
}

/// AWS's observed answers right after a creation.
const NAMED: [&str; 10] = [
    "AddPermission",
    "PutFunctionEventInvokeConfig",
    "PutRetentionPolicy",
    "PutRolePolicy",
    "PutTargets",
    "SetQueueAttributes",
    "SetTopicAttributes",
    "Subscribe",
    "TagResource",
    "UpdateTimeToLive",
];

#[tokio::test(flavor = "multi_thread")]
async fn up_waits_until_new_resources_are_visible_to_later_calls() -> TestResult {
    let clean = Clean::record().await?;
    for answer in [Answer::Absent, Answer::AbsentOtherwise, Answer::Unready, Answer::UnreadyOtherwise] {
        let test_bed = TestBed::new().await?;
        let points = following(&clean.calls[Phase::Up as usize]);
        let operations: BTreeSet<_> = points.iter().map(|point| point.name().1).collect();
        assert!(NAMED.iter().all(|name| operations.contains(name)), "{operations:?}");
        meet(&test_bed, &clean, Phase::Up, answer, &points).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn up_waits_until_changed_resources_accept_later_changes() -> TestResult {
    let clean = Clean::record().await?;
    let test_bed = TestBed::new().await?;
    Phase::Up.run(&test_bed).await?;
    Phase::Up.conclude(&test_bed).await?;
    let calls = clean.calls[Phase::Update as usize].iter();
    let changes: Vec<Point> = calls.filter(|point| !point.reads()).cloned().collect();
    meet(&test_bed, &clean, Phase::Update, Answer::Unready, &changes).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_upload_waits_until_its_bucket_is_visible_and_configurable() -> TestResult {
    for code in ["NoSuchBucket", "OperationAborted", "OperationAbortedException"] {
        let test_bed = TestBed::new().await?;
        let rule = |operation: &str| Rule {
            service: Some("s3".to_owned()),
            operation: Some(operation.to_owned()),
            resource: None,
            caller: None,
            call: None,
            times: None,
            milliseconds: Some(UNKNOWN),
            action: Action::Error { code: code.to_owned(), message: "Not yet.".to_owned(), status: 409 },
        };
        let calls = ["PutPublicAccessBlock", "PutBucketEncryption", "PutBucketTagging", "PutObject"];
        test_bed.handle.set_faults(calls.map(rule).to_vec());
        let bucket = test_bed.upload_code(&first()).await.map_err(|error| format!("{code}: {error}"))?;
        assert!(test_bed.handle.faults().iter().all(|(_, seen)| *seen > 1), "{:?}", test_bed.handle.faults());
        let s3 = &test_bed.aws.s3;
        assert_eq!(s3.list_objects_v2().bucket(&bucket).send().await?.contents().len(), 1);
        assert_eq!(s3.get_bucket_tagging().bucket(&bucket).send().await?.tag_set().len(), 1);
        s3.get_public_access_block().bucket(&bucket).send().await?;
    }
    Ok(())
}

/// The calls of a run after its first change, except those that create.
fn following(calls: &[Point]) -> Vec<Point> {
    let makes = |point: &&Point| {
        let (_, operation) = point.name();
        operation.starts_with("Create") || ["PutRule", "PutMetricAlarm", "PutDashboard"].contains(&operation)
    };
    // Read again and again until the pollers run, so how often is a matter of time.
    let polls = |point: &&Point| point.name().1 == "ListEventSourceMappings";
    let first = calls.iter().position(|point| !point.reads()).unwrap_or_default();
    calls.iter().skip(first).filter(|point| !makes(point) && !polls(point)).cloned().collect()
}

/// Runs a phase in which these calls get this answer for a while.
async fn meet(test_bed: &TestBed, clean: &Clean, phase: Phase, answer: Answer, points: &[Point]) -> TestResult {
    let rules: Vec<Rule> =
        points.iter().filter_map(|point| Some(point.breaking_for(UNKNOWN, answer.action(point)?))).collect();
    assert!(rules.len() >= 10, "{answer:?}: {rules:?}");
    test_bed.handle.forget_calls();
    test_bed.handle.set_faults(rules);
    phase.run(test_bed).await.map_err(|error| format!("{phase:?}, {answer:?}: {error}"))?;
    let missed: Vec<Rule> = test_bed
        .handle
        .faults()
        .into_iter()
        .filter(|(rule, seen)| rule.call.is_none_or(|call| *seen < call))
        .map(|(rule, _)| rule)
        .collect();
    test_bed.handle.set_faults(Vec::new());
    assert_eq!(missed, [], "{answer:?}: not met");
    let refused = test_bed.handle.calls().iter().filter(is_refused_change).count();
    assert!(refused >= 10, "{answer:?}: {refused} changes were refused");
    let differs = difference(&clean.snapshots[phase as usize], &test_bed.snapshot().await?);
    assert_eq!(differs, Vec::<String>::new(), "{phase:?}, {answer:?}: not as after a clean run");
    assert!(phase.is_done(test_bed).await?, "{phase:?}, {answer:?} leaves something to do");
    Ok(())
}

fn is_refused_change(call: &&RecordedCall) -> bool {
    !reads(&call.operation) && call.status.is_some_and(|status| status >= 400)
}

impl Answer {
    /// The service's form of the answer, if it has one.
    fn action(self, point: &Point) -> Option<Action> {
        let (service, _) = point.name();
        let (code, message) = match (self, service) {
            (Self::Absent | Self::AbsentOtherwise, _) => {
                (self.absence(service)?, format!("{} does not exist", point.resource()))
            }
            (Self::Unready | Self::UnreadyOtherwise, _) => {
                let (code, message) = self.not_ready(service)?;
                (code, message.to_owned())
            }
        };
        Some(Action::Error { code: code.to_owned(), message, status: 400 })
    }

    fn absence(self, service: &str) -> Option<&'static str> {
        let [model, otherwise] = match service {
            "iam" => ["NoSuchEntityException", "NoSuchEntity"],
            "sqs" => ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"],
            "sns" => ["NotFoundException", "NotFound"],
            "dynamodb" => ["ResourceNotFoundException", "TableNotFoundException"],
            "lambda" | "logs" | "events" | "monitoring" => ["ResourceNotFoundException", "ResourceNotFound"],
            _ => return None,
        };
        Some(if self == Self::Absent { model } else { otherwise })
    }

    /// Queues, topics and dashboards are ready once they exist.
    fn not_ready(self, service: &str) -> Option<(&'static str, &'static str)> {
        let [model, otherwise] = match service {
            "iam" => ["ConcurrentModificationException", "EntityTemporarilyUnmodifiable"],
            "dynamodb" => ["ResourceInUseException", "ResourceInUse"],
            "lambda" => ["ResourceConflictException", "ResourceConflict"],
            "logs" => ["OperationAbortedException", "OperationAborted"],
            "events" => ["ConcurrentModificationException", "ConcurrentModification"],
            _ => return None,
        };
        let message = match service {
            "lambda" => {
                "The operation cannot be performed at this time. The function is currently in the following state: Pending"
            }
            "dynamodb" => "Table is not active",
            _ => "Try again.",
        };
        Some((if self == Self::Unready { model } else { otherwise }, message))
    }
}
