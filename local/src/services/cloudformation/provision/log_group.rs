//! `AWS::Logs::LogGroup`.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::schema::{Property, Shape, TAGS, lacking, of, text};
use super::site::{Site, Tagging};
use super::{Identity, Kind, differs, list};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct LogGroup;

const PROPERTIES: &[Property] = &[
    text("KmsKeyId"),
    text("LogGroupClass"),
    text("LogGroupName").replaces(),
    of("RetentionInDays", Shape::Whole),
    TAGS,
    lacking("BearerTokenAuthenticationEnabled"),
    lacking("DataProtectionPolicy"),
    lacking("DeletionProtectionEnabled"),
    lacking("FieldIndexPolicies"),
    lacking("ResourcePolicyDocument"),
];
const TAGGING: Tagging = Tagging {
    service: "logs",
    operations: ["TagResource", "UntagResource"],
    members: ["resourceArn", "tags", "tagKeys"],
    is_map: true,
};

#[async_trait]
impl Kind for LogGroup {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("LogGroupName")
    }

    fn identity(&self, name: &str, _: &Value, home: &Home) -> Identity {
        Identity::of(name, [("Arn", arn::local("logs", &home.region, &format!("log-group:{name}:*")))])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        let found = site.call("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": resource.physical_id})).await?;
        // Names are listed in order, so one that is the whole prefix comes first.
        Ok(list(&found, "logGroups").first().is_some_and(|group| group["logGroupName"] == *resource.physical_id))
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let properties = &resource.properties;
        let input = json!({
            "logGroupName": resource.physical_id,
            "kmsKeyId": properties.get("KmsKeyId"),
            "logGroupClass": properties.get("LogGroupClass"),
            "tags": TAGGING.form(properties),
        });
        site.call("logs", "CreateLogGroup", input).await?;
        if properties.get("RetentionInDays").is_some() {
            put_retention(site, resource).await?;
        }
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        for name in ["KmsKeyId", "LogGroupClass"] {
            if differs(&before.properties, &after.properties, name) {
                return Err(Refusal::lacking(&format!("to change {name} of {}", after.resource_type)));
            }
        }
        if differs(&before.properties, &after.properties, "RetentionInDays") {
            put_retention(site, after).await?;
        }
        let arn = arn::local("logs", site.region(), &format!("log-group:{}", after.physical_id));
        TAGGING.update(site, &arn, &before.properties, &after.properties).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        site.find("logs", "DeleteLogGroup", json!({"logGroupName": resource.physical_id})).await.map(drop)
    }
}

async fn put_retention(site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
    let name = &resource.physical_id;
    match resource.properties.get("RetentionInDays") {
        Some(days) => {
            site.call("logs", "PutRetentionPolicy", json!({"logGroupName": name, "retentionInDays": days})).await?;
        }
        None => _ = site.find("logs", "DeleteRetentionPolicy", json!({"logGroupName": name})).await?,
    }
    Ok(())
}
