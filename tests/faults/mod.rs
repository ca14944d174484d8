//! The deployer survives anything: each call that it makes is broken in each way, and a plain second run repairs it.

mod case;
mod concurrency;
mod interrupt;
mod matrix;
mod phase;
mod rollback;
mod worker;
