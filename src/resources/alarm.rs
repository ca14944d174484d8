//! `AWS::CloudWatch::Alarm`, of one metric or of a query.

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, Dimension, MetricAlarm, MetricDataQuery, Statistic, Tag as AlarmTag,
};
use serde_json::{Value, json};

use super::values::tag_list;
use super::{Context, Provider, Values, named};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

/// See the module.
pub(super) struct Alarm;

#[async_trait]
impl Provider for Alarm {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "AlarmName",
            "AlarmDescription",
            "Namespace",
            "MetricName",
            "Dimensions",
            "Statistic",
            "Period",
            "Metrics",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "Threshold",
            "ComparisonOperator",
            "TreatMissingData",
            "AlarmActions",
            "OKActions",
            "Tags",
        ]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["AlarmName"]
    }

    fn attributes(&self, properties: &Value, place: &Place) -> Attributes {
        let name = properties.text("AlarmName");
        named(&name, place.arn("cloudwatch", &format!("alarm:{name}")))
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let cloudwatch = &context.clients.cloudwatch;
        let name = &desired.attributes.reference;
        let alarm = async {
            let call = cloudwatch.describe_alarms().alarm_names(name).alarm_types(AlarmType::MetricAlarm);
            call.send().await.explain("cloudwatch:DescribeAlarms")
        };
        let tags = async {
            let call = cloudwatch.list_tags_for_resource().resource_arn(arn(context, name));
            let result = call.send().await.explain("cloudwatch:ListTagsForResource");
            // The code is of the model, or of the protocol that emulators speak.
            Ok(result.or_absent("ResourceNotFoundException").or_absent("ResourceNotFound")?.flatten())
        };
        let (alarms, tags) = tokio::try_join!(alarm, tags)?;
        let Some(alarm) = alarms.metric_alarms.unwrap_or_default().into_iter().next() else { return Ok(None) };
        let tags = tags.and_then(|output| output.tags).unwrap_or_default();
        let tags = || tags.iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()));
        let mut properties = shape(&alarm);
        if alarm.metric_name().is_none() && alarm.metrics().is_empty() {
            // Every alarm watches a metric or queries. An answer with neither says nothing about it: some emulators
            // forget the queries.
            properties["Metrics"] = desired.properties["Metrics"].clone();
        }
        properties["Tags"] = tag_list(tags());
        let ownership = Ownership::by_tags(tags(), &context.place.stack);
        Ok(Some(Observed { physical_id: name.clone(), properties, ownership }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        let statistic = properties.optional_text("Statistic").map(|name| Statistic::from(name.as_str()));
        context
            .clients
            .cloudwatch
            .put_metric_alarm()
            .alarm_name(&desired.attributes.reference)
            .set_alarm_description(properties.optional_text("AlarmDescription"))
            .set_namespace(properties.optional_text("Namespace"))
            .set_metric_name(properties.optional_text("MetricName"))
            .set_dimensions(dimensions(properties))
            .set_statistic(statistic)
            .set_period(properties.integer("Period"))
            .set_metrics(queries(properties))
            .set_evaluation_periods(properties.integer("EvaluationPeriods"))
            .set_datapoints_to_alarm(properties.integer("DatapointsToAlarm"))
            .set_threshold(properties.number("Threshold"))
            .comparison_operator(ComparisonOperator::from(properties.text("ComparisonOperator").as_str()))
            .set_treat_missing_data(properties.optional_text("TreatMissingData"))
            .set_alarm_actions(Some(properties.texts("AlarmActions")))
            .set_ok_actions(Some(properties.texts("OKActions")))
            .set_tags(Some(tags(properties)))
            .send()
            .await
            .explain("cloudwatch:PutMetricAlarm")
            .map(|_| ())
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        self.create(context, &change.desired).await?;
        if change.touches("Tags") {
            // PutMetricAlarm ignores the tags of an alarm that exists.
            let call = context.clients.cloudwatch.tag_resource();
            let call = call.resource_arn(arn(context, &change.desired.attributes.reference));
            let call = call.set_tags(Some(tags(&change.desired.properties)));
            call.send().await.explain("cloudwatch:TagResource")?;
        }
        Ok(())
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let call = context.clients.cloudwatch.delete_alarms().alarm_names(&desired.attributes.reference);
        let result = call.send().await.explain("cloudwatch:DeleteAlarms");
        result.or_absent("ResourceNotFound").map(|_| ())
    }
}

fn dimensions(properties: &Value) -> Option<Vec<Dimension>> {
    let build =
        |dimension: &Value| Dimension::builder().name(dimension.text("Name")).value(dimension.text("Value")).build();
    let dimensions: Vec<_> = properties.list("Dimensions").iter().map(build).collect();
    Some(dimensions).filter(|dimensions| !dimensions.is_empty())
}

fn queries(properties: &Value) -> Option<Vec<MetricDataQuery>> {
    let build = |query: &Value| {
        MetricDataQuery::builder()
            .id(query.text("Id"))
            .set_label(query.optional_text("Label"))
            .set_expression(query.optional_text("Expression"))
            .set_period(query.integer("Period"))
            .set_return_data(query.flag("ReturnData"))
            .build()
    };
    let queries: Vec<_> = properties.list("Metrics").iter().map(build).collect();
    Some(queries).filter(|queries| !queries.is_empty())
}

fn shape(alarm: &MetricAlarm) -> Value {
    let dimension = |dimension: &Dimension| json!({"Name": dimension.name(), "Value": dimension.value()});
    let query = |query: &MetricDataQuery| {
        json!({
            "Id": query.id(),
            "Label": query.label(),
            "Expression": query.expression(),
            "Period": query.period(),
            "ReturnData": query.return_data().unwrap_or(true),
        })
    };
    json!({
        "AlarmName": alarm.alarm_name(),
        "AlarmDescription": alarm.alarm_description(),
        "Namespace": alarm.namespace(),
        "MetricName": alarm.metric_name(),
        "Dimensions": alarm.dimensions().iter().map(dimension).collect::<Value>(),
        "Statistic": alarm.statistic().map(|statistic| statistic.as_str()),
        "Period": alarm.period(),
        "Metrics": alarm.metrics().iter().map(query).collect::<Value>(),
        "EvaluationPeriods": alarm.evaluation_periods(),
        "DatapointsToAlarm": alarm.datapoints_to_alarm(),
        "Threshold": alarm.threshold(),
        "ComparisonOperator": alarm.comparison_operator().map(|operator| operator.as_str()),
        "TreatMissingData": alarm.treat_missing_data().unwrap_or("missing"),
        "AlarmActions": alarm.alarm_actions(),
        "OKActions": alarm.ok_actions(),
    })
}

fn tags(properties: &Value) -> Vec<AlarmTag> {
    properties.tags().into_iter().map(|tag| AlarmTag::builder().key(tag.key).value(tag.value).build()).collect()
}

fn arn(context: &Context<'_>, name: &str) -> String {
    context.place.arn("cloudwatch", &format!("alarm:{name}"))
}
