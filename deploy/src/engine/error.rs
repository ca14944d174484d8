//! Why an engine did not reach its aim.

use super::cloudformation::NamedReplacement;
use super::{Declined, Outcome};
use crate::aws::AwsError;
use crate::plan::{NewerSchema, PlanError};
use crate::resources::DeleteBlocker;
use crate::template::TemplateError;

/// Why a stack was not planned, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A call failed beside those for a single resource.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The template cannot be made.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// What exists does not allow the plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// CloudFormation would replace a resource under its own name, which it cannot.
    #[error(transparent)]
    Replacement(#[from] NamedReplacement),
    /// The answer was not yes.
    #[error(transparent)]
    Declined(#[from] Declined),
    /// The person interrupted, and nothing was left to wait for.
    #[error("interrupted")]
    Interrupted,
    /// The person interrupted; CloudFormation goes on with the stack of this ARN.
    #[error("interrupted")]
    Detached(String),
    /// AWS would refuse to delete these; nothing was deleted.
    #[error("{}; nothing was deleted", .0.first().map_or("", |first| first.what.as_str()))]
    Blocked(Vec<DeleteBlocker>),
    /// AWS is not as the plan found it any more; these differ, and nothing was changed.
    #[error("AWS changed after the plan was shown: {}; nothing was changed", .0.join(", "))]
    Stale(Vec<String>),
    /// Data came, while the person was deciding, into this, which had none; nothing was changed.
    #[error("AWS changed after the plan was shown: {0}; nothing was changed")]
    Filled(String),
    /// A newer program deployed the stack.
    #[error(transparent)]
    NewerSchema(#[from] NewerSchema),
    /// Changes failed, were cut short, or were not begun.
    #[error("not all changes were made")]
    Unfinished {
        /// What became of each.
        outcome: Box<Outcome>,
        /// What became of taking them back, when that was wanted.
        rollback: Option<Rollback>,
    },
    /// CloudFormation ended in another state than it was meant to.
    #[error("CloudFormation ended with {status}")]
    Ended {
        /// The status of the stack.
        status: String,
        /// What became of each resource.
        outcome: Box<Outcome>,
        /// Whether the person had it cancelled.
        cancelled: bool,
    },
    /// A CloudFormation stack of this name lacks our tag; its ARN.
    #[error("a CloudFormation stack of this name exists and is not ours: {0} lacks the tag {tag}", tag = crate::template::OWNER_TAG)]
    ForeignStack(String),
    /// The stack is protected against deletion; its ARN.
    #[error("the stack {0} is protected against deletion")]
    Protected(String),
    /// The stack is half deleted, so it cannot be changed; its state.
    #[error("{0}")]
    HalfDeleted(String),
    /// Nothing of a stack in this state can be kept.
    #[error("the stack is in the state {0}, in which none of its resources can be kept")]
    NothingKept(String),
    /// CloudFormation did not store what outlives the stack; nothing was deleted.
    #[error("CloudFormation did not store which resources outlive the stack")]
    NotRetained,
    /// The person interrupted the last look; everything was asked to be deleted.
    #[error("interrupted")]
    Unchecked,
    /// AWS still shows these after their deletion.
    #[error("AWS still shows {}", .0.join(", "))]
    StillThere(Vec<String>),
}

/// What became of taking back what a run created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollback {
    /// Resources removed.
    pub removed: usize,
    /// Whether nothing of it is left.
    pub complete: bool,
}
