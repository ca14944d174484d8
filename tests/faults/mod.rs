//! Fault tolerance: every call of the deployer is broken in each way, and a plain second run repairs it.

mod case;
mod concurrency;
mod eventual_consistency;
mod interrupt;
mod matrix;
mod name_conflicts;
mod phase;
mod resumption;
mod rollback;
mod worker;
