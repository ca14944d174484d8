//! The command line of `incidentctl`.
//!
//! - [`cli`] declares one command per file and runs it.
//! - [`settings`] resolves flags, environment and configuration file once; below it nobody reads them.
//! - [`aws`] is the connection to an account, real or local.
//! - [`ui`] is the only code that writes to a stream.

pub mod aws;
pub mod cli;
pub mod settings;
pub mod ui;
