//! What there is to read of stacks.

use super::error::validation;
use super::stack::{Blueprint, Event, Member, Stack};
use super::status::Status;
use super::store::with;
use crate::{ApiError, Call, Cloud, Output};

/// Events on one page.
const EVENTS: usize = 100;

/// Parameters with their values.
pub(super) fn parameters(blueprint: &Blueprint) -> Output {
    let one = |(key, value): (&String, &String)| {
        Output::structure([
            ("ParameterKey", Some(key.as_str().into())),
            ("ParameterValue", Some(value.as_str().into())),
        ])
    };
    Output::List(blueprint.parameters.iter().map(one).collect())
}

/// The capabilities that the caller gave.
pub(super) fn capabilities(blueprint: &Blueprint) -> Output {
    Output::list(blueprint.capabilities.iter().map(String::as_str))
}

/// Tags.
pub(super) fn key_values<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Output {
    let one = |(key, value): (&String, &String)| {
        Output::structure([("Key", Some(key.as_str().into())), ("Value", Some(value.as_str().into()))])
    };
    Output::List(pairs.into_iter().map(one).collect())
}

/// `DescribeStacks`: one by name or ARN, or all that are not deleted.
pub(super) fn stacks(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let found = match call.input.text("StackName") {
        Some(name) => vec![with(cloud, &call.region, name, |stack| Ok(describe(stack)))?],
        None => {
            let stacks = cloud.cloudformation.stacks();
            let living = stacks.iter().rev().filter(|stack| stack.status != Status::DeleteComplete);
            living.filter(|stack| stack.region == call.region).map(describe).collect()
        }
    };
    Ok(Output::structure([("Stacks", Some(Output::List(found)))]))
}

fn describe(stack: &Stack) -> Output {
    let blueprint = &stack.blueprint;
    let has_outputs = stack.status.has_outputs();
    let outputs: Vec<Output> = blueprint
        .outputs
        .iter()
        .filter(|_| has_outputs)
        .map(|(key, value)| {
            Output::structure([("OutputKey", Some(key.as_str().into())), ("OutputValue", Some(value.as_str().into()))])
        })
        .collect();
    Output::structure([
        ("StackId", Some(stack.id.as_str().into())),
        ("StackName", Some(stack.name.as_str().into())),
        ("ChangeSetId", stack.executed_change_set.clone().map(Into::into)),
        ("Description", blueprint.description.clone().map(Into::into)),
        ("Parameters", Some(parameters(blueprint))),
        ("CreationTime", Some(stack.created.into())),
        ("LastUpdatedTime", stack.updated.map(Into::into)),
        ("DeletionTime", stack.deleted.map(Into::into)),
        ("RollbackConfiguration", Some(Output::empty())),
        ("StackStatus", Some(stack.status.name().into())),
        ("StackStatusReason", stack.reason.clone().map(Into::into)),
        ("DisableRollback", Some(stack.disable_rollback.into())),
        ("NotificationARNs", Some(Output::List(Vec::new()))),
        ("Capabilities", Some(capabilities(blueprint))),
        ("Outputs", (!outputs.is_empty()).then_some(Output::List(outputs))),
        ("Tags", Some(key_values(&blueprint.tags))),
        ("EnableTerminationProtection", Some(stack.termination_protection.into())),
        ("DriftInformation", Some(not_checked("StackDriftStatus"))),
    ])
}

fn not_checked(name: &str) -> Output {
    Output::structure([(name, Some("NOT_CHECKED".into()))])
}

/// `ListStacks`: deleted ones too.
pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let wanted = call.input.texts("StackStatusFilter");
    let stacks = cloud.cloudformation.stacks();
    let summaries = stacks
        .iter()
        .rev()
        .filter(|stack| stack.region == call.region)
        .filter(|stack| wanted.is_empty() || wanted.iter().any(|status| status == stack.status.name()))
        .map(|stack| {
            Output::structure([
                ("StackId", Some(stack.id.as_str().into())),
                ("StackName", Some(stack.name.as_str().into())),
                ("TemplateDescription", stack.blueprint.description.clone().map(Into::into)),
                ("CreationTime", Some(stack.created.into())),
                ("LastUpdatedTime", stack.updated.map(Into::into)),
                ("DeletionTime", stack.deleted.map(Into::into)),
                ("StackStatus", Some(stack.status.name().into())),
                ("StackStatusReason", stack.reason.clone().map(Into::into)),
                ("DriftInformation", Some(not_checked("StackDriftStatus"))),
            ])
        });
    Ok(Output::structure([("StackSummaries", Some(Output::List(summaries.collect())))]))
}

