//! The guarantees of the handler, proved on the stack as it is deployed: the real rules, the real handler, the local
//! AWS. The number in a test's name is the guarantee's; `docs/guarantees.md` lists all tests.

mod bus;
mod garbage;
mod lost;
mod memory;
mod secrets;
mod stack;
mod storm;
