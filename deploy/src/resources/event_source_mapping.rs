//! `AWS::Lambda::EventSourceMapping` of an SQS queue. AWS draws its id, so it is found by its queue and function.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_lambda::types::{EventSourceMappingConfiguration, FunctionResponseType, ScalingConfig};
use serde_json::{Value, json};

use super::taken::take_up;
use super::values::tag_list;
use super::{Context, Provider, Values};
use crate::aws::wait::{retry, until};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place, Stack};

pub(super) struct EventSourceMapping;

const TYPE: &str = "AWS::Lambda::EventSourceMapping";
const ABSENT: &str = "ResourceNotFoundException";
/// The properties that `UpdateEventSourceMapping` changes.
const SETTINGS: [&str; 5] =
    ["Enabled", "BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig"];
/// AWS documents no limit; its pollers take up to a minute to start and to stop.
const LIMIT: Duration = Duration::from_secs(300);

#[async_trait]
impl Provider for EventSourceMapping {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "EventSourceArn",
            "FunctionName",
            "Enabled",
            "BatchSize",
            "MaximumBatchingWindowInSeconds",
            "FunctionResponseTypes",
            "ScalingConfig",
            "Tags",
        ]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["EventSourceArn", "FunctionName"]
    }

    fn attributes(&self, _properties: &Value, _place: &Place) -> Attributes {
        Attributes::default()
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        match find(context, &desired.properties).await? {
            Some(mapping) => observed(context, &mapping).await,
            None => Ok(None),
        }
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        retry(&context.progress, || async {
            // A mapping that is being deleted still counts as one for the same queue and function.
            wait_while(context, properties, "the previous mapping to be deleted", &["Deleting"]).await?;
            let call = context
                .clients
                .lambda
                .create_event_source_mapping()
                .event_source_arn(properties.text("EventSourceArn"))
                .function_name(properties.text("FunctionName"))
                .set_enabled(properties.flag("Enabled"))
                .set_batch_size(properties.integer("BatchSize"))
                .set_maximum_batching_window_in_seconds(properties.integer("MaximumBatchingWindowInSeconds"))
                .set_function_response_types(Some(response_types(properties)))
                .set_scaling_config(scaling(properties))
                .set_tags(Some(tags(properties)));
            match call.send().await.explain("lambda:CreateEventSourceMapping") {
                Err(error) if error.message.contains("already exists") => {
                    take_up(self, context, desired, &error).await?;
                    put(context, properties).await
                }
                result => result.map(|_| ()),
            }
        })
        .await
    }

    /// Messages wait in the queue until the pollers run; rules may send to it before.
    async fn ready(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        wait_while(context, &desired.properties, "the pollers of the queue to start", &BUSY).await
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let properties = &change.desired.properties;
        if SETTINGS.iter().any(|setting| change.touches(setting)) {
            put(context, properties).await?;
        }
        let Some(mapping) = find(context, properties).await? else { return Err(gone("lambda:TagResource")) };
        let arn = mapping.event_source_mapping_arn();
        let lambda = &context.clients.lambda;
        let removed = change.removed("Tags");
        if !removed.is_empty() {
            let call = lambda.untag_resource().set_resource(arn.map(str::to_owned)).set_tag_keys(Some(removed));
            call.send().await.explain("lambda:UntagResource")?;
        }
        if change.touches("Tags") {
            let call = lambda.tag_resource().set_resource(arn.map(str::to_owned)).set_tags(Some(tags(properties)));
            call.send().await.explain("lambda:TagResource")?;
        }
        Ok(())
    }

    /// Waits for the end: until then the pollers invoke the function, which may be deleted next.
    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        until(&context.progress, "the pollers of the queue to stop", LIMIT, || async {
            let Some(mapping) = find(context, properties).await? else { return Ok(Some(())) };
            if is_in(&mapping, &["Deleting"]) {
                return Ok(None);
            }
            let call = context.clients.lambda.delete_event_source_mapping().set_uuid(mapping.uuid);
            match call.send().await.explain("lambda:DeleteEventSourceMapping").or_absent(ABSENT) {
                // It is being created or updated.
                Err(error) if error.is("ResourceInUseException") => Ok(None),
                result => result.map(|_| None),
            }
        })
        .await
    }
}

/// The states in which AWS refuses changes, each on its way to another.
const BUSY: [&str; 5] = ["Creating", "Enabling", "Disabling", "Updating", "Deleting"];

fn is_in(mapping: &EventSourceMappingConfiguration, states: &[&str]) -> bool {
    mapping.state().is_some_and(|state| states.contains(&state))
}

/// The mapping of this queue and function. Listed by queue alone: AWS keeps the mapping of a deleted function, and finds
/// none by its name.
async fn find(context: &Context<'_>, properties: &Value) -> Result<Option<EventSourceMappingConfiguration>, AwsError> {
    let call = context.clients.lambda.list_event_source_mappings();
    let pages = call.event_source_arn(properties.text("EventSourceArn")).into_paginator().items().send();
    let found = pages.try_collect().await.explain("lambda:ListEventSourceMappings").or_absent(ABSENT)?;
    let function = properties.text("FunctionName");
    Ok(found.unwrap_or_default().into_iter().find(|mapping| name_of_function(mapping) == Some(&function)))
}

/// The function's name, with its qualifier if the mapping has one.
fn name_of_function(mapping: &EventSourceMappingConfiguration) -> Option<&str> {
    mapping.function_arn()?.split_once(":function:").map(|(_, name)| name)
}

