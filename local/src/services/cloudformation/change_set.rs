//! Change sets: what an update would do, before it does.

use jiff::Timestamp;

use super::describe::{capabilities, key_values, parameters};
use super::difference::{Difference, differences};
use super::error::{NO_CHANGES, does_not_exist, no_change_set, not_updatable, validation};
use super::operation::{self, OnFailure, Worker};
use super::request;
use super::stack::{Blueprint, Stack};
use super::status::Status;
use super::store::{change, check_name, find, with};
use crate::{ApiError, Call, Cloud, Input, Output, arn};

/// A change set.
#[derive(Debug, Clone)]
pub(super) struct ChangeSet {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: &'static str,
    pub(super) reason: Option<String>,
    pub(super) execution: &'static str,
    description: Option<String>,
    client_token: Option<String>,
    /// Token with which it was executed.
    executed_with: Option<String>,
    is_create: bool,
    on_failure: OnFailure,
    created: Timestamp,
    blueprint: Blueprint,
    differences: Vec<Difference>,
}

/// `CreateChangeSet`. What the template asks for is checked at once, the changes are found in the background.
pub(super) fn create(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    let (stack_name, name) = (input.required_text("StackName")?, input.required_text("ChangeSetName")?);
    check_name(name, "changeSetName")?;
    let is_create = is_create(input)?;
    let on_failure = OnFailure::of_change_set(input.text("OnStackFailure"), is_create)?;
    let mut stacks = cloud.cloudformation.stacks();
    let known = find(&mut stacks, stack_name, &call.region);
    if let Some(stack) = &known
        && let Some(made) = made_before(stack, name, input.text("ClientToken"))?
    {
        return Ok(made);
    }
    admit(known.as_deref(), stack_name, name, is_create)?;
    let stack_name = known.as_ref().map_or(stack_name, |stack| &stack.name).to_owned();
    check_name(&stack_name, "stackName")?;
    let previous = known.as_ref().filter(|_| !is_create).map(|stack| &stack.blueprint);
    let now = cloud.clock.now();
    let new = known.is_none().then(|| Stack::new(&stack_name, &call.region, now));
    let home = known.as_deref().or(new.as_ref()).map(|stack| stack.home(cloud));
    let home = home.ok_or_else(|| does_not_exist(&stack_name))?;
    let blueprint = request::blueprint(cloud, call, &home, previous)?;
    if let Some(mut stack) = new {
        stack.enter(Status::ReviewInProgress, Some("User Initiated"), now);
        stacks.push(stack);
    }
    let stack = find(&mut stacks, &stack_name, &call.region).ok_or_else(|| does_not_exist(&stack_name))?;
    let set = ChangeSet {
        id: arn::local("cloudformation", &call.region, &format!("changeSet/{name}/{}", uuid::Uuid::new_v4())),
        name: name.to_owned(),
        status: "CREATE_PENDING",
        reason: None,
        execution: "UNAVAILABLE",
        description: input.text("Description").map(str::to_owned),
        client_token: input.text("ClientToken").map(str::to_owned),
        executed_with: None,
        is_create,
        on_failure,
        created: now,
        blueprint,
        differences: Vec::new(),
    };
    let output = identity(&set, stack);
    tokio::spawn(compute(cloud.clone(), stack.id.clone(), set.id.clone()));
    stack.change_sets.push(set);
    Ok(output)
}

fn is_create(input: &Input) -> Result<bool, ApiError> {
    match input.text("ChangeSetType") {
        None | Some("UPDATE") => Ok(false),
        Some("CREATE") => Ok(true),
        Some(other) => Err(ApiError::not_implemented("cloudformation", &format!("change sets of type {other}"))),
    }
}

/// The reply to a call that was made before with the same token; another change set of that name is refused.
fn made_before(stack: &Stack, name: &str, token: Option<&str>) -> Result<Option<Output>, ApiError> {
    match stack.change_set(name) {
        None => Ok(None),
        Some(same) if token.is_some() && same.client_token.as_deref() == token => Ok(Some(identity(same, stack))),
        Some(_) => Err(ApiError::new("AlreadyExistsException", format!("ChangeSet {name} already exists"))),
    }
}

