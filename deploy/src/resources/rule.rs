//! `AWS::Events::Rule` on the default bus, with its targets.

use async_trait::async_trait;
use aws_sdk_eventbridge::types::{
    DeadLetterConfig, RetryPolicy, RuleState, SqsParameters, Tag as RuleTag, Target as RuleTarget,
};
use serde_json::{Value, json};

use super::values::{document, incomplete, tag_list};
use super::{Context, Provider, Values, named};
use crate::aws::wait::retry;
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub(super) struct Rule;

const ABSENT: &str = "ResourceNotFoundException";

#[async_trait]
impl Provider for Rule {
    fn properties(&self) -> &'static [&'static str] {
        &["Name", "Description", "State", "EventPattern", "ScheduleExpression", "Targets", "Tags"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["Name"]
    }

    fn attributes(&self, properties: &Value, place: &Place) -> Attributes {
        let name = properties.text("Name");
        named(&name, place.arn("events", &format!("rule/{name}")))
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let events = &context.clients.events;
        let name = &desired.attributes.reference;
        let rule =
            async { events.describe_rule().name(name).send().await.explain("events:DescribeRule").or_absent(ABSENT) };
        let tags = async {
            let call = events.list_tags_for_resource().resource_arn(arn(context, name));
            call.send().await.explain("events:ListTagsForResource").or_absent(ABSENT)
        };
        let (rule, targets, tags) = tokio::try_join!(rule, read_targets(context, name), tags)?;
        let Some(rule) = rule else { return Ok(None) };
        let tags = tags.and_then(|output| output.tags).unwrap_or_default();
        let tags = || tags.iter().map(|tag| (tag.key(), tag.value()));
        Ok(Some(Observed {
            physical_id: name.clone(),
            properties: json!({
                "Name": name,
                "Description": rule.description(),
                "State": rule.state().map(|state| state.as_str()),
                "EventPattern": rule.event_pattern().map(document),
                "ScheduleExpression": rule.schedule_expression(),
                "RoleArn": rule.role_arn(),
                "Targets": targets.iter().map(shape).collect::<Value>(),
                "Tags": tag_list(tags()),
            }),
            ownership: Ownership::by_tags(tags(), &context.place.stack),
        }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        put_rule(context, &desired.properties, None, Some(tags(&desired.properties)?)).await?;
        put_targets(context, &desired.properties).await
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let properties = &change.desired.properties;
        let name = &change.desired.attributes.reference;
        if ["Description", "State", "EventPattern", "ScheduleExpression"].iter().any(|name| change.touches(name)) {
            // The call overwrites the rule, so a role that the template does not manage is written back unchanged.
            let role = change.observed.as_ref().and_then(|rule| rule.properties.optional_text("RoleArn"));
            // Only TagResource changes the tags of an existing rule.
            put_rule(context, properties, role, None).await?;
        }
        if change.touches("Targets") {
            put_targets(context, properties).await?;
            remove_targets(context, name, change.removed("Targets")).await?;
        }
        let gone = change.removed("Tags");
        if !gone.is_empty() {
            let call = context.clients.events.untag_resource().resource_arn(arn(context, name));
            call.set_tag_keys(Some(gone)).send().await.explain("events:UntagResource")?;
        }
        if change.touches("Tags") {
            let call = context.clients.events.tag_resource().resource_arn(arn(context, name));
            call.set_tags(Some(tags(properties)?)).send().await.explain("events:TagResource")?;
        }
        Ok(())
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let name = &desired.attributes.reference;
        let targets = read_targets(context, name).await?;
        remove_targets(context, name, targets.into_iter().map(|target| target.id).collect()).await?;
        retry(&context.progress, || async {
            let call = context.clients.events.delete_rule().name(name);
            call.send().await.explain("events:DeleteRule").or_absent(ABSENT)
        })
        .await
        .map(|_| ())
    }
}

async fn put_rule(
    context: &Context<'_>,
    properties: &Value,
    role: Option<String>,
    tags: Option<Vec<RuleTag>>,
) -> Result<(), AwsError> {
    let pattern = properties.get("EventPattern").map(|_| properties.json("EventPattern"));
    retry(&context.progress, || async {
        let call = context
            .clients
            .events
            .put_rule()
            .name(properties.text("Name"))
            .set_description(properties.optional_text("Description"))
            .state(RuleState::from(properties.text("State").as_str()))
            .set_event_pattern(pattern.clone())
            .set_schedule_expression(properties.optional_text("ScheduleExpression"))
            .set_role_arn(role.clone())
            .set_tags(tags.clone());
        call.send().await.explain("events:PutRule")
    })
    .await
    .map(|_| ())
}

async fn put_targets(context: &Context<'_>, properties: &Value) -> Result<(), AwsError> {
    let targets = properties.list("Targets").iter().map(target).collect::<Result<Vec<_>, _>>()?;
    retry(&context.progress, || async {
        let call = context.clients.events.put_targets().rule(properties.text("Name"));
        let output = call.set_targets(Some(targets.clone())).send().await.explain("events:PutTargets")?;
        // A failed entry in a successful response: unnoticed, the rule would match and deliver nothing.
        match output.failed_entries().first() {
            None => Ok(()),
            Some(failed) => Err(AwsError::new(
                "events:PutTargets",
                failed.error_code().unwrap_or("FailedEntry"),
                failed.error_message().unwrap_or("a target was refused"),
            )),
        }
    })
    .await
}

async fn read_targets(context: &Context<'_>, rule: &str) -> Result<Vec<RuleTarget>, AwsError> {
    let mut targets = Vec::new();
    let mut next = None;
    loop {
        let call = context.clients.events.list_targets_by_rule().rule(rule).set_next_token(next);
        let output = call.send().await.explain("events:ListTargetsByRule").or_absent(ABSENT)?;
        let Some(output) = output else { return Ok(targets) };
        targets.extend(output.targets.unwrap_or_default());
        next = output.next_token;
        if next.is_none() {
            return Ok(targets);
        }
    }
}

async fn remove_targets(context: &Context<'_>, rule: &str, ids: Vec<String>) -> Result<(), AwsError> {
    if ids.is_empty() {
        return Ok(());
    }
    let call = context.clients.events.remove_targets().rule(rule).set_ids(Some(ids));
    let output = call.send().await.explain("events:RemoveTargets").or_absent(ABSENT)?;
    match output.as_ref().and_then(|output| output.failed_entries().first()) {
        None => Ok(()),
        Some(failed) => Err(AwsError::new(
            "events:RemoveTargets",
            failed.error_code().unwrap_or("FailedEntry"),
            failed.error_message().unwrap_or("a target was not removed"),
        )),
    }
}

fn target(target: &Value) -> Result<RuleTarget, AwsError> {
    let retry = target.get("RetryPolicy").map(|policy| {
        RetryPolicy::builder()
            .set_maximum_event_age_in_seconds(policy.integer("MaximumEventAgeInSeconds"))
            .set_maximum_retry_attempts(policy.integer("MaximumRetryAttempts"))
            .build()
    });
    let queue = target.get("DeadLetterConfig").and_then(|config| config.optional_text("Arn"));
    let group = target.get("SqsParameters").and_then(|parameters| parameters.optional_text("MessageGroupId"));
    RuleTarget::builder()
        .id(target.text("Id"))
        .arn(target.text("Arn"))
        .set_input(target.optional_text("Input"))
        .set_sqs_parameters(group.map(|group| SqsParameters::builder().message_group_id(group).build()))
        .set_retry_policy(retry)
        .set_dead_letter_config(queue.map(|arn| DeadLetterConfig::builder().arn(arn).build()))
        .build()
        .map_err(incomplete("events:PutTargets"))
}

fn shape(target: &RuleTarget) -> Value {
    let mut properties = json!({"Id": target.id(), "Arn": target.arn()});
    if let Some(policy) = target.retry_policy() {
        properties["RetryPolicy"] = json!({
            "MaximumEventAgeInSeconds": policy.maximum_event_age_in_seconds(),
            "MaximumRetryAttempts": policy.maximum_retry_attempts(),
        });
    }
    if let Some(input) = target.input() {
        properties["Input"] = input.into();
    }
    if let Some(parameters) = target.sqs_parameters() {
        properties["SqsParameters"] = json!({"MessageGroupId": parameters.message_group_id()});
    }
    if let Some(config) = target.dead_letter_config() {
        properties["DeadLetterConfig"] = json!({"Arn": config.arn()});
    }
    properties
}

fn tags(properties: &Value) -> Result<Vec<RuleTag>, AwsError> {
    let tags = properties.tags().into_iter();
    tags.map(|tag| RuleTag::builder().key(tag.key).value(tag.value).build().map_err(incomplete("events:PutRule")))
        .collect()
}

fn arn(context: &Context<'_>, name: &str) -> String {
    context.place.arn("events", &format!("rule/{name}"))
}
