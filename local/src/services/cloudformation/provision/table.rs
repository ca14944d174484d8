//! `AWS::DynamoDB::Table`.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::indexes;
use super::schema::{LIST_OF_TEXTS, Property, Shape, TAGS, lacking, of, text as text_property};
use super::site::{Site, Tagging};
use super::{Identity, Kind, differs, list, only, text, with};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Table;

const ATTRIBUTE: Shape =
    Shape::Structure(&[text_property("AttributeName").required(), text_property("AttributeType").required()]);
const KEYS: Shape =
    Shape::List(&Shape::Structure(&[text_property("AttributeName").required(), text_property("KeyType").required()]));
const PROJECTION: Shape = Shape::Structure(&[of("NonKeyAttributes", LIST_OF_TEXTS), text_property("ProjectionType")]);
const THROUGHPUT: Shape = Shape::Structure(&[
    of("ReadCapacityUnits", Shape::Whole).required(),
    of("WriteCapacityUnits", Shape::Whole).required(),
]);
const INDEX: Shape = Shape::Structure(&[
    text_property("IndexName").required(),
    of("KeySchema", KEYS).required(),
    of("Projection", PROJECTION).required(),
    of("ProvisionedThroughput", THROUGHPUT),
    lacking("ContributorInsightsSpecification"),
    lacking("OnDemandThroughput"),
    lacking("WarmThroughput"),
]);
const RECOVERY: Shape =
    Shape::Structure(&[of("PointInTimeRecoveryEnabled", Shape::Flag), of("RecoveryPeriodInDays", Shape::Whole)]);
const ENCRYPTION: Shape = Shape::Structure(&[
    text_property("KMSMasterKeyId"),
    of("SSEEnabled", Shape::Flag).required(),
    text_property("SSEType"),
]);
const EXPIRY: Shape = Shape::Structure(&[text_property("AttributeName"), of("Enabled", Shape::Flag).required()]);
const PROPERTIES: &[Property] = &[
    of("AttributeDefinitions", Shape::List(&ATTRIBUTE)),
    text_property("BillingMode"),
    of("DeletionProtectionEnabled", Shape::Flag),
    of("GlobalSecondaryIndexes", Shape::List(&INDEX)),
    of("KeySchema", KEYS).required().replaces(),
    of("PointInTimeRecoverySpecification", RECOVERY),
    of("ProvisionedThroughput", THROUGHPUT),
    of("SSESpecification", ENCRYPTION),
    text_property("TableClass"),
    text_property("TableName").replaces(),
    TAGS,
    of("TimeToLiveSpecification", EXPIRY),
    lacking("ContributorInsightsSpecification"),
    lacking("ImportSourceSpecification"),
    lacking("KinesisStreamSpecification"),
    lacking("LocalSecondaryIndexes"),
    lacking("OnDemandThroughput"),
    lacking("ResourcePolicy"),
    lacking("StreamSpecification"),
    lacking("WarmThroughput"),
];
const TAGGING: Tagging = Tagging {
    service: "dynamodb",
    operations: ["TagResource", "UntagResource"],
    members: ["ResourceArn", "Tags", "TagKeys"],
    is_map: false,
};

#[async_trait]
impl Kind for Table {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("TableName")
    }

    /// `StreamArn` is drawn when the stream is made.
    fn identity(&self, name: &str, _: &Value, home: &Home) -> Identity {
        Identity::of(name, [("Arn", arn_of(&home.region, name))])
    }

    /// An attribute that is declared already cannot become one of another type.
    fn replacement(&self, before: &Value, after: &Value) -> Option<String> {
        let mut replacing = PROPERTIES.iter().filter(|property| property.replaces);
        if let Some(property) = replacing.find(|property| differs(before, after, property.name)) {
            return Some(property.name.to_owned());
        }
        let old = list(before, "AttributeDefinitions");
        let other_type = |new: &Value| {
            old.iter()
                .any(|old| old["AttributeName"] == new["AttributeName"] && old["AttributeType"] != new["AttributeType"])
        };
        list(after, "AttributeDefinitions").iter().any(other_type).then(|| "AttributeDefinitions".to_owned())
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        Ok(!describe(site, &resource.physical_id).await?.is_null())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let (name, properties) = (resource.physical_id.as_str(), &resource.properties);
        let settings = [
            "AttributeDefinitions",
            "BillingMode",
            "DeletionProtectionEnabled",
            "GlobalSecondaryIndexes",
            "KeySchema",
            "ProvisionedThroughput",
            "TableClass",
        ];
        let more = [
            ("TableName", name.into()),
            ("SSESpecification", encryption(properties).unwrap_or_default()),
            ("Tags", TAGGING.form(properties)),
        ];
        site.call("dynamodb", "CreateTable", with(only(properties, &settings), more)).await?;
        until_active(site, name).await?;
        if let Some((attribute, true)) = expiry(properties) {
            put_expiry(site, name, attribute, true).await?;
        }
        if properties.get("PointInTimeRecoverySpecification").is_some() {
            put_recovery(site, resource).await?;
        }
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let (name, properties) = (after.physical_id.as_str(), &after.properties);
        let touches = |property: &str| differs(&before.properties, properties, property);
        until_active(site, name).await?;
        for input in settings(properties, touches) {
            site.call("dynamodb", "UpdateTable", with(input, [("TableName", name.into())])).await?;
            until_active(site, name).await?;
        }
        if touches("GlobalSecondaryIndexes") {
            indexes::update(site, before, after).await?;
        }
        if touches("TimeToLiveSpecification") {
            update_expiry(site, name, &before.properties, properties).await?;
        }
        if touches("PointInTimeRecoverySpecification") {
            put_recovery(site, after).await?;
        }
        TAGGING.update(site, &arn_of(site.region(), name), &before.properties, properties).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        let name = resource.physical_id.as_str();
        site.find("dynamodb", "DeleteTable", json!({"TableName": name})).await?;
        site.until("dynamodb", "DescribeTable", json!({"TableName": name}), |found| Ok(found.is_none())).await
    }
}

