//! `AWS::SNS::Topic`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_sns::types::Tag as SnsTag;
use serde_json::{Value, json};

use super::taken::take_up;
use super::values::{incomplete, tag_list};
use super::{Context, Provider, Values};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub(super) struct Topic;

/// The supported settings.
const SETTINGS: [&str; 2] = ["DisplayName", "KmsMasterKeyId"];

#[async_trait]
impl Provider for Topic {
    fn properties(&self) -> &'static [&'static str] {
        &["TopicName", "DisplayName", "KmsMasterKeyId", "Tags"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["TopicName"]
    }

    fn attributes(&self, properties: &Value, place: &Place) -> Attributes {
        let name = properties.text("TopicName");
        let arn = place.arn("sns", &name);
        let attributes = BTreeMap::from([("TopicArn", arn.clone()), ("TopicName", name)]);
        Attributes { reference: arn, attributes }
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let sns = &context.clients.sns;
        let arn = &desired.attributes.reference;
        let settings = async {
            let call = sns.get_topic_attributes().topic_arn(arn);
            call.send().await.explain("sns:GetTopicAttributes").or_absent("NotFound")
        };
        let tags = async {
            let call = sns.list_tags_for_resource().resource_arn(arn);
            let result = call.send().await.explain("sns:ListTagsForResource");
            // Both codes mean that the topic does not exist.
            Ok(result.or_absent("ResourceNotFound").or_absent("NotFound")?.flatten())
        };
        let (settings, tags) = tokio::try_join!(settings, tags)?;
        let Some(settings) = settings.and_then(|output| output.attributes) else { return Ok(None) };
        let tags = tags.and_then(|output| output.tags).unwrap_or_default();
        let tags = || tags.iter().map(|tag| (tag.key(), tag.value()));
        let mut properties = json!({"TopicName": desired.properties.text("TopicName"), "Tags": tag_list(tags())});
        for name in SETTINGS {
            if let Some(value) = settings.get(name) {
                properties[name] = value.as_str().into();
            }
        }
        let ownership = Ownership::by_tags(tags(), &context.place.stack);
        Ok(Some(Observed { physical_id: arn.clone(), properties, ownership }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        let mut call = context.clients.sns.create_topic().name(properties.text("TopicName"));
        for name in SETTINGS {
            if let Some(value) = properties.optional_text(name) {
                call = call.attributes(name, value);
            }
        }
        match call.set_tags(Some(tags(properties)?)).send().await.explain("sns:CreateTopic") {
            Err(error) if error.message.contains("already exists with different") => {
                take_up(self, context, desired, &error).await?;
                // Ours, with other settings: the next plan compares it.
                Err(error)
            }
            result => result.map(|_| ()),
        }
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let sns = &context.clients.sns;
        let arn = &change.desired.attributes.reference;
        let properties = &change.desired.properties;
        for name in SETTINGS.into_iter().filter(|name| change.touches(name)) {
            let call = sns.set_topic_attributes().topic_arn(arn).attribute_name(name);
            call.attribute_value(properties.text(name)).send().await.explain("sns:SetTopicAttributes")?;
        }
        let gone = change.removed("Tags");
        if !gone.is_empty() {
            let call = sns.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
            call.send().await.explain("sns:UntagResource")?;
        }
        if change.touches("Tags") {
            let call = sns.tag_resource().resource_arn(arn).set_tags(Some(tags(properties)?));
            call.send().await.explain("sns:TagResource")?;
        }
        Ok(())
    }

    /// Deletes all subscriptions with it, including pending ones, which no other call removes.
    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let call = context.clients.sns.delete_topic().topic_arn(&desired.attributes.reference);
        call.send().await.explain("sns:DeleteTopic").or_absent("NotFound").map(|_| ())
    }
}

fn tags(properties: &Value) -> Result<Vec<SnsTag>, AwsError> {
    let tags = properties.tags().into_iter();
    tags.map(|tag| SnsTag::builder().key(tag.key).value(tag.value).build().map_err(incomplete("sns:TagResource")))
        .collect()
}
