//! Reading, creating, updating and deleting, one file per resource type.

mod alarm;
mod contents;
mod dashboard;
mod delete_blocker;
mod event_invoke_config;
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

pub use contents::{refuse_loss, weigh};
pub use delete_blocker::{DeleteBlocker, delete_blockers};
pub use observe::{Scope, observe, observe_again};
pub use queue::{COUNTS, messages};
pub use subscription::{Subscription, by_record};
pub use values::Values;

/// What a provider works with.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The service clients.
    pub clients: &'a Clients,
    /// Where the stack lives.
    pub place: &'a Place,
    /// The code of the functions; absent where no function is made or changed.
    pub package: Option<&'a Package>,
    /// Where waiting is told.
    pub progress: Progress,
}

/// Everything about one resource type.
#[async_trait]
pub(crate) trait Provider: Sync {
    /// The properties that are understood. A template that sets another one is refused.
    fn properties(&self) -> &'static [&'static str];

    /// The properties that AWS cannot change on an existing resource.
    fn immutable(&self) -> &'static [&'static str];

    /// The property for which AWS changes the resource by replacement only, if such a one differs.
    fn replacement(&self, change: &Change) -> Option<String> {
        self.immutable().iter().find(|property| change.touches(property)).map(|property| (*property).to_owned())
    }

    /// What `Ref` and `GetAtt` give.
    fn attributes(&self, properties: &Value, place: &Place) -> Attributes;

    /// What `Ref` gives of the resource that this one is a part of; `None` for one that stands by itself.
    fn parent(&self, _properties: &Value) -> Option<String> {
        None
    }

    /// The resource as it is, or `None` when it does not exist.
    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError>;

    /// Makes the resource. Made again after an answer was lost, it must end the same.
    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError>;

    /// Waits until a resource that was made or changed works.
    async fn ready(&self, _context: &Context<'_>, _desired: &Desired) -> Result<(), AwsError> {
        Ok(())
    }

    /// What has to be done, and waited for, after a resource was made or changed; what needs it does not wait for this.
    async fn settle(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        self.ready(context, desired).await
    }

    /// Brings an existing resource to where it should be. Begun again after a call that failed, it must end the same.
    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError>;

    /// What would make AWS refuse the deletion; asked before anything is deleted.
    async fn delete_blockers(&self, _context: &Context<'_>, _change: &Change) -> Result<Vec<DeleteBlocker>, AwsError> {
        Ok(Vec::new())
    }

    /// What is in the resource at this moment that a deletion would lose, in words, where some are empty and some are not:
    /// `3 messages`.
    async fn contents(&self, _context: &Context<'_>, _desired: &Desired) -> Result<Option<String>, AwsError> {
        Ok(None)
    }

    /// Removes the resource, and waits until it is gone where its name is not free before. That it is gone already
    /// is no error.
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

/// Waits until a resource that somebody else made or changed works.
///
/// # Errors
/// When it does not come to work.
pub async fn ready(context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
    match provider(&change.resource_type) {
        Some(provider) => provider.ready(context, &change.desired).await,
        None => Ok(()),
    }
}

/// What `Ref` and `GetAtt` of a resource give, known before it exists.
pub fn naming(resource_type: &str, properties: &Value, place: &Place) -> Option<Attributes> {
    provider(resource_type).map(|provider| provider.attributes(properties, place))
}

/// What a plan has to know of the types that have a provider.
pub const RULES: Rules = Rules {
    replacement: |change| provider(&change.resource_type)?.replacement(change),
    parent: |desired| provider(&desired.resource_type)?.parent(&desired.properties),
};

/// Refuses a stack with a property that no provider understands.
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

/// Puts the package's hash in the place of where CloudFormation would find the code, so that a new build is a
/// difference.
pub fn with_package(stack: &mut Stack, package: &Package) {
    for resource in &mut stack.resources {
        if let Some(code) = resource.properties.get_mut("Code") {
            *code = json!({"Sha256": package.sha256()});
        }
    }
}

/// Attributes of a resource that is referred to by its name and has an ARN.
fn named(name: &str, arn: String) -> Attributes {
    Attributes { reference: name.to_owned(), attributes: BTreeMap::from([("Arn", arn)]) }
}
