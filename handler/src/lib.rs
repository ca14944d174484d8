//! The Lambda function that records incidents and sends alerts, and the error generator that tests it.
//!
//! Both are one artifact; the function's `Handler` setting selects one. [`handler`] takes an invocation: a batch of
//! messages, a single delivery, a request of the stack itself. The path of an event is in [`flow`]: record
//! ([`mod@record`]), send what that makes due ([`notify`]); classifying it is pure, in `incident-model`.

mod breaker;
pub mod clients;
pub mod clock;
mod concurrently;
mod context;
pub mod delivery;
mod drill;
pub mod error;
mod evidence;
mod existence;
mod fail_open;
mod failures;
pub mod flow;
mod function_name;
mod function_state;
mod functions;
pub mod generator;
mod groups;
pub mod handler;
mod ingest;
mod item;
#[cfg(test)]
mod local_table;
pub mod log;
pub mod loop_guard;
mod mail_budget;
pub mod notify;
mod opened;
mod outbox;
mod panics;
pub mod record;
mod recovery;
mod refused;
pub mod rules_file;
pub mod self_check;
pub mod settings;
mod snapshots;
pub mod store;
mod sweep;
pub mod tls_roots;
mod trail;
