//! The Lambda function that records incidents and sends alerts, and the error generator that tests it.
//!
//! Both are one artifact; the function's `Handler` setting selects one. The path of an event is in [`flow`]: classify
//! (pure, in `incident-model`), record ([`mod@record`]), send what that makes due ([`notify`]).

mod backoff;
pub mod clients;
pub mod clock;
pub mod delivery;
mod drill;
mod fail_open;
pub mod flow;
mod functions;
pub mod generator;
pub mod log;
pub mod loop_guard;
pub mod notify;
mod outbox;
pub mod record;
mod recovery;
pub mod rules_file;
pub mod self_check;
pub mod settings;
pub mod store;
pub mod sweep;
pub mod tls_roots;
