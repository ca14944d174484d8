//! Operations that change a stack without a change set.

use super::difference::differences;
use super::error::{NO_UPDATES, not_updatable, validation};
use super::operation::{self, OnFailure, Worker};
use super::request;
use super::stack::Stack;
use super::status::Status;
use super::store::{check_name, find, with};
use crate::{ApiError, Call, Cloud, Output};

fn token(call: &Call) -> Option<String> {
    call.input.text("ClientRequestToken").map(str::to_owned)
}

fn identity(stack: &Stack) -> Output {
    Output::structure([("StackId", Some(stack.id.as_str().into()))])
}

/// `CreateStack`.
pub(super) fn create(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.required_text("StackName")?;
    check_name(name, "stackName")?;
    let on_failure = match (call.input.text("OnFailure"), call.input.flag("DisableRollback")) {
        (Some(_), Some(_)) => {
            return Err(validation("You can specify either DisableRollback or OnFailure, but not both"));
        }
        (text, disabled) => OnFailure::parse(text)?.or_disabled(disabled == Some(true)),
    };
    let mut stacks = cloud.cloudformation.stacks();
    if let Some(existing) = find(&mut stacks, name, &call.region) {
        let again = token(call).is_some() && existing.token == token(call);
        return match again {
            true => Ok(identity(existing)),
            false => Err(ApiError::new("AlreadyExistsException", format!("Stack [{name}] already exists"))),
        };
    }
    let mut stack = Stack::new(name, &call.region, cloud.clock.now());
    let blueprint = request::blueprint(cloud, call, &stack.home(cloud), None)?;
    stack.termination_protection = call.input.flag("EnableTerminationProtection") == Some(true);
    operation::create(Worker::of(cloud, call), &mut stack, blueprint, on_failure, token(call));
    let output = identity(&stack);
    stacks.push(stack);
    Ok(output)
}

/// `UpdateStack`.
pub(super) fn update(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.required_text("StackName")?;
    let disabled = call.input.flag("DisableRollback") == Some(true);
    let (worker, provisioner) = (Worker::of(cloud, call), cloud.cloudformation.provisioner());
    with(cloud, &call.region, name, |stack| {
        if token(call).is_some() && stack.token == token(call) {
            return Ok(identity(stack));
        }
        if !stack.status.takes_update() {
            return Err(not_updatable(stack));
        }
        let blueprint = request::blueprint(cloud, call, &stack.home(cloud), Some(&stack.blueprint))?;
        let same = differences(stack, &blueprint.resources, provisioner.as_ref()).is_empty()
            && blueprint.tags == stack.blueprint.tags
            && blueprint.outputs == stack.blueprint.outputs
            && blueprint.parameters == stack.blueprint.parameters;
        if same {
            return Err(validation(NO_UPDATES));
        }
        operation::update(worker, stack, blueprint, OnFailure::Rollback.or_disabled(disabled), token(call));
        Ok(identity(stack))
    })
}

/// `DeleteStack`: that there is none is no error.
pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.required_text("StackName")?;
    let retain = call.input.texts("RetainResources");
    let force = match call.input.text("DeletionMode") {
        None | Some("STANDARD") => false,
        Some("FORCE_DELETE_STACK") => true,
        Some(other) => {
            return Err(validation(format!(
                "1 validation error detected: Value '{other}' at 'deletionMode' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, FORCE_DELETE_STACK]"
            )));
        }
    };
    let worker = Worker::of(cloud, call);
    let mut stacks = cloud.cloudformation.stacks();
    let Some(stack) = find(&mut stacks, name, &call.region) else { return Ok(Output::empty()) };
    if matches!(stack.status, Status::DeleteInProgress | Status::DeleteComplete) {
        return Ok(Output::empty());
    }
    if stack.termination_protection {
        return Err(validation(format!(
            "Stack [{}] cannot be deleted while TerminationProtection is enabled",
            stack.name
        )));
    }
    if !stack.status.takes_delete() {
        let status = stack.status.name();
        return Err(validation(format!("Stack [{}] cannot be deleted while in status {status}", stack.id)));
    }
    if stack.status != Status::DeleteFailed && (!retain.is_empty() || force) {
        let what = if force { "FORCE_DELETE_STACK" } else { "specify which resources to retain" };
        return Err(validation(format!(
            "Invalid operation on stack [{}]. {what} only applies to stacks in a DELETE_FAILED state.",
            stack.id
        )));
    }
    stack.change_sets.clear();
    operation::delete(worker, stack, retain, force, token(call));
    Ok(Output::empty())
}

/// `CancelUpdateStack`.
pub(super) fn cancel_update(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    with(cloud, &call.region, call.input.required_text("StackName")?, |stack| {
        if stack.status != Status::UpdateInProgress {
            return Err(validation(format!(
                "CancelUpdateStack cannot be called from current stack status: {}",
                stack.status.name()
            )));
        }
        if let Some(token) = token(call) {
            stack.token = Some(token);
        }
        let _ = stack.cancel.send(true);
        Ok(Output::empty())
    })
}

/// `ContinueUpdateRollback`.
pub(super) fn continue_update_rollback(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let skip = call.input.texts("ResourcesToSkip");
    let worker = Worker::of(cloud, call);
    with(cloud, &call.region, call.input.required_text("StackName")?, |stack| {
        if stack.status != Status::UpdateRollbackFailed {
            return Err(validation(format!(
                "Stack:{} is in {} state and can not continue rollback.",
                stack.id,
                stack.status.name()
            )));
        }
        let failed = |id: &String| stack.members.get(id).is_some_and(|member| member.status == "UPDATE_FAILED");
        if let Some(id) = skip.iter().find(|id| !failed(id)) {
            return Err(validation(format!("Resource to skip [{id}] is not in UPDATE_FAILED state")));
        }
        operation::roll_back_update(worker, stack, skip, token(call));
        Ok(Output::empty())
    })
}

/// `RollbackStack`.
pub(super) fn roll_back(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let worker = Worker::of(cloud, call);
    with(cloud, &call.region, call.input.required_text("StackName")?, |stack| {
        match stack.status {
            Status::CreateFailed => operation::roll_back_creation(worker, stack, token(call)),
            Status::UpdateFailed => operation::roll_back_update(worker, stack, Vec::new(), token(call)),
            status => {
                return Err(validation(format!(
                    "Stack:{} is in {} state and can not be rolled back.",
                    stack.id,
                    status.name()
                )));
            }
        }
        Ok(identity(stack))
    })
}

/// `UpdateTerminationProtection`.
pub(super) fn protect(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let Some(enabled) = call.input.flag("EnableTerminationProtection") else {
        return Err(validation(
            "1 validation error detected: Value null at 'enableTerminationProtection' failed to satisfy constraint: Member must not be null",
        ));
    };
    with(cloud, &call.region, call.input.required_text("StackName")?, |stack| {
        if matches!(stack.status, Status::DeleteInProgress | Status::DeleteComplete) {
            return Err(validation(format!("Stack [{}] is being deleted", stack.name)));
        }
        stack.termination_protection = enabled;
        Ok(identity(stack))
    })
}
