//! The command line of `incidentctl`.
//!
//! - [`cli`] declares one command per file and runs it.
//! - [`settings`] resolves flags, environment and configuration file once; below it nobody reads them.
//! - [`session`] is the connection to an account, real or local.
//! - [`health`] asks whether a stack does its work.
//! - [`incidents`] reads and changes the records.
//! - [`dead_letters`] reads what was not delivered or handled, and takes it out of its queue.
//! - [`watch`] sends the failures of functions that exist to the bus.
//! - [`deployer`] is what whoever deploys has to be allowed.
//! - [`drill`] makes a failure and follows it.
//! - [`local_session`] finds or starts the local AWS.
//! - [`ui`] is the only code that writes to a stream.

pub mod cli;
pub mod dead_letters;
pub mod deployer;
pub mod drill;
pub mod error;
pub mod health;
pub mod incidents;
pub mod local_session;
pub mod session;
pub mod settings;
pub mod ui;
pub mod watch;
