//! Calling AWS: clients, errors and their meaning, retries.

mod clients;
mod download;
mod error;
mod error_hint;
mod patience;
pub mod wait;

pub use clients::{CallCount, Clients};
pub use error::{Absent, AwsError, Explain, NO_ANSWER};
pub use patience::{added_to as with_patience, retries};
