//! Obstacles to deletions, found before the first one.

use futures_util::future::try_join_all;

use super::{Context, provider};
use crate::aws::AwsError;
use crate::plan::{Action, Plan};

/// An obstacle to a resource's deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteBlocker {
    /// The obstacle, with its resource.
    pub what: String,
    /// How to remove it.
    pub remedy: String,
}

/// The obstacles to a plan's deletions and replacements.
///
/// # Errors
/// The first read that fails.
pub async fn delete_blockers(context: &Context<'_>, plan: &Plan) -> Result<Vec<DeleteBlocker>, AwsError> {
    let going = plan.changes.iter().filter(|change| matches!(change.action, Action::Delete | Action::Replace));
    let questions = going.map(|change| async move {
        match provider(&change.resource_type) {
            Some(provider) => provider.delete_blockers(context, change).await,
            None => Ok(Vec::new()),
        }
    });
    Ok(try_join_all(questions).await?.concat())
}
