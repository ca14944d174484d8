//! Lambda through its REST interface, with real processes.

mod fixture;

mod control;
mod data;
mod queue;
mod services;