/// Whether the state of the stack allows a change set of this type.
fn admit(known: Option<&Stack>, stack_name: &str, name: &str, is_create: bool) -> Result<(), ApiError> {
    match (known, is_create) {
        (None, false) => Err(validation(format!("Stack [{stack_name}] does not exist"))),
        (Some(stack), true) if stack.status != Status::ReviewInProgress => Err(validation(format!(
            "Stack [{stack_name}] already exists and cannot be created again with the changeSet [{name}]."
        ))),
        (Some(stack), false) if !stack.status.takes_update() => Err(not_updatable(stack)),
        _ => Ok(()),
    }
}

fn identity(set: &ChangeSet, stack: &Stack) -> Output {
    Output::structure([("Id", Some(set.id.as_str().into())), ("StackId", Some(stack.id.as_str().into()))])
}

/// Finds the changes.
async fn compute(cloud: Cloud, stack_id: String, set_id: String) {
    let pause = cloud.config.latency.stack_resource;
    cloud.clock.sleep(pause).await;
    change(&cloud, &stack_id, |stack| {
        if let Some(set) = stack.change_set_mut(&set_id) {
            set.status = "CREATE_IN_PROGRESS";
        }
    });
    cloud.clock.sleep(pause * 2).await;
    let provisioner = cloud.cloudformation.provisioner();
    change(&cloud, &stack_id, |stack| {
        let Some(set) = stack.change_set(&set_id) else { return };
        let found = differences(stack, &set.blueprint.resources, provisioner.as_ref());
        let blueprint = &stack.blueprint;
        let same = found.is_empty()
            && set.blueprint.tags == blueprint.tags
            && set.blueprint.outputs == blueprint.outputs
            && set.blueprint.parameters == blueprint.parameters;
        if let Some(set) = stack.change_set_mut(&set_id) {
            if same {
                (set.status, set.reason) = ("FAILED", Some(NO_CHANGES.to_owned()));
            } else {
                (set.status, set.execution) = ("CREATE_COMPLETE", "AVAILABLE");
            }
            set.differences = found;
        }
    });
}

/// Works on a change set, which is named by its ARN or by its name and its stack.
fn locate<T>(
    cloud: &Cloud,
    call: &Call,
    work: impl FnOnce(&mut Stack, &str) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let name = call.input.required_text("ChangeSetName")?;
    if let Some(stack_name) = call.input.text("StackName") {
        return with(cloud, &call.region, stack_name, |stack| match stack.change_set(name) {
            Some(_) => work(stack, name),
            None => Err(no_change_set(name)),
        });
    }
    if !name.starts_with("arn:") {
        return Err(validation("StackName must be specified if ChangeSetName is not specified as an ARN."));
    }
    let mut stacks = cloud.cloudformation.stacks();
    let stack = stacks.iter_mut().find(|stack| stack.change_set(name).is_some());
    work(stack.ok_or_else(|| no_change_set(name))?, name)
}

/// `DescribeChangeSet`.
pub(super) fn describe(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let with_values = call.input.flag("IncludePropertyValues") == Some(true);
    locate(cloud, call, |stack, name| {
        let set = stack.change_set(name).ok_or_else(|| no_change_set(name))?;
        let changes = set.differences.iter().map(|difference| difference.output(with_values));
        Ok(Output::structure([
            ("ChangeSetName", Some(set.name.as_str().into())),
            ("ChangeSetId", Some(set.id.as_str().into())),
            ("StackId", Some(stack.id.as_str().into())),
            ("StackName", Some(stack.name.as_str().into())),
            ("Description", set.description.clone().map(Into::into)),
            ("Parameters", Some(parameters(&set.blueprint))),
            ("CreationTime", Some(set.created.into())),
            ("ExecutionStatus", Some(set.execution.into())),
            ("Status", Some(set.status.into())),
            ("StatusReason", set.reason.clone().map(Into::into)),
            ("NotificationARNs", Some(Output::List(Vec::new()))),
            ("RollbackConfiguration", Some(Output::empty())),
            ("Capabilities", Some(capabilities(&set.blueprint))),
            ("Tags", Some(key_values(&set.blueprint.tags))),
            ("Changes", Some(Output::List(changes.collect()))),
            ("IncludeNestedStacks", Some(false.into())),
            ("OnStackFailure", set.on_failure.name().map(Into::into)),
        ]))
    })
}

