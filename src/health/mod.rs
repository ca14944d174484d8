//! Whether a stack does its work, and whether this machine and account let it be deployed.

mod check;
mod pending;
mod self_check;

pub use check::{Check, CheckStatus};
pub use pending::{LIFETIME_HOURS, Pending, hours_pending};
pub use self_check::self_check;
