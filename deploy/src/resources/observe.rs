//! Reads the observed state, concurrently.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::{Context, orphans, provider, subscription};
use crate::aws::AwsError;
use crate::plan::{Observations, Observed, Ownership, Plan};
use crate::template::{Desired, Stack};

/// The scope of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The stack, and orphans as far as a few calls find them.
    WithOrphans,
    /// Everything with the stack's tag.
    Everything,
    /// Only the stack's resources.
    StackOnly,
}

/// Reads every resource of a stack, concurrently.
///
/// # Errors
/// The first failed read. A denied read is a failure, never an absence.
pub async fn observe(context: &Context<'_>, stack: &Stack, scope: Scope) -> Result<Observations, AwsError> {
    let reads = stack.resources.iter().map(|desired| read(context, desired));
    let orphans = async {
        match scope {
            Scope::WithOrphans => {
                let addresses = subscription::orphans(context, stack);
                let (found, addresses) = tokio::try_join!(orphans::orphans(context, stack, scope), addresses)?;
                Ok([found, addresses].concat())
            }
            Scope::Everything => orphans::orphans(context, stack, scope).await,
            Scope::StackOnly => Ok(Vec::new()),
        }
    };
    let (resources, orphans) = tokio::try_join!(try_join_all(reads), orphans)?;
    let mut resources: BTreeMap<_, _> = resources.into_iter().flatten().collect();
    disown(stack, &mut resources);
    Ok(Observations { resources, orphans })
}

/// Re-reads the resources that a plan touches.
///
/// # Errors
/// The first read that fails.
pub async fn observe_again(context: &Context<'_>, plan: &Plan) -> Result<Observations, AwsError> {
    let reads = plan.touched().map(|change| read(context, &change.desired));
    let resources = try_join_all(reads).await?.into_iter().flatten().collect();
    Ok(Observations { resources, orphans: Vec::new() })
}

async fn read(context: &Context<'_>, desired: &Desired) -> Result<Option<(String, Observed)>, AwsError> {
    let observed = match provider(&desired.resource_type) {
        Some(provider) => provider.read(context, desired).await?,
        None => None,
    };
    Ok(observed.map(|observed| (desired.logical_id.clone(), observed)))
}

/// A part of a foreign resource is foreign, too: without our tag, policies and settings are not changed either.
fn disown(stack: &Stack, resources: &mut BTreeMap<String, Observed>) {
    for desired in &stack.resources {
        let Some(parent) = parent_of(stack, desired).and_then(|parent| resources.get(&parent.logical_id)) else {
            continue;
        };
        let Ownership::Foreign { why } = &parent.ownership else { continue };
        let why = format!("{why} (it is a part of `{}`)", parent.physical_id);
        if let Some(observed) = resources.get_mut(&desired.logical_id) {
            observed.ownership = Ownership::Foreign { why };
        }
    }
}

fn parent_of<'a>(stack: &'a Stack, desired: &Desired) -> Option<&'a Desired> {
    let parent = provider(&desired.resource_type)?.parent(&desired.properties)?;
    stack
        .resources
        .iter()
        .find(|resource| resource.attributes.reference == parent && desired.needs.contains(&resource.logical_id))
}
