//! What a deletion would lose, looked up at the moment of asking.

use futures_util::future::try_join_all;

use super::{Context, provider};
use crate::aws::AwsError;
use crate::plan::{Action, Change, Plan, holds_data};

/// Marks the deletions and replacements of a plan that lose data, as far as that depends on what is in the resource now.
///
/// # Errors
/// The first read that fails.
pub async fn weigh(context: &Context<'_>, plan: &mut Plan) -> Result<(), AwsError> {
    let going = plan.changes.iter_mut().filter(|change| matches!(change.action, Action::Delete | Action::Replace));
    let looks = going.map(|change| async move {
        change.holds = contents(context, change).await?;
        change.data_loss = change.holds.is_some() || holds_data(&change.desired);
        Ok(())
    });
    try_join_all(looks).await.map(drop)
}

/// Refuses a deletion that would lose what came into the resource after the deletion was agreed to.
///
/// # Errors
/// When something did, and a read that fails.
pub async fn refuse_loss(context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
    if change.data_loss {
        return Ok(());
    }
    match contents(context, change).await? {
        None => Ok(()),
        Some(holds) => {
            let name = change.desired.attributes.reference.rsplit('/').next().unwrap_or_default();
            let message = format!("{name} holds {holds}, which came after the deletion was agreed to; it stays");
            Err(AwsError::new("sqs:DeleteQueue", "QueueNotEmpty", message))
        }
    }
}

async fn contents(context: &Context<'_>, change: &Change) -> Result<Option<String>, AwsError> {
    match provider(&change.resource_type) {
        Some(provider) => provider.contents(context, &change.desired).await,
        None => Ok(None),
    }
}
