//! The command line of `incidentctl`.
//!
//! - [`cli`] declares one command per file and runs it.
//! - [`settings`] resolves flags, environment and configuration file once; below it nobody reads them.
//! - [`aws`] is the connection to an account, real or local.
//! - [`template`] turns the CloudFormation template into resources with plain properties.
//! - [`plan`] compares them with what exists, and says what to change and why.
//! - [`resources`] reads, creates, updates and deletes, one file per resource type.
//! - [`engine`] carries a plan out and tells what happens as events.
//! - [`package`] makes the zip that both functions run.
//! - [`health`] asks whether a stack does its work.
//! - [`incidents`] reads and changes the records.
//! - [`watch`] sends the failures of functions that exist to the bus.
//! - [`deployer`] is what whoever deploys has to be allowed.
//! - [`drill`] makes a failure and follows it.
//! - [`local_session`] finds or starts the local AWS.
//! - [`ui`] is the only code that writes to a stream.

pub mod aws;
pub mod cli;
pub mod deployer;
pub mod drill;
pub mod engine;
pub mod health;
pub mod incidents;
pub mod local_session;
pub mod package;
pub mod plan;
pub mod resources;
pub mod settings;
pub mod template;
pub mod ui;
pub mod watch;
