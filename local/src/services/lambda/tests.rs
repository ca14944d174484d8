//! Lambda through its REST API, with real processes.

mod fixture;

mod control;
mod data;
mod queue;
mod services;
