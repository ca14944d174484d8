//! `AWS::CloudWatch::Alarm`, of one metric, of metric math, or of a query.

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, Dimension, Metric, MetricAlarm, MetricDataQuery, MetricStat, Statistic,
    Tag as AlarmTag,
};
use serde_json::{Value, json};

use super::values::tag_list;
use super::{Context, Provider, Values, named};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

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
        let tags = async {
            let call = cloudwatch.list_tags_for_resource().resource_arn(arn(context, name));
            let result = call.send().await.explain("cloudwatch:ListTagsForResource");
            // One code is the model's, the other that of the protocol of emulators.
            Ok(result.or_absent("ResourceNotFoundException").or_absent("ResourceNotFound")?.flatten())
        };
        let (alarm, tags) = tokio::try_join!(describe(context, name), tags)?;
        let Some(alarm) = alarm else { return Ok(None) };
        let tags = tags.and_then(|output| output.tags).unwrap_or_default();
        let tags = || tags.iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()));
        let mut properties = shape(&alarm);
        if alarm.metric_name().is_none() && alarm.metrics().is_empty() {
            // Every alarm has a metric or queries. A response with neither proves nothing: some emulators drop the
            // queries.
            properties["Metrics"] = desired.properties["Metrics"].clone();
        }
        properties["Tags"] = tag_list(tags());
        let ownership = Ownership::by_tags(tags(), &context.place.stack);
        Ok(Some(Observed { physical_id: name.clone(), properties, ownership }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        put(context, desired, None).await
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let cloudwatch = &context.clients.cloudwatch;
        let name = &change.desired.attributes.reference;
        if change.properties.iter().any(|property| !property.path.starts_with("Tags")) {
            put(context, &change.desired, describe(context, name).await?).await?;
        }
        let gone = change.removed("Tags");
        if !gone.is_empty() {
            let call = cloudwatch.untag_resource().resource_arn(arn(context, name)).set_tag_keys(Some(gone));
            call.send().await.explain("cloudwatch:UntagResource")?;
        }
        if change.touches("Tags") {
            // PutMetricAlarm ignores the tags of an alarm that exists.
            let call = cloudwatch.tag_resource().resource_arn(arn(context, name));
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

async fn describe(context: &Context<'_>, name: &str) -> Result<Option<MetricAlarm>, AwsError> {
    let call = context.clients.cloudwatch.describe_alarms().alarm_names(name).alarm_types(AlarmType::MetricAlarm);
    let output = call.send().await.explain("cloudwatch:DescribeAlarms")?;
    Ok(output.metric_alarms.unwrap_or_default().into_iter().next())
}

/// The call overwrites the whole alarm, so attributes that the template does not manage are written back unchanged.
async fn put(context: &Context<'_>, desired: &Desired, existing: Option<MetricAlarm>) -> Result<(), AwsError> {
    let properties = &desired.properties;
    let ours = context.place.arn("sns", &format!("{}-", context.place.stack));
    let actions = |name: &str, existing: Option<&[String]>| {
        let mut actions = properties.texts(name);
        let foreign = existing.unwrap_or_default().iter().filter(|action| !action.starts_with(&ours));
        actions.extend(foreign.cloned());
        actions.sort();
        actions.dedup();
        Some(actions)
    };
    let existing = existing.as_ref();
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
        .set_alarm_actions(actions("AlarmActions", existing.map(MetricAlarm::alarm_actions)))
        .set_ok_actions(actions("OKActions", existing.map(MetricAlarm::ok_actions)))
        .set_insufficient_data_actions(existing.and_then(|alarm| alarm.insufficient_data_actions.clone()))
        .set_actions_enabled(existing.and_then(MetricAlarm::actions_enabled))
        .set_unit(existing.and_then(|alarm| alarm.unit.clone()))
        .set_tags(Some(tags(properties)))
        .send()
        .await
        .explain("cloudwatch:PutMetricAlarm")
        .map(|_| ())
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
            .set_metric_stat(query.get("MetricStat").map(metric_stat))
            .set_period(query.integer("Period"))
            .set_return_data(query.flag("ReturnData"))
            .build()
    };
    let queries: Vec<_> = properties.list("Metrics").iter().map(build).collect();
    Some(queries).filter(|queries| !queries.is_empty())
}

fn metric_stat(stat: &Value) -> MetricStat {
    let metric = stat.get("Metric").map(|metric| {
        Metric::builder()
            .set_namespace(metric.optional_text("Namespace"))
            .set_metric_name(metric.optional_text("MetricName"))
            .set_dimensions(dimensions(metric))
            .build()
    });
    MetricStat::builder()
        .set_metric(metric)
        .set_period(stat.integer("Period"))
        .set_stat(stat.optional_text("Stat"))
        .build()
}

fn dimensions_shape(dimensions: &[Dimension]) -> Value {
    dimensions.iter().map(|dimension| json!({"Name": dimension.name(), "Value": dimension.value()})).collect()
}

fn metric_stat_shape(stat: &MetricStat) -> Value {
    let metric = stat.metric().map(|metric| {
        json!({
            "Namespace": metric.namespace(),
            "MetricName": metric.metric_name(),
            "Dimensions": dimensions_shape(metric.dimensions()),
        })
    });
    json!({"Metric": metric, "Period": stat.period(), "Stat": stat.stat()})
}

fn shape(alarm: &MetricAlarm) -> Value {
    let query = |query: &MetricDataQuery| {
        json!({
            "Id": query.id(),
            "Label": query.label(),
            "Expression": query.expression(),
            "MetricStat": query.metric_stat().map(metric_stat_shape),
            "Period": query.period(),
            "ReturnData": query.return_data().unwrap_or(true),
        })
    };
    json!({
        "AlarmName": alarm.alarm_name(),
        "AlarmDescription": alarm.alarm_description(),
        "Namespace": alarm.namespace(),
        "MetricName": alarm.metric_name(),
        "Dimensions": dimensions_shape(alarm.dimensions()),
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