/// What `UpdateTable` is asked for: it takes one kind of change at a time.
fn settings(properties: &Value, touches: impl Fn(&str) -> bool) -> Vec<Value> {
    let value = |name: &str, default: Value| properties.get(name).cloned().unwrap_or(default);
    let mut inputs = Vec::new();
    if touches("BillingMode") || touches("ProvisionedThroughput") {
        inputs.push(json!({
            "BillingMode": value("BillingMode", "PROVISIONED".into()),
            "ProvisionedThroughput": properties.get("ProvisionedThroughput"),
        }));
    }
    if touches("DeletionProtectionEnabled") {
        inputs.push(json!({"DeletionProtectionEnabled": value("DeletionProtectionEnabled", false.into())}));
    }
    if touches("SSESpecification") {
        inputs.push(json!({"SSESpecification": encryption(properties).unwrap_or(json!({"Enabled": false}))}));
    }
    if touches("TableClass") {
        inputs.push(json!({"TableClass": value("TableClass", "STANDARD".into())}));
    }
    inputs
}

fn encryption(properties: &Value) -> Option<Value> {
    let specification = properties.get("SSESpecification")?;
    let mut input = only(specification, &["SSEType", "KMSMasterKeyId"]);
    input["Enabled"] = specification.get("SSEEnabled").cloned().unwrap_or_default();
    Some(input)
}

/// The attribute by which items expire, and whether they do.
fn expiry(properties: &Value) -> Option<(&str, bool)> {
    let specification = properties.get("TimeToLiveSpecification")?;
    Some((text(specification, "AttributeName"), specification.get("Enabled") == Some(&Value::Bool(true))))
}

/// Items expire by one attribute: another one takes its place only when it is off.
async fn update_expiry(site: &Site<'_>, name: &str, before: &Value, after: &Value) -> Result<(), Refusal> {
    let (old, new) = (expiry(before), expiry(after));
    if let Some((attribute, true)) = old
        && new != old
    {
        put_expiry(site, name, attribute, false).await?;
    }
    match new {
        Some((attribute, true)) => put_expiry(site, name, attribute, true).await,
        _ => Ok(()),
    }
}

async fn put_expiry(site: &Site<'_>, name: &str, attribute: &str, enabled: bool) -> Result<(), Refusal> {
    let specification = json!({"AttributeName": attribute, "Enabled": enabled});
    let input = json!({"TableName": name, "TimeToLiveSpecification": specification});
    match site.call("dynamodb", "UpdateTimeToLive", input).await {
        Err(refusal) if refusal.message.contains("TimeToLive is already") => Ok(()),
        outcome => outcome.map(drop),
    }
}

async fn put_recovery(site: &Site<'_>, table: &Resource) -> Result<(), Refusal> {
    let specification = table.properties.get("PointInTimeRecoverySpecification").cloned().unwrap_or_default();
    let mut input = only(&specification, &["RecoveryPeriodInDays"]);
    let enabled = specification.get("PointInTimeRecoveryEnabled") == Some(&Value::Bool(true));
    input["PointInTimeRecoveryEnabled"] = enabled.into();
    let input = json!({"TableName": table.physical_id, "PointInTimeRecoverySpecification": input});
    site.call("dynamodb", "UpdateContinuousBackups", input).await.map(drop)
}

/// A table as DynamoDB describes it; null when it is gone.
pub(super) async fn describe(site: &Site<'_>, name: &str) -> Result<Value, Refusal> {
    let reply = site.find("dynamodb", "DescribeTable", json!({"TableName": name})).await?;
    Ok(reply.and_then(|mut reply| reply.get_mut("Table").map(Value::take)).unwrap_or_default())
}

/// Waits until the table and all its indexes are as they should be.
pub(super) async fn until_active(site: &Site<'_>, name: &str) -> Result<(), Refusal> {
    site.until("dynamodb", "DescribeTable", json!({"TableName": name}), |found| {
        let table = found.and_then(|reply| reply.get("Table")).unwrap_or(&Value::Null);
        let indexes = list(table, "GlobalSecondaryIndexes");
        Ok(text(table, "TableStatus") == "ACTIVE" && indexes.iter().all(|index| text(index, "IndexStatus") == "ACTIVE"))
    })
    .await
}

fn arn_of(region: &str, name: &str) -> String {
    arn::local("dynamodb", region, &format!("table/{name}"))
}
