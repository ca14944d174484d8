//! Names that are taken when a resource is created.

use super::{Context, Provider};
use crate::aws::AwsError;
use crate::plan::{Observed, Ownership};
use crate::template::Desired;

/// Error code for a name with another owner.
const TAKEN: &str = "NameTaken";
/// Error code for an existing resource that cannot be read yet, which is transient.
const UNREADABLE: &str = "NotFound";

/// Continues with a resource that the plan did not find, if it is the stack's: a call whose response was lost created
/// it, or another run. `refusal` is AWS's error that it exists.
///
/// # Errors
/// The resource bears another stack's tag or none, or cannot be read.
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
