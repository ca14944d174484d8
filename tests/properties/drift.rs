//! Random interference with a stack, using only the SDK.

use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, TableStatus};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, LastUpdateStatus};
use aws_sdk_sqs::types::QueueAttributeName;
use incident_deploy::package::Package;
use proptest::prelude::*;
use proptest::sample::select;

use crate::harness::{Aws, Desired, TestBed, TestResult, eventually};

const HANDLER: &str = "devops-incident-handler";
const ROLE: &str = "devops-incident-handler-us-east-1";
const TABLE: &str = "devops-incidents";
const RULE: &str = "devops-function-failures";
const QUEUE: &str = "devops-handler-dlq";
const EVENTS: &str = "devops-events";

/// An interference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drift {
    RoleDeleted,
    RolePolicyDeleted,
    RoleTrustChanged,
    RoleDescribedAnew,
    TableDeleted,
    BackupsStopped,
    TableTagLost,
    TopicDeleted,
    TopicRenamed,
    Unsubscribed,
    FunctionDeleted,
    FunctionConfigured,
    FunctionEmptied,
    CodeChanged,
    PermissionRemoved,
    InvokeConfigDeleted,
    LogGroupDeleted,
    LogsKeptForever,
    DashboardDeleted,
    RuleDisabled,
    TargetsRemoved,
    RulePatternChanged,
    RuleDeleted,
    QueueShortened,
    QueuePolicyRemoved,
    RedriveRemoved,
    MappingChanged,
    MappingDisabled,
    MappingDeleted,
}

const ALL: [Drift; 29] = [
    Drift::RoleDeleted,
    Drift::RolePolicyDeleted,
    Drift::RoleTrustChanged,
    Drift::RoleDescribedAnew,
    Drift::TableDeleted,
    Drift::BackupsStopped,
    Drift::TableTagLost,
    Drift::TopicDeleted,
    Drift::TopicRenamed,
    Drift::Unsubscribed,
    Drift::FunctionDeleted,
    Drift::FunctionConfigured,
    Drift::FunctionEmptied,
    Drift::CodeChanged,
    Drift::PermissionRemoved,
    Drift::InvokeConfigDeleted,
    Drift::LogGroupDeleted,
    Drift::LogsKeptForever,
    Drift::DashboardDeleted,
    Drift::RuleDisabled,
    Drift::TargetsRemoved,
    Drift::RulePatternChanged,
    Drift::RuleDeleted,
    Drift::QueueShortened,
    Drift::QueuePolicyRemoved,
    Drift::RedriveRemoved,
    Drift::MappingChanged,
    Drift::MappingDisabled,
    Drift::MappingDeleted,
];

/// Any of them.
pub(super) fn any() -> impl Strategy<Value = Drift> {
    select(ALL.to_vec())
}

impl Drift {
    /// Applies it. Changing something already removed is not an error.
    pub(super) async fn happen(self, test_bed: &TestBed) -> TestResult {
        match self.call(test_bed).await {
            Err(error) if is_absence(&error) => Ok(()),
            result => result,
        }
    }

