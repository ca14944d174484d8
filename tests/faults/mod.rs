//! Fault tolerance: every call of the deployer is broken in each way, and a plain second run repairs it.

mod case;
mod concurrency;
mod interrupt;
mod matrix;
mod newness;
mod phase;
mod resumption;
mod rollback;
mod taken;
mod worker;
