//! Providers: read, create, update and delete, one file per resource type.

mod alarm;
mod contents;
mod dashboard;
mod delete_blocker;
mod event_invoke_config;
mod event_source_mapping;
mod former_code;
mod function;
mod log_group;
mod observe;
mod orphans;
mod permission;
mod queue;
mod queue_policy;
mod role;
mod rule;
mod subscription;
mod table;
mod taken;
mod topic;
mod topic_policy;
mod values;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::aws::{AwsError, Clients};
use crate::package::Package;
use crate::plan::{Change, Observed, Rules};
use crate::progress::Progress;
use crate::template::{Attributes, Desired, Place, Stack, TemplateError};

pub use contents::{mark_data_loss, refuse_loss};
pub use delete_blocker::{DeleteBlocker, delete_blockers};
pub use observe::{Scope, observe, observe_again};
pub use queue::{COUNTS, messages};
pub use subscription::{Subscription, by_record};
pub use table::Former;
pub use values::Values;

/// A provider's context.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The service clients.
    pub clients: &'a Clients,
    /// The stack's location.
    pub place: &'a Place,
    /// The functions' code; absent where no function is created or updated.
    pub package: Option<&'a Package>,
    /// Receives reports of waits.
    pub progress: Progress,
}

/// A resource type's operations.
#[async_trait]
pub(crate) trait Provider: Sync {
    /// The supported properties. A template with any other is rejected.
    fn properties(&self) -> &'static [&'static str];

    /// The properties that AWS cannot change on an existing resource.
    fn immutable(&self) -> &'static [&'static str];

    /// The differing property that forces a replacement, if any.
    fn replacement(&self, change: &Change) -> Option<String> {
        self.immutable().iter().find(|property| change.touches(property)).map(|property| (*property).to_owned())
    }

    /// The values of `Ref` and `GetAtt`.
    fn attributes(&self, properties: &Value, place: &Place) -> Attributes;

    /// Paths that former versions of the template set, and that are removed whatever the tags say.
    fn former(&self) -> &'static [&'static str] {
        &[]
    }

    /// The `Ref` of the parent resource; `None` for a resource without a parent.
    fn parent(&self, _properties: &Value) -> Option<String> {
        None
    }

    /// The observed resource, or `None` if it does not exist.
    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError>;

    /// Creates the resource. Idempotent, because a lost response leads to a second call.
    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError>;

    /// Waits until a created or updated resource works.
    async fn ready(&self, _context: &Context<'_>, _desired: &Desired) -> Result<(), AwsError> {
        Ok(())
    }

    /// Work and waits after a creation or an update; dependents do not wait for it.
    async fn settle(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        self.ready(context, desired).await
    }

    /// Updates an existing resource. Idempotent, because a failed call leads to another attempt.
    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError>;

    /// Obstacles to the deletion; read before anything is deleted.
    async fn delete_blockers(&self, _context: &Context<'_>, _change: &Change) -> Result<Vec<DeleteBlocker>, AwsError> {
        Ok(Vec::new())
    }

    /// The current contents that a deletion would lose, in words, for types whose resources may be empty: `3 messages`.
    async fn contents(&self, _context: &Context<'_>, _desired: &Desired) -> Result<Option<String>, AwsError> {
        Ok(None)
    }

    /// Deletes the resource, and waits for the end of the deletion where the name stays taken until then. An absent
    /// resource is not an error.
    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError>;
}

/// The provider of a type.
pub(crate) fn provider(resource_type: &str) -> Option<&'static dyn Provider> {
    Some(match resource_type {
        "AWS::CloudWatch::Alarm" => &alarm::Alarm,
        "AWS::CloudWatch::Dashboard" => &dashboard::Dashboard,
        "AWS::DynamoDB::Table" => &table::Table,
        "AWS::Events::Rule" => &rule::Rule,
        "AWS::IAM::Role" => &role::Role,
        "AWS::Lambda::EventInvokeConfig" => &event_invoke_config::EventInvokeConfig,
        "AWS::Lambda::EventSourceMapping" => &event_source_mapping::EventSourceMapping,
        "AWS::Lambda::Function" => &function::Function,
        "AWS::Lambda::Permission" => &permission::Permission,
        "AWS::Logs::LogGroup" => &log_group::LogGroup,
        "AWS::SNS::Subscription" => &subscription::EmailSubscription,
        "AWS::SNS::Topic" => &topic::Topic,
        "AWS::SNS::TopicPolicy" => &topic_policy::TopicPolicy,
        "AWS::SQS::Queue" => &queue::Queue,
        "AWS::SQS::QueuePolicy" => &queue_policy::QueuePolicy,
        _ => return None,
    })
}

/// Waits until a resource that CloudFormation created or updated works.
///
/// # Errors
/// When it does not start to work.
pub async fn ready(context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
    match provider(&change.resource_type) {
        Some(provider) => provider.ready(context, &change.desired).await,
        None => Ok(()),
    }
}

/// The values of `Ref` and `GetAtt` for a resource, known before it exists.
pub fn naming(resource_type: &str, properties: &Value, place: &Place) -> Option<Attributes> {
    provider(resource_type).map(|provider| provider.attributes(properties, place))
}

/// The plan's rules for types with a provider.
pub const RULES: Rules = Rules {
    replacement: |change| provider(&change.resource_type)?.replacement(change),
    parent: |desired| provider(&desired.resource_type)?.parent(&desired.properties),
    former: |desired| provider(&desired.resource_type).map_or(&[], |provider| provider.former()),
};

/// Rejects a stack with an unsupported property.
///
/// # Errors
/// The first such property, with its resource.
pub fn check(stack: &Stack) -> Result<(), TemplateError> {
    for resource in &stack.resources {
        let known = provider(&resource.resource_type).map_or(&[][..], |provider| provider.properties());
        let names = resource.properties.as_object().into_iter().flatten().map(|(name, _)| name);
        for name in names {
            if !known.contains(&name.as_str()) {
                return Err(TemplateError::Invalid {
                    place: format!("{}.Properties.{name}", resource.logical_id),
                    problem: format!("this property of {} is not supported", resource.resource_type),
                });
            }
        }
    }
    Ok(())
}

/// Replaces the code's location, which is for CloudFormation, with the package's hash, so that a new build is a
/// difference.
pub fn with_package(stack: &mut Stack, package: &Package) {
    for resource in &mut stack.resources {
        if let Some(code) = resource.properties.get_mut("Code") {
            *code = json!({"Sha256": package.sha256()});
        }
    }
}

/// Attributes of a resource whose `Ref` is its name and that has an ARN.
fn named(name: &str, arn: String) -> Attributes {
    Attributes { reference: name.to_owned(), attributes: BTreeMap::from([("Arn", arn)]) }
}
