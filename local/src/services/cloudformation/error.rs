//! CloudFormation's errors, in its words.

use super::stack::Stack;
use crate::ApiError;

pub(super) fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", message)
}

pub(super) fn does_not_exist(name: &str) -> ApiError {
    validation(format!("Stack with id {name} does not exist"))
}

pub(super) fn no_change_set(name: &str) -> ApiError {
    ApiError::new("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist")).with_status(404)
}

/// The state of a stack does not allow an update.
pub(super) fn not_updatable(stack: &Stack) -> ApiError {
    validation(format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status.name()))
}

/// The reason of a change set that changes nothing.
pub(super) const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";
/// The message of an update that changes nothing.
pub(super) const NO_UPDATES: &str = "No updates are to be performed.";
