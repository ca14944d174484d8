//! Who would get the alert.

use crate::aws::{AwsError, Explain, Session};
use crate::settings::StackName;

/// SNS shows this in the place of the ARN of a subscription that nobody confirmed.
const PENDING: &str = "PendingConfirmation";

/// One email subscription of the stack's topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The address.
    pub address: String,
    /// Whether its link still has to be followed; until then it gets nothing.
    pub pending: bool,
}

/// The email subscriptions of a stack's topic.
///
/// # Errors
/// When AWS refuses, also because the topic is absent.
pub async fn of_topic(
    session: &Session,
    sns: &aws_sdk_sns::Client,
    stack: &StackName,
) -> Result<Vec<Subscription>, AwsError> {
    let topic = session.arn("sns", &stack.alert_topic());
    let mut pages = sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().send();
    let mut subscriptions = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.explain("sns:ListSubscriptionsByTopic")?;
        let emails = page.subscriptions().iter().filter(|subscription| subscription.protocol() == Some("email"));
        subscriptions.extend(emails.map(|subscription| Subscription {
            address: subscription.endpoint().unwrap_or_default().to_owned(),
            pending: subscription.subscription_arn() == Some(PENDING),
        }));
    }
    Ok(subscriptions)
}
