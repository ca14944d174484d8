//! What an incident is.
//!
//! Pure functions on values, shared by the handler Lambda and the command line: no clock, no client, no terminal.

pub mod incident;
pub mod pattern;
pub mod severity;
pub mod table;

pub use incident::{Incident, Status, TimelineEntry};
pub use pattern::{Pattern, PatternError};
pub use severity::Severity;
