//! The embedded local AWS behind `--local`.
//!
//! One process on 127.0.0.1 that answers the operations the stack, its handler and the usual clients of such a
//! stack call, with AWS's own validation, error codes and eventual consistency. What it does not know answers with
//! an error that says so: silence would hide a mistake that AWS would punish.
//!
//! - [`gateway`] turns HTTP into a [`Call`] and a reply back into HTTP, for every protocol AWS speaks.
//! - [`services`] hold the state and the behaviour, one module per AWS service.
//! - [`policy`] evaluates IAM and resource policies for both.
//! - [`daemon`] starts, finds and stops the background process.

pub mod arn;
mod call;
mod clock;
mod cloud;
pub mod config;
mod credentials;
pub mod daemon;
mod error;
mod front;
pub mod gateway;
mod in_flight;
pub mod outbox;
mod output;
pub mod policy;
mod private;
mod rest;
pub mod services;

pub use call::{Call, Input, Principal};
pub use clock::Clock;
pub use cloud::Cloud;
pub use config::LocalConfig;
pub use credentials::AccessKey;
pub use error::ApiError;
pub use in_flight::InFlight;
pub use output::Output;
pub use rest::RestRequest;
