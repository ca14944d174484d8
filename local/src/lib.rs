//! The embedded local AWS behind `--local`.
//!
//! One process on 127.0.0.1 that implements the operations which the stack, its handler and the usual clients call,
//! with AWS's validation, error codes and eventual consistency. Anything unsupported fails with an explicit error:
//! ignoring it would hide mistakes that AWS rejects.
//!
//! - [`gateway`] converts HTTP into a [`Call`] and a reply back into HTTP, for every protocol AWS uses.
//! - [`services`] hold state and behaviour, one module per AWS service.
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
mod fault;
mod front;
pub mod gateway;
mod history;
mod in_flight;
pub mod outbox;
mod output;
mod past;
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
pub use past::HistoryError;
pub use rest::RestRequest;
