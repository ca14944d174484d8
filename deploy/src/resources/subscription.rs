//! `AWS::SNS::Subscription` of email addresses.
//!
//! A subscription is found by topic, protocol and address, never by its ARN: a pending one has none.

mod memory;
mod record;
mod unwanted;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::{Context, Provider, Values};
use crate::aws::{Absent, AwsError, Clients, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place, same_address};

pub use record::by_record;
pub(super) use unwanted::orphans;

pub(super) struct EmailSubscription;

/// A subscription as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// The address.
    pub endpoint: String,
    /// Whether the confirmation is pending.
    pub pending: bool,
    #[serde(skip)]
    protocol: String,
    #[serde(skip)]
    arn: String,
}

impl Subscription {
    /// The email subscriptions of a topic; none without a topic.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn of_topic(clients: &Clients, topic: &str) -> Result<Vec<Self>, AwsError> {
        let mut subscriptions = list(clients, topic).await?;
        subscriptions.retain(|subscription| subscription.protocol == "email");
        Ok(subscriptions)
    }

    /// Its ARN; `None` while it is pending.
    pub fn arn(&self) -> Option<&str> {
        (!self.pending).then_some(self.arn.as_str())
    }

    /// Subscribes the address again, which makes SNS send another confirmation mail.
    ///
    /// # Errors
    /// When SNS refuses.
    pub async fn subscribe_again(&self, clients: &Clients, topic: &str) -> Result<(), AwsError> {
        subscribe(clients, topic, &self.protocol, &self.endpoint).await
    }
}

#[async_trait]
impl Provider for EmailSubscription {
    fn properties(&self) -> &'static [&'static str] {
        &["TopicArn", "Protocol", "Endpoint"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &[]
    }

    fn attributes(&self, _properties: &Value, _place: &Place) -> Attributes {
        Attributes::default()
    }

    fn parent(&self, properties: &Value) -> Option<String> {
        properties.optional_text("TopicArn")
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        if desired.properties.optional_text("Endpoint").is_none() {
            let ids = memory::remembered(context, &desired.properties.text("TopicArn")).await?;
            return Ok(ids.contains(&desired.logical_id).then(|| memory::observed(desired)));
        }
        Ok(find(context, desired).await?.map(|found| Observed {
            physical_id: found.endpoint,
            // Another spelling of the address is no difference.
            properties: desired.properties.clone(),
            ownership: Ownership::Child,
        }))
    }

    /// Recorded before it is created, so that an interrupted run leaves nothing unrecorded.
    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        memory::remember(context, desired).await?;
        let text = |name: &str| desired.properties.text(name);
        subscribe(context.clients, &text("TopicArn"), &text("Protocol"), &text("Endpoint")).await
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        self.create(context, &change.desired).await
    }

    /// A pending subscription cannot be deleted: SNS removes it after 48 hours, or with its topic. It stays recorded
    /// until then, as it may still be confirmed.
    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        match find(context, desired).await? {
            Some(found) if found.pending => return Ok(()),
            Some(found) => {
                let call = context.clients.sns.unsubscribe().subscription_arn(found.arn);
                call.send().await.explain("sns:Unsubscribe").or_absent("NotFound")?;
            }
            None => {}
        }
        memory::forget(context, desired).await
    }
}

async fn subscribe(clients: &Clients, topic: &str, protocol: &str, endpoint: &str) -> Result<(), AwsError> {
    let call = clients.sns.subscribe().topic_arn(topic).protocol(protocol).endpoint(endpoint);
    call.return_subscription_arn(true).send().await.explain("sns:Subscribe").map(|_| ())
}

async fn find(context: &Context<'_>, desired: &Desired) -> Result<Option<Subscription>, AwsError> {
    let properties = &desired.properties;
    let found = list(context.clients, &properties.text("TopicArn")).await?.into_iter();
    Ok(found
        .filter(|found| found.protocol == properties.text("Protocol"))
        .find(|found| same_address(&found.endpoint, &properties.text("Endpoint"))))
}

async fn list(clients: &Clients, topic: &str) -> Result<Vec<Subscription>, AwsError> {
    let mut subscriptions = Vec::new();
    let mut pages = clients.sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = page.explain("sns:ListSubscriptionsByTopic").or_absent("NotFound")? else { break };
        subscriptions.extend(page.subscriptions.unwrap_or_default().into_iter().map(|subscription| {
            let arn = subscription.subscription_arn.unwrap_or_default();
            Subscription {
                endpoint: subscription.endpoint.unwrap_or_default(),
                protocol: subscription.protocol.unwrap_or_default(),
                // Until the address is confirmed, the ARN is `PendingConfirmation`.
                pending: !arn.starts_with("arn:"),
                arn,
            }
        }));
    }
    // SNS lists an unsubscribed address as `Deleted` for a while.
    subscriptions.retain(|subscription| subscription.arn != "Deleted");
    Ok(subscriptions)
}