/// `ListChangeSets`.
pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    with(cloud, &call.region, call.input.required_text("StackName")?, |stack| {
        let sets = stack.change_sets.iter().map(|set| {
            Output::structure([
                ("StackId", Some(stack.id.as_str().into())),
                ("StackName", Some(stack.name.as_str().into())),
                ("ChangeSetId", Some(set.id.as_str().into())),
                ("ChangeSetName", Some(set.name.as_str().into())),
                ("ExecutionStatus", Some(set.execution.into())),
                ("Status", Some(set.status.into())),
                ("StatusReason", set.reason.clone().map(Into::into)),
                ("CreationTime", Some(set.created.into())),
                ("Description", set.description.clone().map(Into::into)),
                ("IncludeNestedStacks", Some(false.into())),
            ])
        });
        Ok(Output::structure([("Summaries", Some(Output::List(sets.collect())))]))
    })
}

/// `DeleteChangeSet`: one that does not exist is no error where its stack does.
pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let deleted = locate(cloud, call, |stack, name| {
        match stack.change_set(name) {
            Some(set)
                if matches!(set.status, "CREATE_IN_PROGRESS" | "CREATE_PENDING")
                    || set.execution == "EXECUTE_IN_PROGRESS" =>
            {
                return Err(ApiError::new(
                    "InvalidChangeSetStatus",
                    format!("ChangeSet [{}] cannot be deleted in its current status of [{}]", set.id, set.status),
                ));
            }
            _ => {}
        }
        stack.change_sets.retain(|set| set.name != name && set.id != name);
        Ok(())
    });
    match deleted {
        Err(error) if error.code != "ChangeSetNotFound" => Err(error),
        _ => Ok(Output::empty()),
    }
}

/// `ExecuteChangeSet`: the stack's other change sets go, they describe changes to what is no more.
pub(super) fn execute(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let token = call.input.text("ClientRequestToken").map(str::to_owned);
    let disable_rollback = call.input.flag("DisableRollback") == Some(true);
    let worker = Worker::of(cloud, call);
    locate(cloud, call, |stack, name| {
        let set = stack.change_set(name).ok_or_else(|| no_change_set(name))?;
        if token.is_some() && set.executed_with == token {
            return Ok(Output::empty());
        }
        if set.execution != "AVAILABLE" {
            return Err(ApiError::new(
                "InvalidChangeSetStatus",
                format!("ChangeSet [{}] cannot be executed in its current status of [{}]", set.id, set.status),
            ));
        }
        let allowed = match set.is_create {
            true => stack.status == Status::ReviewInProgress,
            false => stack.status.takes_update(),
        };
        if !allowed {
            return Err(not_updatable(stack));
        }
        let mut set = set.clone();
        (set.execution, set.executed_with) = ("EXECUTE_COMPLETE", token.clone());
        let (blueprint, on_failure) = (set.blueprint.clone(), set.on_failure.or_disabled(disable_rollback));
        let is_create = set.is_create;
        stack.executed_change_set = Some(set.id.clone());
        stack.change_sets = vec![set];
        match is_create {
            true => operation::create(worker, stack, blueprint, on_failure, token),
            false => operation::update(worker, stack, blueprint, on_failure, token),
        }
        Ok(Output::empty())
    })
}
