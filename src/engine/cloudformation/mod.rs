//! Through CloudFormation: the same template in a change set, and its stack events as progress.

mod record;
mod standing;

pub use record::StackRecord;
pub use standing::Standing;
