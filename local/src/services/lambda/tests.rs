//! Lambda through its REST API, with real processes.

mod fixture;

mod control;
mod data;
mod mapping;
mod polling;
mod queue;
mod services;
