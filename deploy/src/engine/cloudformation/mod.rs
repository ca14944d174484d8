//! The CloudFormation engine: the same template in a change set, with its stack events as progress.

mod bucket;
mod change_set;
mod event_log;
mod operation;
mod planned_change;
mod reason;
mod record;
mod run;
mod stack_state;

pub use bucket::Bucket;
pub use change_set::{Blueprint, ChangeSet};
pub use event_log::EventLog;
pub use operation::{Aim, End, Operation};
pub use planned_change::{NamedReplacement, PlannedChange, lay_over, refuse_replacement, seen, unseen};
pub use record::StackRecord;
pub(super) use run::ThroughCloudFormation;
pub use stack_state::StackState;
