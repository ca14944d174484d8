//! `AWS::SQS::Queue`.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use super::taken::take_up;
use super::values::{document, tag_list};
use super::{Context, Provider, Values};
use crate::aws::wait::retry;
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub(super) struct Queue;

/// The supported settings, with SQS's names and defaults.
const SETTINGS: [(&str, QueueAttributeName, &str); 6] = [
    ("MessageRetentionPeriod", QueueAttributeName::MessageRetentionPeriod, "345600"),
    ("KmsMasterKeyId", QueueAttributeName::KmsMasterKeyId, ""),
    ("SqsManagedSseEnabled", QueueAttributeName::SqsManagedSseEnabled, "false"),
    ("VisibilityTimeout", QueueAttributeName::VisibilityTimeout, "30"),
    ("RedrivePolicy", QueueAttributeName::RedrivePolicy, ""),
    ("RedriveAllowPolicy", QueueAttributeName::RedriveAllowPolicy, ""),
];

#[async_trait]
impl Provider for Queue {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "QueueName",
            "MessageRetentionPeriod",
            "KmsMasterKeyId",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
            "RedrivePolicy",
            "RedriveAllowPolicy",
            "Tags",
        ]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["QueueName"]
    }

    fn attributes(&self, properties: &Value, place: &Place) -> Attributes {
        let name = properties.text("QueueName");
        let attributes = BTreeMap::from([("Arn", place.arn("sqs", &name)), ("QueueName", name.clone())]);
        Attributes { reference: place.queue_url(&name), attributes }
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let sqs = &context.clients.sqs;
        let url = &desired.attributes.reference;
        let settings = async {
            let call = sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
            absent(call.send().await.explain("sqs:GetQueueAttributes"))
        };
        let tags = async { absent(sqs.list_queue_tags().queue_url(url).send().await.explain("sqs:ListQueueTags")) };
        let (settings, tags) = tokio::try_join!(settings, tags)?;
        let Some(settings) = settings else { return Ok(None) };
        let settings = settings.attributes.unwrap_or_default();
        let tags = tags.and_then(|output| output.tags).unwrap_or_default();
        let tags = || tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let mut properties = json!({"QueueName": desired.properties.text("QueueName"), "Tags": tag_list(tags())});
        for (name, attribute, _) in SETTINGS {
            if let Some(value) = settings.get(&attribute) {
                properties[name] = match name.ends_with("Policy") {
                    true => document(value),
                    false => value.as_str().into(),
                };
            }
        }
        let ownership = Ownership::by_tags(tags(), &context.place.stack);
        Ok(Some(Observed { physical_id: url.clone(), properties, ownership }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        retry(&context.progress, || async {
            let call = context.clients.sqs.create_queue().queue_name(properties.text("QueueName"));
            let call = call.set_attributes(Some(settings(properties))).set_tags(Some(tags(properties)));
            match call.send().await.explain("sqs:CreateQueue") {
                Err(error) if error.is("QueueNameExists") || error.is("QueueAlreadyExists") => {
                    take_up(self, context, desired, &error).await?;
                    // Ours, with other settings: the next plan compares it.
                    Err(error)
                }
                result => result.map(|_| ()),
            }
        })
        .await
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let sqs = &context.clients.sqs;
        let properties = &change.desired.properties;
        let url = &change.desired.attributes.reference;
        let changed: HashMap<_, _> = SETTINGS
            .into_iter()
            .filter(|(name, _, _)| change.touches(name))
            .map(|(name, attribute, default)| (attribute, setting(properties, name).unwrap_or(default.to_owned())))
            .collect();
        if !changed.is_empty() {
            let call = sqs.set_queue_attributes().queue_url(url).set_attributes(Some(changed));
            call.send().await.explain("sqs:SetQueueAttributes")?;
        }
        let gone = change.removed("Tags");
        if !gone.is_empty() {
            let call = sqs.untag_queue().queue_url(url).set_tag_keys(Some(gone));
            call.send().await.explain("sqs:UntagQueue")?;
        }
        if change.touches("Tags") {
            let call = sqs.tag_queue().queue_url(url).set_tags(Some(tags(properties)));
            call.send().await.explain("sqs:TagQueue")?;
        }
        Ok(())
    }

    async fn contents(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<String>, AwsError> {
        let call = context.clients.sqs.get_queue_attributes().queue_url(&desired.attributes.reference);
        let call = call.set_attribute_names(Some(COUNTS.to_vec()));
        let answer = absent(call.send().await.explain("sqs:GetQueueAttributes"))?;
        let messages = answer.and_then(|answer| answer.attributes).map(|attributes| messages(&attributes));
        Ok(match messages {
            None | Some(0) => None,
            Some(1) => Some("1 message".to_owned()),
            Some(number) => Some(format!("{number} messages")),
        })
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let call = context.clients.sqs.delete_queue().queue_url(&desired.attributes.reference);
        absent(call.send().await.explain("sqs:DeleteQueue")).map(|_| ())
    }
}

/// The message counts of a queue. They are eventually consistent, within about a minute (API reference,
/// `GetQueueAttributes`).
pub const COUNTS: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
];

/// All messages of a queue: visible, in flight, and delayed.
pub fn messages(attributes: &HashMap<QueueAttributeName, String>) -> u64 {
    COUNTS.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok()).sum()
}

/// `None` for a queue that does not exist.
pub(super) fn absent<T>(result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    result.or_absent("NonExistentQueue")
}

fn settings(properties: &Value) -> HashMap<QueueAttributeName, String> {
    let given = |(name, attribute, _)| Some((attribute, setting(properties, name)?));
    SETTINGS.into_iter().filter_map(given).collect()
}

/// A setting as the text that SQS takes: policies are JSON.
fn setting(properties: &Value, name: &str) -> Option<String> {
    properties.get(name).map(|_| properties.json(name))
}

fn tags(properties: &Value) -> HashMap<String, String> {
    properties.tags().into_iter().map(|tag| (tag.key, tag.value)).collect()
}
