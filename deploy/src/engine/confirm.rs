//! Confirmation before anything irreversible. The engines ask; the caller decides how the question is answered.

use async_trait::async_trait;

use super::cloudformation::Aim;
use crate::plan::Plan;

/// Answers an engine's questions to the user.
#[async_trait]
pub trait Confirm: Send + Sync {
    /// Shows what `up` will change and asks for confirmation, with a separate question for data loss.
    ///
    /// # Errors
    /// When the answer is not yes, or no user can be asked.
    async fn change(&self, plan: &Plan) -> Result<(), Declined>;

    /// Shows what `down` will delete and asks for confirmation, with a separate question for data.
    ///
    /// # Errors
    /// When the answer is not yes, or no user can be asked.
    async fn remove(&self, plan: &Plan) -> Result<(), Declined>;

    /// Asks for confirmation of a step before the plan, such as deleting a stack whose creation failed.
    ///
    /// # Errors
    /// When the answer is not yes, or no user can be asked.
    async fn step(&self, question: &str) -> Result<(), Declined>;

    /// How to proceed with CloudFormation's work after an interrupt.
    async fn interrupted(&self, aim: Aim) -> Wish;

    /// Whether every question is answered in advance, so that no time passes between plan and change.
    fn is_answered(&self) -> bool;
}

/// The answer was not yes. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Declined {
    /// The question or the answer.
    pub message: String,
    /// How to answer in advance, where no user can be asked.
    pub hint: Option<String>,
}

/// How to proceed with CloudFormation's work after an interrupt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Stop following; CloudFormation continues.
    Detach,
    /// Have CloudFormation roll it back.
    Cancel,
    /// Keep following.
    Wait,
}
