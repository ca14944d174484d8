//! Follows the links of confirmation mails, as their recipients would.

use std::collections::BTreeSet;
use std::path::Path;

use incident_local::outbox::{self, MailKind, StoredMail};

use super::{LocalError, get};
use incident_deploy::aws::{AwsError, Explain};

/// What SNS reports instead of the ARN of an unconfirmed subscription.
const PENDING: &str = "PendingConfirmation";

/// The outcome for one pending subscription.
#[derive(Debug)]
pub struct Confirmation {
    /// The address.
    pub address: String,
    /// The topic.
    pub topic: String,
    /// Why it is still pending; `None` if it is confirmed now.
    pub failure: Option<String>,
}

/// Follows the link of the newest confirmation mail of every pending email subscription. Never follows links that lead
/// outside the local AWS.
///
/// # Errors
/// If the subscriptions or the mails cannot be read.
pub async fn confirm_emails(
    sns: &aws_sdk_sns::Client,
    endpoint: &str,
    outbox: &Path,
) -> Result<Vec<Confirmation>, LocalError> {
    let pending = pending(sns).await?;
    let mails = outbox::read(outbox)?;
    let mut confirmations = Vec::new();
    for (topic, address) in pending {
        let failure = match newest_link(&mails, &topic, &address) {
            Some(link) => get::follow(link, endpoint).await.err().map(|error| error.to_string()),
            None => Some("the outbox has no confirmation mail for it".to_owned()),
        };
        confirmations.push(Confirmation { address, topic, failure });
    }
    Ok(confirmations)
}

/// Topic and address of each pending email subscription.
async fn pending(sns: &aws_sdk_sns::Client) -> Result<BTreeSet<(String, String)>, AwsError> {
    let mut pages = sns.list_subscriptions().into_paginator().send();
    let mut pending = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.explain("sns:ListSubscriptions")?;
        pending.extend(
            page.subscriptions()
                .iter()
                .filter(|one| one.protocol() == Some("email") && one.subscription_arn() == Some(PENDING))
                .filter_map(|one| Some((one.topic_arn()?.to_owned(), one.endpoint()?.to_owned()))),
        );
    }
    Ok(pending)
}

fn newest_link<'a>(mails: &'a [StoredMail], topic: &str, address: &str) -> Option<&'a str> {
    let asks = |mail: &&StoredMail| {
        mail.kind.as_deref() == Some(MailKind::CONFIRMATION)
            && mail.topic.as_deref() == Some(topic)
            && mail.to.eq_ignore_ascii_case(address)
    };
    mails.iter().rev().find(asks)?.link.as_deref()
}