/// `DescribeStackEvents`: the newest first. A page goes on where the one before ended, whatever happened since.
pub(super) fn events(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    with(cloud, &call.region, call.input.required_text("StackName")?, |stack| {
        let end = match call.input.text("NextToken") {
            None => stack.events.len(),
            Some(token) => token
                .parse::<usize>()
                .ok()
                .filter(|end| *end <= stack.events.len())
                .ok_or_else(|| validation("NextToken is invalid"))?,
        };
        let start = end.saturating_sub(EVENTS);
        let page = stack.events.get(start..end).unwrap_or_default();
        let page = page.iter().rev().map(|event| event_output(stack, event));
        Ok(Output::structure([
            ("StackEvents", Some(Output::List(page.collect()))),
            ("NextToken", (start > 0).then(|| start.to_string().into())),
        ]))
    })
}

fn event_output(stack: &Stack, event: &Event) -> Output {
    Output::structure([
        ("StackId", Some(stack.id.as_str().into())),
        ("EventId", Some(event.id.as_str().into())),
        ("StackName", Some(stack.name.as_str().into())),
        ("LogicalResourceId", Some(event.logical_id.as_str().into())),
        ("PhysicalResourceId", Some(event.physical_id.as_str().into())),
        ("ResourceType", Some(event.resource_type.as_str().into())),
        ("Timestamp", Some(event.at.into())),
        ("ResourceStatus", Some(event.status.into())),
        ("ResourceStatusReason", event.reason.clone().map(Into::into)),
        ("ResourceProperties", event.properties.as_ref().map(|properties| properties.to_string().into())),
        ("ClientRequestToken", event.token.clone().map(Into::into)),
    ])
}

/// Resources as a reader sees them: what an update removed is no part of the stack any more.
fn members(stack: &Stack) -> impl Iterator<Item = &Member> {
    let all = stack.status == Status::DeleteComplete;
    stack.members.values().filter(move |member| all || !matches!(member.status, "DELETE_COMPLETE" | "DELETE_SKIPPED"))
}

/// `DescribeStackResources`: by stack, or by the name of a resource.
pub(super) fn resources(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let logical_id = call.input.text("LogicalResourceId");
    let outputs = |stack: &Stack| {
        let wanted = members(stack)
            .filter(|member| logical_id.is_none_or(|logical_id| logical_id == member.resource.logical_id));
        wanted.map(|member| resource(stack, member, "Timestamp", true)).collect::<Vec<_>>()
    };
    let found = match (call.input.text("StackName"), call.input.text("PhysicalResourceId")) {
        (Some(name), None) => with(cloud, &call.region, name, |stack| Ok(outputs(stack)))?,
        (None, Some(physical_id)) => {
            let stacks = cloud.cloudformation.stacks();
            let owner = stacks.iter().find(|stack| members(stack).any(|member| member.physical_id == physical_id));
            outputs(owner.ok_or_else(|| validation(format!("Stack for {physical_id} does not exist")))?)
        }
        _ => return Err(validation("Exactly one of StackName or PhysicalResourceId must be specified.")),
    };
    Ok(Output::structure([("StackResources", Some(Output::List(found)))]))
}

/// `DescribeStackResource`.
pub(super) fn one_resource(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.required_text("StackName")?;
    let logical_id = call.input.required_text("LogicalResourceId")?;
    with(cloud, &call.region, name, |stack| {
        let member = members(stack).find(|member| member.resource.logical_id == logical_id);
        let member =
            member.ok_or_else(|| validation(format!("Resource {logical_id} does not exist for stack {name}")))?;
        Ok(Output::structure([("StackResourceDetail", Some(resource(stack, member, "LastUpdatedTimestamp", true)))]))
    })
}

/// `ListStackResources`.
pub(super) fn list_resources(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    with(cloud, &call.region, call.input.required_text("StackName")?, |stack| {
        let summaries = members(stack).map(|member| resource(stack, member, "LastUpdatedTimestamp", false));
        Ok(Output::structure([("StackResourceSummaries", Some(Output::List(summaries.collect())))]))
    })
}

fn resource(stack: &Stack, member: &Member, timestamp: &str, names_stack: bool) -> Output {
    let physical_id = Some(member.physical_id.as_str()).filter(|id| !id.is_empty());
    Output::structure([
        ("StackName", names_stack.then(|| stack.name.as_str().into())),
        ("StackId", names_stack.then(|| stack.id.as_str().into())),
        ("LogicalResourceId", Some(member.resource.logical_id.as_str().into())),
        ("PhysicalResourceId", physical_id.map(Into::into)),
        ("ResourceType", Some(member.resource.resource_type.as_str().into())),
        (timestamp, Some(member.at.into())),
        ("ResourceStatus", Some(member.status.into())),
        ("ResourceStatusReason", member.reason.clone().map(Into::into)),
        ("DriftInformation", Some(not_checked("StackResourceDriftStatus"))),
    ])
}
