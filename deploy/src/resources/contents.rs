//! What a deletion would lose, read right before asking.

use futures_util::future::try_join_all;

use super::{Context, provider};
use crate::aws::AwsError;
use crate::plan::{Action, Change, Plan, holds_data};

/// Marks the deletions and replacements that lose data, where that depends on current contents.
///
/// # Errors
/// The first read that fails.
pub async fn mark_data_loss(context: &Context<'_>, plan: &mut Plan) -> Result<(), AwsError> {
    let going = plan.changes.iter_mut().filter(|change| matches!(change.action, Action::Delete | Action::Replace));
    let looks = going.map(|change| async move {
        change.holds = contents(context, change).await?;
        change.data_loss = change.holds.is_some() || holds_data(&change.desired);
        Ok(())
    });
    try_join_all(looks).await.map(drop)
}

/// Rejects a deletion that would lose contents that arrived after its confirmation.
///
/// # Errors
/// Such contents, and a read that fails.
pub async fn refuse_loss(context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
    if change.data_loss {
        return Ok(());
    }
    match contents(context, change).await? {
        None => Ok(()),
        Some(holds) => {
            let name = change.desired.attributes.reference.rsplit('/').next().unwrap_or_default();
            let message = format!("{name} holds {holds}, which arrived after the deletion was confirmed; it is kept");
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