    async fn call(self, test_bed: &TestBed) -> TestResult {
        let aws = &test_bed.aws;
        let topic = aws.arn("sns", "devops-alerts");
        match self {
            Self::RolePolicyDeleted => delete_policies(aws).await?,
            Self::RoleDeleted => {
                delete_policies(aws).await?;
                aws.iam.delete_role().role_name(ROLE).send().await?;
            }
            Self::RoleTrustChanged => {
                let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
                aws.iam.update_assume_role_policy().role_name(ROLE).policy_document(trust).send().await?;
            }
            Self::RoleDescribedAnew => drop(aws.iam.update_role().role_name(ROLE).description("ours").send().await?),
            Self::TableDeleted => {
                aws.dynamodb.update_table().table_name(TABLE).deletion_protection_enabled(false).send().await?;
                eventually("the table is active", async || {
                    let found = aws.dynamodb.describe_table().table_name(TABLE).send().await?.table;
                    Ok(found.filter(|table| table.table_status == Some(TableStatus::Active)))
                })
                .await?;
                aws.dynamodb.delete_table().table_name(TABLE).send().await?;
                // A table being deleted rejects what a missing one does not know.
                eventually("the table is gone", async || {
                    let found = aws.dynamodb.describe_table().table_name(TABLE).send().await;
                    Ok(found.err().filter(|error| is_absence(error)))
                })
                .await?;
            }
            Self::BackupsStopped => {
                let off = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(false).build()?;
                let call = aws.dynamodb.update_continuous_backups().table_name(TABLE);
                call.point_in_time_recovery_specification(off).send().await?;
            }
            Self::TableTagLost => {
                let arn = aws.arn("dynamodb", &format!("table/{TABLE}"));
                aws.dynamodb.untag_resource().resource_arn(arn).tag_keys("incidentctl:applied").send().await?;
            }
            Self::TopicDeleted => drop(aws.sns.delete_topic().topic_arn(topic).send().await?),
            Self::TopicRenamed => {
                let call = aws.sns.set_topic_attributes().topic_arn(topic).attribute_name("DisplayName");
                call.attribute_value("Other").send().await?;
            }
            Self::Unsubscribed => {
                let found = aws.sns.list_subscriptions_by_topic().topic_arn(topic).send().await?;
                let arns = found.subscriptions.unwrap_or_default().into_iter().filter_map(|one| one.subscription_arn);
                // A deleted one is listed for a while, with a placeholder ARN.
                if let Some(first) = arns.into_iter().find(|arn| arn.starts_with("arn:")) {
                    aws.sns.unsubscribe().subscription_arn(first).send().await?;
                }
            }
            Self::FunctionDeleted => drop(aws.lambda.delete_function().function_name(HANDLER).send().await?),
            Self::FunctionConfigured => {
                aws.lambda.update_function_configuration().function_name(HANDLER).timeout(7).send().await?;
                settled(aws).await?;
            }
            Self::FunctionEmptied => {
                let nothing = Environment::builder().variables("OTHER", "1").build();
                let call = aws.lambda.update_function_configuration().function_name(HANDLER);
                call.environment(nothing).send().await?;
                settled(aws).await?;
            }
            Self::CodeChanged => {
                let other =
                    Package::of(&Desired { build: 9, ..Desired::default() }.handler(test_bed.directory.path())?)?;
                let code = Blob::new(other.bytes().clone());
                aws.lambda.update_function_code().function_name(HANDLER).zip_file(code).send().await?;
                settled(aws).await?;
            }
            Self::PermissionRemoved => {
                let call = aws.lambda.remove_permission().function_name(HANDLER);
                call.statement_id("SweepPermission").send().await?;
            }
            Self::InvokeConfigDeleted => {
                aws.lambda.delete_function_event_invoke_config().function_name(HANDLER).send().await?;
            }
            Self::LogGroupDeleted => {
                let group = format!("/aws/lambda/{HANDLER}");
                aws.logs.delete_log_group().log_group_name(group).send().await?;
            }
            Self::LogsKeptForever => {
                let group = format!("/aws/lambda/{HANDLER}");
                aws.logs.delete_retention_policy().log_group_name(group).send().await?;
            }
            Self::DashboardDeleted => {
                aws.cloudwatch.delete_dashboards().dashboard_names("devops-incidents").send().await?;
            }
            Self::RuleDisabled => drop(aws.events.disable_rule().name(RULE).send().await?),
            Self::TargetsRemoved => remove_targets(aws).await?,
            Self::RulePatternChanged => {
                aws.events.put_rule().name(RULE).event_pattern(r#"{"source":["other"]}"#).send().await?;
            }
            Self::RuleDeleted => {
                remove_targets(aws).await?;
                aws.events.delete_rule().name(RULE).send().await?;
            }
            Self::QueueShortened => {
                set_attribute(aws, QUEUE, QueueAttributeName::MessageRetentionPeriod, "60").await?;
            }
            Self::QueuePolicyRemoved => {
                set_attribute(aws, "devops-rule-dlq", QueueAttributeName::Policy, "").await?;
            }
            Self::RedriveRemoved => set_attribute(aws, EVENTS, QueueAttributeName::RedrivePolicy, "").await?,
            Self::MappingChanged => {
                let Some(id) = steady_mapping(aws).await? else { return Ok(()) };
                aws.lambda.update_event_source_mapping().uuid(id).batch_size(3).send().await?;
            }
            Self::MappingDisabled => {
                let Some(id) = steady_mapping(aws).await? else { return Ok(()) };
                aws.lambda.update_event_source_mapping().uuid(id).enabled(false).send().await?;
            }
            Self::MappingDeleted => {
                let Some(id) = steady_mapping(aws).await? else { return Ok(()) };
                aws.lambda.delete_event_source_mapping().uuid(id).send().await?;
            }
        }
        Ok(())
    }
}

async fn delete_policies(aws: &Aws) -> TestResult {
    for policy in aws.iam.list_role_policies().role_name(ROLE).send().await?.policy_names {
        aws.iam.delete_role_policy().role_name(ROLE).policy_name(policy).send().await?;
    }
    Ok(())
}

async fn remove_targets(aws: &Aws) -> TestResult {
    let found = aws.events.list_targets_by_rule().rule(RULE).send().await?.targets.unwrap_or_default();
    let ids: Vec<String> = found.into_iter().map(|target| target.id).collect();
    if !ids.is_empty() {
        aws.events.remove_targets().rule(RULE).set_ids(Some(ids)).send().await?;
    }
    Ok(())
}

/// The id of the queue's mapping, once it takes changes.
async fn steady_mapping(aws: &Aws) -> TestResult<Option<String>> {
    eventually("the mapping is steady", async || {
        let found = aws.lambda.list_event_source_mappings().event_source_arn(aws.arn("sqs", EVENTS)).send().await?;
        let Some(mapping) = found.event_source_mappings.unwrap_or_default().into_iter().next() else {
            return Ok(Some(None));
        };
        let is_steady = matches!(mapping.state(), Some("Enabled" | "Disabled"));
        Ok(is_steady.then_some(mapping.uuid))
    })
    .await
}

async fn set_attribute(aws: &Aws, queue: &str, name: QueueAttributeName, value: &str) -> TestResult {
    let url = aws.sqs.get_queue_url().queue_name(queue).send().await?.queue_url.ok_or("no URL")?;
    aws.sqs.set_queue_attributes().queue_url(url).attributes(name, value).send().await?;
    Ok(())
}

/// Waits until the function accepts changes.
async fn settled(aws: &Aws) -> TestResult {
    let found = eventually("the function is updated", async || {
        let found = aws.lambda.get_function_configuration().function_name(HANDLER).send().await?;
        Ok((found.last_update_status() != Some(&LastUpdateStatus::InProgress)).then_some(()))
    });
    found.await
}

/// Whether the resource, or one it needs, does not exist.
fn is_absence(error: &dyn std::fmt::Debug) -> bool {
    const WORDS: [&str; 5] = [
        "NotFound",
        "NoSuchEntity",
        "NonExistent",
        "QueueDoesNotExist",
        "role defined for the function cannot be assumed",
    ];
    let said = format!("{error:?}");
    WORDS.iter().any(|word| said.contains(word))
}
