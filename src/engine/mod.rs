//! Carries a plan out. What happens is told as events; nothing here prints.

mod direct;
mod event;
mod interrupt;
#[cfg(test)]
mod tests;

pub use direct::{Outcome, apply};
pub use event::{Event, Failure, Progress};
pub use interrupt::Interrupt;
