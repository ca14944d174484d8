//! Names that exist already when something is made.

use super::{Context, Provider};
use crate::aws::AwsError;
use crate::plan::{Observed, Ownership};
use crate::template::Desired;

/// The code of a refusal because a name is somebody else's.
const TAKEN: &str = "NameTaken";
/// The code of what exists and cannot be read yet, which passes.
const UNREADABLE: &str = "NotFound";

/// Takes up what exists though the plan did not find it, if it is the stack's: a call whose answer was lost has made it,
/// or another run. `refusal` is AWS's answer that it exists.
///
/// # Errors
/// What exists bears another tag than the stack's, or none; it cannot be read.
pub(super) async fn take_up(
    provider: &dyn Provider,
    context: &Context<'_>,
    desired: &Desired,
    refusal: &AwsError,
) -> Result<Observed, AwsError> {
    let (code, message) = match provider.read(context, desired).await? {
        Some(Observed { ownership: Ownership::Foreign { why }, physical_id: name, .. }) => {
            (TAKEN, format!("{} `{name}` exists, but does not belong to this stack: {why}", desired.resource_type))
        }
        Some(found) => return Ok(found),
        None => (UNREADABLE, format!("{}, but it cannot be found", refusal.message.trim_end_matches('.'))),
    };
    Err(AwsError { code: code.to_owned(), message, ..refusal.clone() })
}
