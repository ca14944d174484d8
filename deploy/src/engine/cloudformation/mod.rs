//! Through CloudFormation: the same template in a change set, and its stack events as progress.

mod bucket;
mod change_set;
mod foreseen;
mod operation;
mod reason;
mod record;
mod run;
mod standing;
mod story;

pub use bucket::Bucket;
pub use change_set::{Blueprint, ChangeSet};
pub use foreseen::{Foreseen, NamedReplacement, lay_over, refuse_replacement, seen, unseen};
pub use operation::{Aim, End, Operation};
pub use record::StackRecord;
pub(super) use run::ThroughCloudFormation;
pub use standing::Standing;
pub use story::Story;
