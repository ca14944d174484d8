//! The deployer of `incidentctl`: the desired stack, the plan, and two engines to apply it.
//!
//! From the bottom up; a module imports only those listed before it:
//! - [`template`] turns the CloudFormation template into resources with plain properties. Pure.
//! - [`plan`] compares them with what exists, and decides what to change and why. Pure.
//! - [`cost`] computes the stack's monthly idle cost. Pure.
//! - [`progress`] defines the events of a run.
//! - [`aws`] has the service clients, the meaning of AWS's errors, and the retries of transient ones.
//! - [`package`] builds the zip that both functions run.
//! - [`resources`] reads, creates, updates and deletes, one provider per resource type.
//! - [`backfill`] moves incidents of former versions to the table's indexes of today.
//! - [`engine`] applies a plan, through the services' own APIs or through CloudFormation.
//!
//! This crate never prints, prompts or reads settings: it takes values and reports events. It never imports the local
//! AWS, which tests it.

pub mod aws;
pub mod backfill;
pub mod cost;
pub mod engine;
pub mod package;
pub mod plan;
pub mod progress;
pub mod resources;
pub mod self_check;
pub mod template;
