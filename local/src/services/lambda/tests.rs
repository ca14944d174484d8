//! Lambda through its REST API, with real processes.

mod fixture;

mod alias;
mod control;
mod data;
mod logging;
mod mapping;
mod polling;
mod queue;
mod services;
