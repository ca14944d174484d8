//! Reading everything at once.

use futures_util::future::try_join_all;

use super::{Context, provider, subscription};
use crate::aws::AwsError;
use crate::plan::Observations;
use crate::template::Stack;

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Also for what the template does not have any more.
    WithSurplus,
    /// Only for the resources of the stack.
    StackOnly,
}

/// Reads every resource of a stack; all reads go out together.
///
/// # Errors
/// The first read that fails. A denied read is a failure, never an absence.
pub async fn observe(context: &Context<'_>, stack: &Stack, scope: Scope) -> Result<Observations, AwsError> {
    let reads = stack.resources.iter().map(|desired| async move {
        let observed = match provider(&desired.resource_type) {
            Some(provider) => provider.read(context, desired).await?,
            None => None,
        };
        Ok(observed.map(|observed| (desired.logical_id.clone(), observed)))
    });
    let surplus = async {
        match scope {
            Scope::WithSurplus => subscription::surplus(context, stack).await,
            Scope::StackOnly => Ok(Vec::new()),
        }
    };
    let (resources, surplus) = tokio::try_join!(try_join_all(reads), surplus)?;
    Ok(Observations { resources: resources.into_iter().flatten().collect(), surplus })
}
