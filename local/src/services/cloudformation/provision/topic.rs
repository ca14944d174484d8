//! `AWS::SNS::Topic`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::schema::{Property, Shape, TAGS, lacking, of, text};
use super::site::{Site, Tagging};
use super::{Identity, Kind, differs, json_text};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Topic;

/// Properties that are attributes of a topic.
const ATTRIBUTES: [&str; 8] = [
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
];
const PROPERTIES: &[Property] = &[
    of("ArchivePolicy", Shape::Json),
    of("ContentBasedDeduplication", Shape::Flag),
    text("DisplayName"),
    text("FifoThroughputScope"),
    of("FifoTopic", Shape::Flag).replaces(),
    text("KmsMasterKeyId"),
    text("SignatureVersion"),
    TAGS,
    text("TopicName").replaces(),
    text("TracingConfig"),
    lacking("DataProtectionPolicy"),
    lacking("DeliveryStatusLogging"),
    lacking("Subscription"),
];
const TAGGING: Tagging = Tagging {
    service: "sns",
    operations: ["TagResource", "UntagResource"],
    members: ["ResourceArn", "Tags", "TagKeys"],
    is_map: false,
};

#[async_trait]
impl Kind for Topic {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("TopicName")
    }

    fn identity(&self, name: &str, _: &Value, home: &Home) -> Identity {
        let arn = arn::local("sns", &home.region, name);
        Identity::of(&arn, [("TopicArn", arn.clone()), ("TopicName", name.to_owned())])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        Ok(site.find("sns", "GetTopicAttributes", json!({"TopicArn": resource.physical_id})).await?.is_some())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let properties = &resource.properties;
        let attributes =
            ATTRIBUTES.into_iter().filter_map(|name| Some((name.to_owned(), json_text(properties, name)?.into())));
        let name = resource.physical_id.rsplit(':').next();
        let attributes: Map<String, Value> = attributes.collect();
        let input = json!({"Name": name, "Attributes": attributes, "Tags": TAGGING.form(properties)});
        site.call("sns", "CreateTopic", input).await?;
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let arn = after.physical_id.as_str();
        let touched = ATTRIBUTES.into_iter().filter(|name| differs(&before.properties, &after.properties, name));
        for name in touched {
            let value = json_text(&after.properties, name).unwrap_or_default();
            let input = json!({"TopicArn": arn, "AttributeName": name, "AttributeValue": value});
            site.call("sns", "SetTopicAttributes", input).await?;
        }
        TAGGING.update(site, arn, &before.properties, &after.properties).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        site.find("sns", "DeleteTopic", json!({"TopicArn": resource.physical_id})).await.map(drop)
    }
}
