//! `AWS::SNS::TopicPolicy`: the attribute `Policy` of a topic.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::values::document;
use super::{Context, Provider, Values};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub(super) struct TopicPolicy;

/// The id of SNS's default policy, which every topic without its own has.
const DEFAULT_POLICY: &str = "__default_policy_ID";

#[async_trait]
impl Provider for TopicPolicy {
    fn properties(&self) -> &'static [&'static str] {
        &["Topics", "PolicyDocument"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &[]
    }

    fn attributes(&self, _properties: &Value, _place: &Place) -> Attributes {
        Attributes::default()
    }

    fn parent(&self, properties: &Value) -> Option<String> {
        properties.texts("Topics").into_iter().next()
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let topic = topic(desired);
        let call = context.clients.sns.get_topic_attributes().topic_arn(&topic);
        let output = call.send().await.explain("sns:GetTopicAttributes").or_absent("NotFound")?;
        let policy = output.and_then(|output| output.attributes?.remove("Policy")).map(|text| document(&text));
        Ok(policy.filter(|policy| policy.text("Id") != DEFAULT_POLICY).map(|policy| Observed {
            properties: json!({"Topics": [topic], "PolicyDocument": policy}),
            physical_id: topic,
            ownership: Ownership::Child,
        }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let call = context.clients.sns.set_topic_attributes().topic_arn(topic(desired)).attribute_name("Policy");
        let call = call.attribute_value(desired.properties.json("PolicyDocument"));
        call.send().await.explain("sns:SetTopicAttributes").map(|_| ())
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        self.create(context, &change.desired).await
    }

    /// A no-op: a topic always has a policy, and this one is deleted with its topic.
    async fn delete(&self, _context: &Context<'_>, _desired: &Desired) -> Result<(), AwsError> {
        Ok(())
    }
}

fn topic(desired: &Desired) -> String {
    desired.properties.texts("Topics").into_iter().next().unwrap_or_default()
}
