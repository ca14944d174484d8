//! CloudFormation.

use super::{ErrorHint, of};

const fn stack(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("cloudformation", code, message, hint)
}

const BUSY: &str = "CloudFormation is still changing this stack: run the command again when that has finished";
const NOTHING: &str = "there is nothing to change, which is not a failure: `incidentctl plan` shows the same";

pub(super) const HINTS: &[ErrorHint] = &[
    stack("ValidationError", "No updates are to be performed", NOTHING),
    stack("ValidationError", "didn't contain changes", NOTHING),
    // Its rollback first: that name ends like a stack that is busy.
    stack(
        "ValidationError",
        "UPDATE_ROLLBACK_FAILED",
        "an update could not be rolled back: repair what the stack's events name, continue the rollback in \
         CloudFormation, then run `incidentctl up` again",
    ),
    stack(
        "ValidationError",
        "ROLLBACK_COMPLETE state",
        "the stack was never created completely: run `incidentctl down`, then `incidentctl up`",
    ),
    stack(
        "ValidationError",
        "ROLLBACK_FAILED",
        "the stack could not be rolled back: run `incidentctl down`, then `incidentctl up`",
    ),
    stack(
        "ValidationError",
        "DELETE_FAILED",
        "the stack could not be deleted completely: run `incidentctl down` again",
    ),
    stack("ValidationError", "_IN_PROGRESS state", BUSY),
    stack(
        "ValidationError",
        "TerminationProtection",
        "the stack has termination protection: disable it first to delete the stack",
    ),
    stack(
        "ValidationError",
        "does not exist",
        "the stack does not exist: create it with `incidentctl up --engine cloudformation`",
    ),
    stack(
        "InsufficientCapabilitiesException",
        "",
        "CloudFormation requires CAPABILITY_NAMED_IAM: this is a bug in incidentctl, please report it",
    ),
    stack(
        "ChangeSetNotFound",
        "",
        "the change set no longer exists, it may have been executed or deleted: run the command again",
    ),
    stack("InvalidChangeSetStatus", "", "the stack was changed in the meantime: run the command again"),
    stack("AlreadyExistsException", "", "a stack of this name was created in the meantime: run the command again"),
    stack(
        "LimitExceededException",
        "",
        "the account's quota of CloudFormation stacks is reached: delete some, or request an increase",
    ),
    stack("OperationInProgressException", "", BUSY),
    stack(
        "TokenAlreadyExistsException",
        "",
        "this request was already made: `incidentctl plan` shows the state of the stack",
    ),
];
