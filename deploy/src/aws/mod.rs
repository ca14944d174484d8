//! Calls of AWS: the clients, what an error means, how long to wait for one that passes.

mod clients;
mod error;
mod error_hint;
mod patience;
pub mod wait;

pub use clients::{CallCount, Clients};
pub use error::{Absent, AwsError, Explain, NO_ANSWER};
pub use patience::{added_to as with_patience, retries};
