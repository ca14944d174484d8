//! `AWS::CloudWatch::Alarm`.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::schema::{LIST_OF_TEXTS, Property, Shape, TAGS, lacking, of, text};
use super::site::{Site, Tagging};
use super::{Identity, Kind, list, only, with};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Alarm;

const DIMENSIONS: Shape = Shape::List(&Shape::Structure(&[text("Name").required(), text("Value").required()]));
const METRIC: Shape = Shape::Structure(&[of("Dimensions", DIMENSIONS), text("MetricName"), text("Namespace")]);
const STAT: Shape = Shape::Structure(&[
    of("Metric", METRIC).required(),
    of("Period", Shape::Whole).required(),
    text("Stat").required(),
    text("Unit"),
]);
const QUERY: Shape = Shape::Structure(&[
    text("AccountId"),
    text("Expression"),
    text("Id").required(),
    text("Label"),
    of("MetricStat", STAT),
    of("Period", Shape::Whole),
    of("ReturnData", Shape::Flag),
]);
const PROPERTIES: &[Property] = &[
    of("ActionsEnabled", Shape::Flag),
    of("AlarmActions", LIST_OF_TEXTS),
    text("AlarmDescription"),
    text("AlarmName").replaces(),
    text("ComparisonOperator").required(),
    of("DatapointsToAlarm", Shape::Whole),
    of("Dimensions", DIMENSIONS),
    text("EvaluateLowSampleCountPercentile"),
    of("EvaluationPeriods", Shape::Whole).required(),
    text("ExtendedStatistic"),
    of("InsufficientDataActions", LIST_OF_TEXTS),
    text("MetricName"),
    of("Metrics", Shape::List(&QUERY)),
    text("Namespace"),
    of("OKActions", LIST_OF_TEXTS),
    of("Period", Shape::Whole),
    text("Statistic"),
    TAGS,
    of("Threshold", Shape::Number),
    text("ThresholdMetricId"),
    text("TreatMissingData"),
    text("Unit"),
    lacking("EvaluationCriteria"),
];
const TAGGING: Tagging = Tagging {
    service: "monitoring",
    operations: ["TagResource", "UntagResource"],
    members: ["ResourceARN", "Tags", "TagKeys"],
    is_map: false,
};

#[async_trait]
impl Kind for Alarm {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("AlarmName")
    }

    fn identity(&self, name: &str, _: &Value, home: &Home) -> Identity {
        Identity::of(name, [("Arn", arn_of(&home.region, name))])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        let input = json!({"AlarmNames": [resource.physical_id], "AlarmTypes": ["MetricAlarm"]});
        Ok(!list(&site.call("monitoring", "DescribeAlarms", input).await?, "MetricAlarms").is_empty())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        put(site, resource).await
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        // The call replaces all settings, and passes over the tags of an alarm that exists.
        put(site, after).await?;
        let arn = arn_of(site.region(), &after.physical_id);
        TAGGING.update(site, &arn, &before.properties, &after.properties).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        let input = json!({"AlarmNames": [resource.physical_id]});
        site.find("monitoring", "DeleteAlarms", input).await.map(drop)
    }
}

async fn put(site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
    let names: Vec<&str> = PROPERTIES.iter().map(|property| property.name).collect();
    let input = with(only(&resource.properties, &names), [("AlarmName", resource.physical_id.as_str().into())]);
    site.call("monitoring", "PutMetricAlarm", input).await?;
    Ok(None)
}

fn arn_of(region: &str, name: &str) -> String {
    arn::local("cloudwatch", region, &format!("alarm:{name}"))
}
