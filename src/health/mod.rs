//! Whether a stack works, and whether this machine and account can deploy one.

mod check;
mod pending;

pub use check::{Check, CheckStatus};
pub use pending::{CONFIRM_HINT, LIFETIME_HOURS, Pending, hours_pending};
