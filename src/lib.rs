//! The `incidentctl` command line.
//!
//! - [`cli`] declares one command per file and runs it.
//! - [`settings`] resolves flags, environment and configuration file once; nothing below it reads them.
//! - [`session`] is the connection to an account, real or local.
//! - [`handler_control`] has the handler do something now.
//! - [`health`] checks whether a stack works.
//! - [`incidents`] reads and changes the records.
//! - [`dead_letters`] reads events that were not delivered or handled, and removes them from their queue.
//! - [`subscriptions`] says who gets alerts, and confirms an address.
//! - [`watch`] sends the failures of existing functions to the bus.
//! - [`deployer`] is the IAM policy a deployer needs.
//! - [`drill`] causes a test failure and follows it.
//! - [`request_lines`] reads the log of a failed request.
//! - [`local_session`] finds or starts the local AWS.
//! - [`ui`] is the only module that writes to a stream.

pub mod cli;
pub mod dead_letters;
pub mod deployer;
pub mod drill;
pub mod error;
pub mod handler_control;
pub mod health;
pub mod incidents;
pub mod local_session;
pub mod request_lines;
pub mod session;
pub mod settings;
pub mod subscriptions;
pub mod ui;
pub mod watch;
