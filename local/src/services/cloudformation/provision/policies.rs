//! `AWS::SNS::TopicPolicy` and `AWS::SQS::QueuePolicy`: an attribute of topics or queues. Whatever policy was there before
//! is replaced.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::schema::{LIST_OF_TEXTS, Property, Shape, of};
use super::site::Site;
use super::{Identity, Kind, json_text, list};
use crate::config::ACCOUNT;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// The policy of several holders of one kind.
pub(super) struct Policy {
    properties: &'static [Property],
    /// The property that lists the holders.
    holders: &'static str,
    service: &'static str,
    operation: &'static str,
    input: fn(holder: &str, policy: &str) -> Value,
    /// What a holder has without one.
    default: fn(holder: &str) -> String,
}

/// `AWS::SNS::TopicPolicy`.
pub(super) const OF_TOPICS: Policy = Policy {
    properties: &[of("PolicyDocument", Shape::Json).required(), of("Topics", LIST_OF_TEXTS).required()],
    holders: "Topics",
    service: "sns",
    operation: "SetTopicAttributes",
    input: |topic, policy| json!({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy}),
    default: policy_of_new_topic,
};

/// `AWS::SQS::QueuePolicy`.
pub(super) const OF_QUEUES: Policy = Policy {
    properties: &[of("PolicyDocument", Shape::Json).required(), of("Queues", LIST_OF_TEXTS).required()],
    holders: "Queues",
    service: "sqs",
    operation: "SetQueueAttributes",
    input: |queue, policy| json!({"QueueUrl": queue, "Attributes": {"Policy": policy}}),
    default: |_| String::new(),
};

/// What SNS gives every topic, which is never without a policy.
fn policy_of_new_topic(topic: &str) -> String {
    let actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    let statement = json!({
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": actions,
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
    });
    json!({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}).to_string()
}

impl Policy {
    fn holders<'a>(&self, resource: &'a Resource) -> Vec<&'a str> {
        list(&resource.properties, self.holders).iter().filter_map(Value::as_str).collect()
    }

    /// Takes the policy from holders; those that are gone have none.
    async fn take(&self, site: &Site<'_>, holders: impl Iterator<Item = &str>) -> Result<(), Refusal> {
        for holder in holders {
            site.find(self.service, self.operation, (self.input)(holder, &(self.default)(holder))).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Kind for Policy {
    fn properties(&self) -> &'static [Property] {
        self.properties
    }

    fn is_part(&self) -> bool {
        true
    }

    fn identity(&self, name: &str, _: &Value, _: &Home) -> Identity {
        Identity::of(name, [("Id", name.to_owned())])
    }

    async fn exists(&self, _: &Site<'_>, _: &Resource) -> Result<bool, Refusal> {
        Ok(false)
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let policy = json_text(&resource.properties, "PolicyDocument").unwrap_or_default();
        for holder in self.holders(resource) {
            site.call(self.service, self.operation, (self.input)(holder, &policy)).await?;
        }
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        self.create(site, after).await?;
        let kept = self.holders(after);
        self.take(site, self.holders(before).into_iter().filter(|holder| !kept.contains(holder))).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        self.take(site, self.holders(resource).into_iter()).await
    }
}
