//! The handler's guarantees on the protocols of AWS: the real clients, and the real program, on a local AWS in this
//! process. The number in a test's name is the guarantee's; `docs/guarantees.md` lists all tests.

mod account;
mod analysis;
mod batches;
mod binary;
mod cost;
mod crashes;
mod events;
mod faults;
mod fingerprints;
mod order;
mod protocol;
mod refusals;
mod runtime_api;
mod sequences;
mod situation;
mod too_large;
