//! `AWS::Lambda::EventSourceMapping` of a queue.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::schema::{LIST_OF_TEXTS, Property, Shape, TAGS, lacking, of, text as text_property};
use super::site::{Site, Tagging};
use super::{Identity, Kind, differs, list, only, text, with};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct EventSourceMapping;

const FILTERS: Shape = Shape::Structure(&[of("Filters", Shape::List(&Shape::Structure(&[text_property("Pattern")])))]);
const SCALING: Shape = Shape::Structure(&[of("MaximumConcurrency", Shape::Whole)]);
const PROPERTIES: &[Property] = &[
    of("BatchSize", Shape::Whole),
    of("Enabled", Shape::Flag),
    text_property("EventSourceArn").replaces(),
    of("FilterCriteria", FILTERS),
    text_property("FunctionName").required(),
    of("FunctionResponseTypes", LIST_OF_TEXTS),
    of("MaximumBatchingWindowInSeconds", Shape::Whole),
    of("ScalingConfig", SCALING),
    text_property("StartingPosition").replaces(),
    of("StartingPositionTimestamp", Shape::Number).replaces(),
    TAGS,
    lacking("AmazonManagedKafkaEventSourceConfig"),
    lacking("BisectBatchOnFunctionError"),
    lacking("DestinationConfig"),
    lacking("DocumentDBEventSourceConfig"),
    lacking("KmsKeyArn"),
    lacking("LoggingConfig"),
    lacking("MaximumRecordAgeInSeconds"),
    lacking("MaximumRetryAttempts"),
    lacking("MetricsConfig"),
    lacking("ParallelizationFactor"),
    lacking("ProvisionedPollerConfig"),
    lacking("Queues"),
    lacking("SelfManagedEventSource"),
    lacking("SelfManagedKafkaEventSourceConfig"),
    lacking("SourceAccessConfigurations"),
    lacking("Topics"),
    lacking("TumblingWindowInSeconds"),
];
/// What an update changes; the others of the call are `lacking`.
const SETTINGS: [&str; 7] = [
    "BatchSize",
    "Enabled",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "ScalingConfig",
];

#[async_trait]
impl Kind for EventSourceMapping {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    /// Its UUID is drawn when it is made.
    fn identity(&self, _: &str, _: &Value, _: &Home) -> Identity {
        Identity::default()
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        if resource.physical_id.is_empty() {
            return Ok(false);
        }
        Ok(site.find("lambda", "GetEventSourceMapping", by_id(resource)).await?.is_some())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let properties = &resource.properties;
        let mut names = SETTINGS.to_vec();
        names.extend(["EventSourceArn", "StartingPosition", "StartingPositionTimestamp"]);
        let input = with(only(properties, &names), [("Tags", Tagging::LAMBDA.form(properties))]);
        let made = site.call("lambda", "CreateEventSourceMapping", input).await?;
        let uuid = match made.get("UUID").and_then(Value::as_str) {
            Some(uuid) => Some(uuid.to_owned()),
            // The answer was lost, and the next attempt found it there.
            None => find(site, properties).await?,
        };
        let uuid = uuid.ok_or_else(|| Refusal::new("InternalFailure", "The event source mapping has no UUID."))?;
        until_settled(site, &uuid).await?;
        Ok(Some(uuid))
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let (uuid, properties) = (after.physical_id.as_str(), &after.properties);
        let settings: Map<String, Value> = SETTINGS
            .into_iter()
            .filter(|name| differs(&before.properties, properties, name))
            .map(|name| (name.to_owned(), setting(properties, name)))
            .collect();
        if !settings.is_empty() {
            let input = with(settings.into(), [("UUID", uuid.into())]);
            site.call("lambda", "UpdateEventSourceMapping", input).await?;
            until_settled(site, uuid).await?;
        }
        let arn = arn::local("lambda", site.region(), &format!("event-source-mapping:{uuid}"));
        Tagging::LAMBDA.update(site, &arn, &before.properties, properties).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        site.find("lambda", "DeleteEventSourceMapping", by_id(resource)).await?;
        site.until("lambda", "GetEventSourceMapping", by_id(resource), |found| Ok(found.is_none())).await
    }
}

fn by_id(resource: &Resource) -> Value {
    json!({ "UUID": resource.physical_id })
}

/// The value of a setting, which the call has to name also where the template does not any more.
fn setting(properties: &Value, name: &str) -> Value {
    properties.get(name).cloned().unwrap_or_else(|| match name {
        "BatchSize" => json!(10),
        "Enabled" => json!(true),
        "FunctionResponseTypes" => json!([]),
        "MaximumBatchingWindowInSeconds" => json!(0),
        _ => json!({}),
    })
}

/// UUID of the mapping of a queue and a function.
async fn find(site: &Site<'_>, properties: &Value) -> Result<Option<String>, Refusal> {
    let input = only(properties, &["EventSourceArn", "FunctionName"]);
    let found = site.call("lambda", "ListEventSourceMappings", input).await?;
    Ok(list(&found, "EventSourceMappings").first().map(|mapping| text(mapping, "UUID").to_owned()))
}

async fn until_settled(site: &Site<'_>, uuid: &str) -> Result<(), Refusal> {
    site.until("lambda", "GetEventSourceMapping", json!({ "UUID": uuid }), |found| {
        Ok(matches!(text(found.unwrap_or(&Value::Null), "State"), "Enabled" | "Disabled"))
    })
    .await
}
