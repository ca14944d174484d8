//! The handler's guarantees, proved on the stack as deployed: real rules, real handler, local AWS. Test names contain
//! the guarantee's number; `docs/guarantees.md` lists all tests.

mod analysis;
mod bus;
mod evidence;
mod flood;
mod garbage;
mod lost;
mod memory;
mod outage;
mod role;
mod secrets;
mod stack;
mod storm;
