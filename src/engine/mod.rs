//! Carries a plan out. What happens is told as events; nothing here prints.

mod choice;
pub mod cloudformation;
mod critical_path;
mod direct;
mod event;
mod interrupt;
mod own;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use choice::{OwnedByOther, any_is_ours, choose, has_resources};
pub use critical_path::{Link, critical_path};
pub use direct::{Finished, Outcome, apply};
pub use event::{Event, Failure, Progress};
pub use interrupt::Interrupt;
