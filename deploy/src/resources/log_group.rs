//! `AWS::Logs::LogGroup`.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::taken::take_up;
use super::values::tag_list;
use super::{Context, Provider, Values, named};
use crate::aws::wait::retry;
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub(super) struct LogGroup;

#[async_trait]
impl Provider for LogGroup {
    fn properties(&self) -> &'static [&'static str] {
        &["LogGroupName", "RetentionInDays", "Tags"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["LogGroupName"]
    }

    fn attributes(&self, properties: &Value, place: &Place) -> Attributes {
        let name = properties.text("LogGroupName");
        named(&name, place.arn("logs", &format!("log-group:{name}:*")))
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let logs = &context.clients.logs;
        let name = desired.properties.text("LogGroupName");
        let group = async {
            let call = logs.describe_log_groups().log_group_name_prefix(&name);
            call.send().await.explain("logs:DescribeLogGroups")
        };
        let tags = async {
            let call = logs.list_tags_for_resource().resource_arn(arn(context, &name));
            call.send().await.explain("logs:ListTagsForResource").or_absent("ResourceNotFoundException")
        };
        let (groups, tags) = tokio::try_join!(group, tags)?;
        let Some(group) = groups.log_groups().iter().find(|group| group.log_group_name() == Some(&name)) else {
            return Ok(None);
        };
        let tags = tags.and_then(|output| output.tags).unwrap_or_default();
        let tags = || tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let mut properties = json!({"LogGroupName": name, "Tags": tag_list(tags())});
        if let Some(days) = group.retention_in_days() {
            properties["RetentionInDays"] = days.into();
        }
        let ownership = match Ownership::by_tags(tags(), &context.place.stack) {
            // Lambda creates a function's group by itself, so an existing one is no conflict.
            Ownership::Foreign { .. } => Ownership::Adopted,
            other => other,
        };
        Ok(Some(Observed { physical_id: name, properties, ownership }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        let tags = properties.tags().into_iter().map(|tag| (tag.key, tag.value)).collect();
        let call = context.clients.logs.create_log_group().log_group_name(properties.text("LogGroupName"));
        match call.set_tags(Some(tags)).send().await.explain("logs:CreateLogGroup") {
            Err(error) if error.is("ResourceAlreadyExistsException") => {
                let found = take_up(self, context, desired, &error).await?;
                // Created in the meantime, by Lambda or another caller: adopted, like a group that the plan finds.
                if found.ownership == Ownership::Adopted {
                    return Ok(());
                }
            }
            result => drop(result?),
        }
        match properties.get("RetentionInDays") {
            Some(_) => put_retention(context, properties).await,
            None => Ok(()),
        }
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let properties = &change.desired.properties;
        if change.touches("RetentionInDays") {
            put_retention(context, properties).await?;
        }
        let gone = change.removed("Tags");
        if !gone.is_empty() {
            let arn = arn(context, &properties.text("LogGroupName"));
            let call = context.clients.logs.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
            call.send().await.explain("logs:UntagResource")?;
        }
        if change.touches("Tags") {
            let tags = properties.tags().into_iter().map(|tag| (tag.key, tag.value)).collect();
            let arn = arn(context, &properties.text("LogGroupName"));
            let call = context.clients.logs.tag_resource().resource_arn(arn).set_tags(Some(tags));
            call.send().await.explain("logs:TagResource")?;
        }
        Ok(())
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        retry(&context.progress, || async {
            let call = context.clients.logs.delete_log_group();
            let call = call.log_group_name(desired.properties.text("LogGroupName"));
            call.send().await.explain("logs:DeleteLogGroup").or_absent("ResourceNotFoundException")
        })
        .await
        .map(|_| ())
    }
}

/// Without a retention period the group keeps its events forever.
async fn put_retention(context: &Context<'_>, properties: &Value) -> Result<(), AwsError> {
    let logs = &context.clients.logs;
    let name = properties.text("LogGroupName");
    retry(&context.progress, || async {
        match properties.integer("RetentionInDays") {
            Some(days) => {
                let call = logs.put_retention_policy().log_group_name(&name).retention_in_days(days);
                call.send().await.explain("logs:PutRetentionPolicy").map(|_| ())
            }
            None => {
                let call = logs.delete_retention_policy().log_group_name(&name);
                call.send().await.explain("logs:DeleteRetentionPolicy").map(|_| ())
            }
        }
    })
    .await
}

/// The tagging operations expect the ARN without the `:*` of `GetAtt`.
fn arn(context: &Context<'_>, name: &str) -> String {
    context.place.arn("logs", &format!("log-group:{name}"))
}