async fn observed(
    context: &Context<'_>,
    mapping: &EventSourceMappingConfiguration,
) -> Result<Option<Observed>, AwsError> {
    let arn = mapping.event_source_mapping_arn().unwrap_or_default();
    let call = context.clients.lambda.list_tags().resource(arn);
    let Some(tags) = call.send().await.explain("lambda:ListTags").or_absent(ABSENT)? else { return Ok(None) };
    let tags = tags.tags.unwrap_or_default();
    let tags = || tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let mut properties = shape(mapping);
    properties["Tags"] = tag_list(tags());
    let ownership = match is_in(mapping, &["Deleting"]) {
        true => Ownership::Deleting,
        false => Ownership::by_tags(tags(), &context.place.stack),
    };
    Ok(Some(Observed { physical_id: mapping.uuid().unwrap_or_default().to_owned(), properties, ownership }))
}

fn shape(mapping: &EventSourceMappingConfiguration) -> Value {
    let mut types: Vec<&str> = mapping.function_response_types().iter().map(FunctionResponseType::as_str).collect();
    types.sort_unstable();
    json!({
        "EventSourceArn": mapping.event_source_arn(),
        "FunctionName": name_of_function(mapping),
        "Enabled": !is_in(mapping, &["Disabled", "Disabling"]),
        "State": mapping.state(),
        "BatchSize": mapping.batch_size(),
        "MaximumBatchingWindowInSeconds": mapping.maximum_batching_window_in_seconds().unwrap_or_default(),
        "FunctionResponseTypes": types,
        "ScalingConfig": {"MaximumConcurrency": mapping.scaling_config().and_then(ScalingConfig::maximum_concurrency)},
    })
}

/// Sets what an update can, once AWS takes it.
async fn put(context: &Context<'_>, properties: &Value) -> Result<(), AwsError> {
    until(&context.progress, "an earlier change of the mapping to finish", LIMIT, || async {
        let Some(mapping) = find(context, properties).await? else {
            return Err(gone("lambda:UpdateEventSourceMapping"));
        };
        if is_in(&mapping, &BUSY) {
            return Ok(None);
        }
        let call = context
            .clients
            .lambda
            .update_event_source_mapping()
            .set_uuid(mapping.uuid)
            .set_enabled(properties.flag("Enabled"))
            .set_batch_size(properties.integer("BatchSize"))
            .set_maximum_batching_window_in_seconds(properties.integer("MaximumBatchingWindowInSeconds"))
            .set_function_response_types(Some(response_types(properties)))
            .set_scaling_config(scaling(properties));
        match call.send().await.explain("lambda:UpdateEventSourceMapping") {
            Err(error) if error.is("ResourceInUseException") => Ok(None),
            result => result.map(|_| Some(())),
        }
    })
    .await
}

/// The error for a mapping that vanished between two calls. The engine repeats work on what is just created.
fn gone(call: &str) -> AwsError {
    AwsError::new(call, ABSENT, "the event source mapping does not exist")
}

/// Waits while there is a mapping in one of these states.
async fn wait_while(context: &Context<'_>, properties: &Value, what: &str, states: &[&str]) -> Result<(), AwsError> {
    until(&context.progress, what, LIMIT, || async {
        let mapping = find(context, properties).await?;
        Ok((!mapping.is_some_and(|mapping| is_in(&mapping, states))).then_some(()))
    })
    .await
}

fn response_types(properties: &Value) -> Vec<FunctionResponseType> {
    properties.texts("FunctionResponseTypes").iter().map(|name| FunctionResponseType::from(name.as_str())).collect()
}

fn scaling(properties: &Value) -> Option<ScalingConfig> {
    let config = properties.get("ScalingConfig")?;
    Some(ScalingConfig::builder().set_maximum_concurrency(config.integer("MaximumConcurrency")).build())
}

fn tags(properties: &Value) -> HashMap<String, String> {
    properties.tags().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// Mappings of the stack's functions that the template no longer contains. They have no names to find them by.
pub(super) async fn orphans(context: &Context<'_>, stack: &Stack) -> Result<Vec<(Desired, Observed)>, AwsError> {
    let wanted = || stack.resources.iter().filter(|resource| resource.resource_type == TYPE);
    let Some(example) = wanted().next() else { return Ok(Vec::new()) };
    let call = context.clients.lambda.list_event_source_mappings();
    let pages = call.function_name(example.properties.text("FunctionName")).into_paginator().items().send();
    let found = pages.try_collect().await.explain("lambda:ListEventSourceMappings").or_absent(ABSENT)?;
    let mut orphans = Vec::new();
    for mapping in found.unwrap_or_default() {
        let is_it = |desired: &Desired| {
            let properties = &desired.properties;
            mapping.event_source_arn() == Some(&properties.text("EventSourceArn"))
                && name_of_function(&mapping) == Some(&properties.text("FunctionName"))
        };
        if wanted().any(is_it) {
            continue;
        }
        let Some(observed) = observed(context, &mapping).await? else { continue };
        if observed.ownership == Ownership::Ours {
            let id = format!("EventSourceMapping({})", observed.physical_id);
            let properties = observed.properties.clone();
            orphans.push((Desired { logical_id: id, properties, ..example.clone() }, observed));
        }
    }
    Ok(orphans)
}
