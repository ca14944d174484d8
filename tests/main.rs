//! The real command line, handler and local AWS, run as a user would.
//!
//! One binary: linking the AWS SDK once is slow enough. One module per topic; they share `harness`.

mod harness;

mod account;
mod bad_input;
mod cost;
mod dead_letters;
mod deployer;
mod documents;
mod faults;
mod floors;
mod former;
mod functions;
mod guarantees;
mod health;
mod https;
mod incidents;
mod limits;
mod local_access;
mod local_hardship;
mod properties;
mod readme;
mod rules;
mod sample_events;
mod scenarios;
mod screen;
mod snapshots;
mod stack;
mod streams;
mod subscriptions;
mod template;
mod watch;
