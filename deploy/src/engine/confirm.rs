//! Asking before something happens that cannot be taken back. The engines ask; whoever calls them knows whom.

use async_trait::async_trait;

use super::cloudformation::Aim;
use crate::plan::Plan;

/// Answers what an engine has to know from the person before it goes on.
#[async_trait]
pub trait Confirm: Send + Sync {
    /// Shows what `up` will change, and asks; for data that would be lost it asks apart.
    ///
    /// # Errors
    /// When the answer is not yes, and when there is no one to ask.
    async fn change(&self, plan: &Plan) -> Result<(), Declined>;

    /// Shows what `down` will delete, and asks; for data it asks apart.
    ///
    /// # Errors
    /// When the answer is not yes, and when there is no one to ask.
    async fn remove(&self, plan: &Plan) -> Result<(), Declined>;

    /// Asks for a step that has to come before the plan, such as deleting a stack whose creation failed.
    ///
    /// # Errors
    /// When the answer is not yes, and when there is no one to ask.
    async fn step(&self, question: &str) -> Result<(), Declined>;

    /// What becomes of work that goes on by itself, now that the person has interrupted.
    async fn interrupted(&self, aim: Aim) -> Wish;

    /// Whether every question is answered beforehand, so that no time passes between plan and change.
    fn is_answered(&self) -> bool;
}

/// The answer was not yes. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Declined {
    /// What was asked or answered.
    pub message: String,
    /// How to answer beforehand, where there is no one to ask.
    pub hint: Option<String>,
}

/// What becomes of CloudFormation's work after an interrupt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// CloudFormation goes on alone.
    Detach,
    /// CloudFormation takes it back.
    Cancel,
    /// It is followed further.
    Wait,
}
