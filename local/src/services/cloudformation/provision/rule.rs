//! `AWS::Events::Rule` of the default bus.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::schema::{Property, Shape, TAGS, lacking, of, text as text_property};
use super::site::{Site, Tagging};
use super::{Identity, Kind, differs, json_text, list, text};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Rule;

const TRANSFORMER: Shape =
    Shape::Structure(&[of("InputPathsMap", Shape::Texts), text_property("InputTemplate").required()]);
const RETRIES: Shape =
    Shape::Structure(&[of("MaximumEventAgeInSeconds", Shape::Whole), of("MaximumRetryAttempts", Shape::Whole)]);
const TARGET: Shape = Shape::Structure(&[
    text_property("Arn").required(),
    of("DeadLetterConfig", Shape::Structure(&[text_property("Arn")])),
    text_property("Id").required(),
    text_property("Input"),
    text_property("InputPath"),
    of("InputTransformer", TRANSFORMER),
    of("RetryPolicy", RETRIES),
    text_property("RoleArn"),
    of("SqsParameters", Shape::Structure(&[text_property("MessageGroupId").required()])),
    lacking("AppSyncParameters"),
    lacking("BatchParameters"),
    lacking("EcsParameters"),
    lacking("HttpParameters"),
    lacking("KinesisParameters"),
    lacking("RedshiftDataParameters"),
    lacking("RunCommandParameters"),
    lacking("SageMakerPipelineParameters"),
]);
const PROPERTIES: &[Property] = &[
    text_property("Description"),
    of("EventPattern", Shape::Json),
    text_property("Name").replaces(),
    text_property("RoleArn"),
    text_property("ScheduleExpression"),
    text_property("State"),
    TAGS,
    of("Targets", Shape::List(&TARGET)),
    lacking("EventBusName"),
];
const TAGGING: Tagging = Tagging {
    service: "events",
    operations: ["TagResource", "UntagResource"],
    members: ["ResourceARN", "Tags", "TagKeys"],
    is_map: false,
};

#[async_trait]
impl Kind for Rule {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("Name")
    }

    fn identity(&self, name: &str, _: &Value, home: &Home) -> Identity {
        Identity::of(name, [("Arn", arn_of(&home.region, name))])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        Ok(site.find("events", "DescribeRule", json!({"Name": resource.physical_id})).await?.is_some())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        put_rule(site, resource, Some(TAGGING.form(&resource.properties))).await?;
        put_targets(site, resource).await?;
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let rule = ["Description", "EventPattern", "RoleArn", "ScheduleExpression", "State"];
        if rule.iter().any(|name| differs(&before.properties, &after.properties, name)) {
            // All of a rule is replaced but its tags, which the call takes for a new one only.
            put_rule(site, after, None).await?;
        }
        if differs(&before.properties, &after.properties, "Targets") {
            put_targets(site, after).await?;
            let kept = ids(list(&after.properties, "Targets"));
            let gone = ids(list(&before.properties, "Targets")).into_iter().filter(|id| !kept.contains(id));
            remove_targets(site, after, gone.collect()).await?;
        }
        let arn = arn_of(site.region(), &after.physical_id);
        TAGGING.update(site, &arn, &before.properties, &after.properties).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        let input = json!({"Rule": resource.physical_id});
        let Some(found) = site.find("events", "ListTargetsByRule", input).await? else { return Ok(()) };
        remove_targets(site, resource, ids(list(&found, "Targets"))).await?;
        site.find("events", "DeleteRule", json!({"Name": resource.physical_id})).await.map(drop)
    }
}

async fn put_rule(site: &Site<'_>, rule: &Resource, tags: Option<Value>) -> Result<(), Refusal> {
    let properties = &rule.properties;
    let input = json!({
        "Name": rule.physical_id,
        "Description": properties.get("Description"),
        "EventPattern": json_text(properties, "EventPattern"),
        "RoleArn": properties.get("RoleArn"),
        "ScheduleExpression": properties.get("ScheduleExpression"),
        "State": properties.get("State"),
        "Tags": tags,
    });
    site.call("events", "PutRule", input).await.map(drop)
}

async fn put_targets(site: &Site<'_>, rule: &Resource) -> Result<(), Refusal> {
    let targets = list(&rule.properties, "Targets");
    if targets.is_empty() {
        return Ok(());
    }
    let input = json!({"Rule": rule.physical_id, "Targets": targets});
    all_taken(&site.call("events", "PutTargets", input).await?)
}

async fn remove_targets(site: &Site<'_>, rule: &Resource, ids: Vec<&str>) -> Result<(), Refusal> {
    if ids.is_empty() {
        return Ok(());
    }
    let input = json!({"Rule": rule.physical_id, "Ids": ids});
    match site.find("events", "RemoveTargets", input).await? {
        Some(reply) => all_taken(&reply),
        None => Ok(()),
    }
}

/// The operations on targets answer well and list what failed.
fn all_taken(reply: &Value) -> Result<(), Refusal> {
    match list(reply, "FailedEntries").first() {
        None => Ok(()),
        Some(failed) => {
            let refusal = Refusal::new(text(failed, "ErrorCode"), text(failed, "ErrorMessage"));
            Err(Refusal { service: "EventBridge".to_owned(), ..refusal })
        }
    }
}

fn ids(targets: &[Value]) -> Vec<&str> {
    targets.iter().map(|target| text(target, "Id")).collect()
}

fn arn_of(region: &str, name: &str) -> String {
    arn::local("events", region, &format!("rule/{name}"))
}
