//! Applies a plan, through the services' own APIs or through CloudFormation.
//!
//! Both engines implement [`DeployEngine`]. Nothing here prints: questions go through [`Confirm`], progress is reported
//! as events.

mod choice;
pub mod cloudformation;
mod confirm;
mod critical_path;
mod deployment;
mod direct;
mod error;
mod interrupt;
mod job;
mod kind;
#[cfg(test)]
mod properties;
mod retirement;
mod stack_arns;
#[cfg(test)]
mod tests;

pub use choice::{OwnedByOther, any_is_ours, choose, has_resources};
pub use confirm::{Confirm, Declined, Wish};
pub use critical_path::{Link, critical_path};
pub use deployment::{Deployment, Survey};
pub use direct::{Finished, Outcome, apply};
pub use error::{EngineError, Rollback};
pub use interrupt::Interrupt;
pub use job::{Changed, DeployEngine, Job, Removal};
pub use kind::Engine;
