//! `AWS::SQS::Queue`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::schema::{Property, Shape, TAGS, of, text};
use super::site::{Site, Tagging};
use super::{Identity, Kind, differs, json_text};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Queue;

/// Properties that are attributes of a queue, and what each is without one (SQS API reference).
const ATTRIBUTES: [(&str, &str); 14] = [
    ("ContentBasedDeduplication", "false"),
    ("DeduplicationScope", "queue"),
    ("DelaySeconds", "0"),
    ("FifoQueue", "false"),
    ("FifoThroughputLimit", "perQueue"),
    ("KmsDataKeyReusePeriodSeconds", "300"),
    ("KmsMasterKeyId", ""),
    ("MaximumMessageSize", "1048576"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("RedriveAllowPolicy", ""),
    ("RedrivePolicy", ""),
    ("SqsManagedSseEnabled", "false"),
    ("VisibilityTimeout", "30"),
];
const PROPERTIES: &[Property] = &[
    of("ContentBasedDeduplication", Shape::Flag),
    text("DeduplicationScope"),
    of("DelaySeconds", Shape::Whole),
    of("FifoQueue", Shape::Flag).replaces(),
    text("FifoThroughputLimit"),
    of("KmsDataKeyReusePeriodSeconds", Shape::Whole),
    text("KmsMasterKeyId"),
    of("MaximumMessageSize", Shape::Whole),
    of("MessageRetentionPeriod", Shape::Whole),
    text("QueueName").replaces(),
    of("ReceiveMessageWaitTimeSeconds", Shape::Whole),
    of("RedriveAllowPolicy", Shape::Json),
    of("RedrivePolicy", Shape::Json),
    of("SqsManagedSseEnabled", Shape::Flag),
    TAGS,
    of("VisibilityTimeout", Shape::Whole),
];
const TAGGING: Tagging = Tagging {
    service: "sqs",
    operations: ["TagQueue", "UntagQueue"],
    members: ["QueueUrl", "Tags", "TagKeys"],
    is_map: true,
};

#[async_trait]
impl Kind for Queue {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("QueueName")
    }

    fn identity(&self, name: &str, _: &Value, home: &Home) -> Identity {
        let url = format!("{}/{}/{name}", home.endpoint, home.account);
        let arn = arn::local("sqs", &home.region, name);
        Identity::of(&url, [("Arn", arn), ("QueueName", name.to_owned()), ("QueueUrl", url.clone())])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        let input = json!({"QueueUrl": resource.physical_id, "AttributeNames": ["QueueArn"]});
        Ok(site.find("sqs", "GetQueueAttributes", input).await?.is_some())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let properties = &resource.properties;
        let attribute = |(name, _): (&str, &str)| Some((name.to_owned(), Value::from(json_text(properties, name)?)));
        let attributes: Map<String, Value> = ATTRIBUTES.into_iter().filter_map(attribute).collect();
        let name = resource.physical_id.rsplit('/').next();
        // Of all operations of SQS only this one writes its tags small.
        let input = json!({"QueueName": name, "Attributes": attributes, "tags": TAGGING.form(properties)});
        site.call("sqs", "CreateQueue", input).await?;
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let url = after.physical_id.as_str();
        let touched = ATTRIBUTES.into_iter().filter(|(name, _)| differs(&before.properties, &after.properties, name));
        let value = |(name, default): (&str, &str)| {
            (name.to_owned(), json_text(&after.properties, name).unwrap_or_else(|| default.to_owned()).into())
        };
        let attributes: Map<String, Value> = touched.map(value).collect();
        if !attributes.is_empty() {
            site.call("sqs", "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": attributes})).await?;
        }
        TAGGING.update(site, url, &before.properties, &after.properties).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        site.find("sqs", "DeleteQueue", json!({"QueueUrl": resource.physical_id})).await.map(drop)
    }
}
