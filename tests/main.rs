//! The real command line, the real handler and the local AWS, run as a user would run them.
//!
//! One binary: linking the AWS SDK once is slow enough. Each module is one question; `harness` is what they share.

mod harness;

mod account;
mod bad_input;
mod dead_letters;
mod deployer;
mod faults;
mod floors;
mod guarantees;
mod health;
mod https;
mod incidents;
mod local_access;
mod properties;
mod readme;
mod rules;
mod sample_events;
mod stack;
mod streams;
mod template;
mod watch;
