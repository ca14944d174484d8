//! The deployer of `incidentctl`: what the stack should be, what to change, and the two ways to change it.
//!
//! From the ground up; a module imports only from those above it:
//! - [`template`] turns the CloudFormation template into resources with plain properties. Pure.
//! - [`plan`] compares them with what exists, and says what to change and why. Pure.
//! - [`cost`] is what a stack costs while nothing fails. Pure.
//! - [`progress`] is what happens meanwhile, as events.
//! - [`aws`] has the service clients, the meaning of AWS's errors, and the waiting for those that pass.
//! - [`package`] makes the zip that both functions run.
//! - [`resources`] reads, creates, updates and deletes, one provider per resource type.
//! - [`engine`] carries a plan out, through the services' own APIs or through CloudFormation.
//!
//! This crate never prints, never asks and never reads settings: it is given values, and reports events. It knows nothing
//! of the local AWS, which examines it.

pub mod aws;
pub mod cost;
pub mod engine;
pub mod package;
pub mod plan;
pub mod progress;
pub mod resources;
pub mod template;
