//! `AWS::SQS::QueuePolicy`: the attribute `Policy` of a queue.

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use super::queue::absent;
use super::values::document;
use super::{Context, Provider, Values};
use crate::aws::{AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub(super) struct QueuePolicy;

#[async_trait]
impl Provider for QueuePolicy {
    fn properties(&self) -> &'static [&'static str] {
        &["Queues", "PolicyDocument"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &[]
    }

    fn attributes(&self, _properties: &Value, _place: &Place) -> Attributes {
        Attributes::default()
    }

    fn parent(&self, properties: &Value) -> Option<String> {
        properties.texts("Queues").into_iter().next()
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let url = queue(desired);
        let call = context.clients.sqs.get_queue_attributes().queue_url(&url);
        let call = call.attribute_names(QueueAttributeName::Policy);
        let output = absent(call.send().await.explain("sqs:GetQueueAttributes"))?;
        let policy = output.and_then(|output| output.attributes?.remove(&QueueAttributeName::Policy));
        Ok(policy.filter(|policy| !policy.is_empty()).map(|policy| Observed {
            properties: json!({"Queues": [url], "PolicyDocument": document(&policy)}),
            physical_id: url,
            ownership: Ownership::Child,
        }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        put(context, desired, desired.properties.json("PolicyDocument")).await.map(|_| ())
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        self.create(context, &change.desired).await
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        absent(put(context, desired, String::new()).await).map(|_| ())
    }
}

async fn put(context: &Context<'_>, desired: &Desired, policy: String) -> Result<(), AwsError> {
    let call = context.clients.sqs.set_queue_attributes().queue_url(queue(desired));
    let call = call.attributes(QueueAttributeName::Policy, policy);
    call.send().await.explain("sqs:SetQueueAttributes").map(|_| ())
}

fn queue(desired: &Desired) -> String {
    desired.properties.texts("Queues").into_iter().next().unwrap_or_default()
}
