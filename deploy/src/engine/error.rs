//! Errors of the engines.

use super::cloudformation::NamedReplacement;
use super::{Declined, Outcome};
use crate::aws::AwsError;
use crate::plan::{NewerSchema, PlanError};
use crate::resources::DeleteBlocker;
use crate::template::TemplateError;

/// Why a stack was not planned, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A call failed that does not belong to a single resource.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The template cannot be completed or resolved.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Existing resources rule out a plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// CloudFormation would replace a resource under its own name, which it cannot.
    #[error(transparent)]
    Replacement(#[from] NamedReplacement),
    /// The answer was not yes.
    #[error(transparent)]
    Declined(#[from] Declined),
    /// The user interrupted, and nothing was left to wait for.
    #[error("interrupted")]
    Interrupted,
    /// The user interrupted; CloudFormation continues with the stack of this ARN.
    #[error("interrupted")]
    Detached(String),
    /// AWS would refuse to delete these; nothing was deleted.
    #[error("{}; nothing was deleted", .0.first().map_or("", |first| first.what.as_str()))]
    Blocked(Vec<DeleteBlocker>),
    /// AWS changed since the plan was made; these differ, and nothing was changed.
    #[error("AWS changed after the plan was shown: {}; nothing was changed", .0.join(", "))]
    Stale(Vec<String>),
    /// Data arrived in this empty resource after the plan was shown; nothing was changed.
    #[error("AWS changed after the plan was shown: {0}; nothing was changed")]
    Filled(String),
    /// A newer version deployed the stack.
    #[error(transparent)]
    NewerSchema(#[from] NewerSchema),
    /// Changes failed, were cut short, or were not begun.
    #[error("not all changes were made")]
    Unfinished {
        /// The outcome of each change.
        outcome: Box<Outcome>,
        /// The result of the rollback, if one was requested.
        rollback: Option<Rollback>,
    },
    /// CloudFormation ended in an unintended state.
    #[error("CloudFormation ended with {status}")]
    Ended {
        /// The status of the stack.
        status: String,
        /// The outcome per resource.
        outcome: Box<Outcome>,
        /// Whether the user cancelled it.
        cancelled: bool,
    },
    /// A CloudFormation stack of this name lacks our tag; its ARN.
    #[error("a CloudFormation stack of this name exists and is not ours: {0} lacks the tag {tag}", tag = crate::template::OWNER_TAG)]
    ForeignStack(String),
    /// The stack has termination protection; its ARN.
    #[error("the stack {0} is protected against deletion")]
    Protected(String),
    /// The stack is half deleted, so it cannot be changed; its state.
    #[error("{0}")]
    HalfDeleted(String),
    /// In this state no resource of the stack can be kept.
    #[error("the stack is in the state {0}, in which none of its resources can be kept")]
    NothingKept(String),
    /// CloudFormation did not store what outlives the stack; nothing was deleted.
    #[error("CloudFormation did not store which resources outlive the stack")]
    NotRetained,
    /// The user interrupted the final check; every deletion was requested.
    #[error("interrupted")]
    Unchecked,
    /// AWS still shows these after their deletion.
    #[error("AWS still shows {}", .0.join(", "))]
    StillThere(Vec<String>),
}

/// The result of a rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollback {
    /// Resources removed.
    pub removed: usize,
    /// Whether nothing is left.
    pub complete: bool,
}
