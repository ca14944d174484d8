//! Orphans, which the stack created and the template no longer contains: found by name, identified by tag.

mod list;

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use serde_json::json;

use super::{Context, Scope, Values, event_source_mapping, permission, provider};
use crate::aws::AwsError;
use crate::plan::{Observed, Ownership};
use crate::template::{Desired, Stack};

/// The types with names and tags, each with its name property, in deletion order: a rule before its permission and its
/// mapping (which have no name, but a place in the order) and before the function that it invokes, a role after its function.
/// A log group comes after both, because `up` finds them by it.
const TYPES: [(&str, &str); 10] = [
    ("AWS::Events::Rule", "Name"),
    ("AWS::Lambda::Permission", ""),
    ("AWS::Lambda::EventSourceMapping", ""),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::DynamoDB::Table", "TableName"),
];

/// Resources with the stack's tag and a name like the stack's that are not in the template.
pub(super) async fn orphans(
    context: &Context<'_>,
    stack: &Stack,
    scope: Scope,
) -> Result<Vec<(Desired, Observed)>, AwsError> {
    let candidates = list::names(context, scope).await?.into_iter().filter(|(resource_type, name)| {
        !stack.resources.iter().any(|resource| resource.resource_type == *resource_type && is_named(resource, name))
    });
    let reads = candidates.map(|(resource_type, name)| read(context, resource_type, name));
    let permissions = async {
        match scope {
            Scope::WithOrphans => permission::orphans(context, stack).await,
            // Deleted with their function.
            Scope::Everything | Scope::StackOnly => Ok(Vec::new()),
        }
    };
    let mappings = event_source_mapping::orphans(context, stack);
    let (found, permissions, mappings) = tokio::try_join!(try_join_all(reads), permissions, mappings)?;
    let mut found: Vec<_> = found.into_iter().flatten().collect();
    found.retain(|(_, observed)| observed.ownership == Ownership::Ours);
    found.extend([permissions, mappings].concat());
    found.sort_by_key(|(desired, _)| rank(&desired.resource_type));
    Ok(in_order(found))
}

async fn read(
    context: &Context<'_>,
    resource_type: &'static str,
    name: String,
) -> Result<Option<(Desired, Observed)>, AwsError> {
    let (Some(provider), Some((_, property))) =
        (provider(resource_type), TYPES.iter().find(|(one, _)| *one == resource_type))
    else {
        return Ok(None);
    };
    let properties = json!({ *property: name, "Policies": [] });
    let desired = Desired {
        logical_id: format!("{}({name})", resource_type.rsplit(':').next().unwrap_or_default()),
        resource_type: resource_type.to_owned(),
        step: 0,
        attributes: provider.attributes(&properties, context.place),
        properties,
        needs: BTreeSet::new(),
        retain: false,
    };
    match provider.read(context, &desired).await {
        // The policy of a deployer covers the names that this version gives. Another name under the prefix is most likely
        // someone else's, and what may not be looked at may not be deleted either.
        Err(error) if error.is_denied() => Ok(None),
        observed => Ok(observed?.map(|observed| (desired, observed))),
    }
}

/// Makes each type a dependency of those deleted before it.
fn in_order(found: Vec<(Desired, Observed)>) -> Vec<(Desired, Observed)> {
    let ranks: Vec<_> =
        found.iter().map(|(desired, _)| (rank(&desired.resource_type), desired.logical_id.clone())).collect();
    let ordered = found.into_iter().map(|(mut desired, observed)| {
        let later = ranks.iter().filter(|(other, _)| *other > rank(&desired.resource_type));
        desired.needs = later.map(|(_, id)| id.clone()).collect();
        (desired, observed)
    });
    ordered.collect()
}

fn rank(resource_type: &str) -> Option<usize> {
    TYPES.iter().position(|(one, _)| *one == resource_type)
}

fn is_named(resource: &Desired, name: &str) -> bool {
    let property = TYPES.iter().find(|(one, _)| *one == resource.resource_type).map(|(_, property)| *property);
    property.is_some_and(|property| resource.properties.text(property) == name)
}
