//! CloudFormation.

use super::{ErrorHint, of};

const fn stack(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("cloudformation", code, message, hint)
}

const BUSY: &str = "CloudFormation is still changing this stack: run the command again when it has ended";
const NOTHING: &str = "nothing has to be changed: this is not a failure; run `incidentctl plan` to see the same";

pub(super) const HINTS: &[ErrorHint] = &[
    stack("ValidationError", "No updates are to be performed", NOTHING),
    stack("ValidationError", "didn't contain changes", NOTHING),
    // Its rollback first: that name ends like a stack that is busy.
    stack(
        "ValidationError",
        "UPDATE_ROLLBACK_FAILED",
        "an update could not be rolled back: repair what the stack's events name, let CloudFormation continue the rollback, \
         then run `incidentctl up` again",
    ),
    stack(
        "ValidationError",
        "ROLLBACK_COMPLETE state",
        "the stack was never made completely: run `incidentctl down`, then `incidentctl up`",
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
        "the stack is protected: switch off its termination protection first, if it may go",
    ),
    stack(
        "ValidationError",
        "does not exist",
        "there is no such stack: `incidentctl up --engine cloudformation` makes it",
    ),
    stack(
        "InsufficientCapabilitiesException",
        "",
        "CloudFormation wants consent to named roles: this is a bug of incidentctl, please report it",
    ),
    stack(
        "ChangeSetNotFound",
        "",
        "the change set is gone, as when somebody applied or deleted it: run the command again",
    ),
    stack("InvalidChangeSetStatus", "", "the stack was changed in the meantime: run the command again"),
    stack("AlreadyExistsException", "", "a stack of this name was made in the meantime: run the command again"),
    stack(
        "LimitExceededException",
        "",
        "the account has as many stacks as it may: delete some, or have CloudFormation's quota raised",
    ),
    stack("OperationInProgressException", "", BUSY),
    stack(
        "TokenAlreadyExistsException",
        "",
        "this request was made before: `incidentctl plan` shows where the stack stands",
    ),
];
