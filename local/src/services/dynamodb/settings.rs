//! What a table has besides items: tags, time to live, recovery, and the features that clients ask about.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{ApiError, Cloud};

use super::definition::{check_tags, elements, is_reserved, read_tags};
use super::parameters::missing;
use super::table::{Table, TimeToLive};
use super::tables::checked_name;
use super::{Failure, State, invalid, names, no_such_resource, no_such_table, required};

/// How often the time to live of a table can be changed.
const TTL_INTERVAL: Duration = Duration::from_secs(3600);

pub(super) fn handle(cloud: &Cloud, region: &str, operation: &str, input: &Value) -> Result<Value, Failure> {
    let mut state = cloud.dynamodb.state();
    match operation {
        "TagResource" => {
            let table = by_arn(&mut state, region, input)?;
            let new = read_tags(input)?;
            if new.is_empty() {
                return Err(invalid("Atleast one Tag needs to be provided as Input."));
            }
            let mut tags = table.tags.clone();
            tags.extend(new);
            check_tags(&tags)?;
            table.tags = tags;
            Ok(json!({}))
        }
        "UntagResource" => {
            let table = by_arn(&mut state, region, input)?;
            let keys: Vec<&str> = elements(input, "TagKeys").iter().filter_map(Value::as_str).collect();
            if keys.is_empty() {
                return Err(invalid("Atleast one Tag Key needs to be provided as Input."));
            }
            if let Some(reserved) = keys.iter().find(|key| is_reserved(key)) {
                return Err(invalid(format!("The Tag Key provided is invalid, Key: {reserved}")));
            }
            table.tags.retain(|key, _| !keys.contains(&key.as_str()));
            Ok(json!({}))
        }
        "ListTagsOfResource" => {
            let tags = &by_arn(&mut state, region, input)?.tags;
            Ok(json!({"Tags": tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>()}))
        }
        "GetResourcePolicy" => {
            by_arn(&mut state, region, input)?;
            let arn = required(input, "ResourceArn")?;
            Err(Failure::new(
                "PolicyNotFoundException",
                format!("Resource-based policy not found for the provided ResourceArn: {arn}"),
            ))
        }
        "UpdateTimeToLive" => update_time_to_live(cloud, named(&mut state, region, input)?, input),
        "DescribeTimeToLive" => Ok(describe_time_to_live(named(&mut state, region, input)?)),
        "UpdateContinuousBackups" => update_recovery(cloud, table_of_backups(&mut state, region, input)?, input),
        "DescribeContinuousBackups" => {
            Ok(json!({"ContinuousBackupsDescription": recovery(cloud, table_of_backups(&mut state, region, input)?)}))
        }
        "DescribeKinesisStreamingDestination" => {
            let name = &named(&mut state, region, input)?.name;
            Ok(json!({"TableName": name, "KinesisDataStreamDestinations": []}))
        }
        "DescribeContributorInsights" => {
            let name = &named(&mut state, region, input)?.name;
            Ok(json!({"TableName": name, "ContributorInsightsStatus": "DISABLED"}))
        }
        "DescribeLimits" => Ok(json!({"AccountMaxReadCapacityUnits": 80000, "AccountMaxWriteCapacityUnits": 80000,
            "TableMaxReadCapacityUnits": 40000, "TableMaxWriteCapacityUnits": 40000})),
        "DescribeEndpoints" => {
            let address = cloud.endpoint.trim_start_matches("http://");
            Ok(json!({"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}))
        }
        operation => Err(ApiError::not_implemented("dynamodb", operation).into()),
    }
}

fn named<'a>(state: &'a mut State, region: &str, input: &Value) -> Result<&'a mut Table, Failure> {
    let name = checked_name(region, input)?;
    state.table(region, name).ok_or_else(|| no_such_table(name))
}

fn table_of_backups<'a>(state: &'a mut State, region: &str, input: &Value) -> Result<&'a mut Table, Failure> {
    let name = checked_name(region, input)?;
    state.table(region, name).ok_or_else(|| Failure::new("TableNotFoundException", format!("Table not found: {name}")))
}

fn by_arn<'a>(state: &'a mut State, region: &str, input: &Value) -> Result<&'a mut Table, Failure> {
    let arn = required(input, "ResourceArn")?;
    if !arn.starts_with("arn:") {
        return Err(invalid(format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}")));
    }
    if names::own(region, arn).is_some_and(|name| name.contains('/')) {
        return Err(invalid(format!(
            "One or more parameter values were invalid: Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}"
        )));
    }
    state.table(region, arn).ok_or_else(|| {
        let resource = no_such_resource();
        Failure::new(&resource.error.code, format!("{}: ResourcArn: {arn} not found", resource.error.message))
    })
}

fn update_time_to_live(cloud: &Cloud, table: &mut Table, input: &Value) -> Result<Value, Failure> {
    let specification = input.get("TimeToLiveSpecification").cloned().unwrap_or_default();
    let attribute = required(&specification, "AttributeName")?.to_owned();
    let enabled = specification.get("Enabled").and_then(Value::as_bool);
    let enabled = enabled.ok_or_else(|| missing("timeToLiveSpecification.enabled"))?;
    if !table.takes_data() {
        return Err(Failure::new("ResourceInUseException", format!("Table is not active: {}", table.name)));
    }
    let active = table.time_to_live.as_ref().filter(|setting| setting.enabled);
    if let Some(current) = active.filter(|setting| setting.attribute != attribute) {
        return Err(invalid(format!(
            "TimeToLive is active on a different AttributeName: current AttributeName is {}",
            current.attribute
        )));
    }
    if active.is_some() == enabled {
        let state = if enabled { "enabled" } else { "disabled" };
        return Err(invalid(format!("TimeToLive is already {state}")));
    }
    let interval = cloud.clock.scaled(TTL_INTERVAL);
    if table.time_to_live.as_ref().is_some_and(|setting| setting.changed.elapsed() < interval) {
        return Err(invalid("Time to live has been modified multiple times within a fixed interval"));
    }
    table.time_to_live = Some(TimeToLive { attribute: attribute.clone(), enabled, changed: Instant::now() });
    Ok(json!({"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled}}))
}

fn describe_time_to_live(table: &Table) -> Value {
    let description = match &table.time_to_live {
        Some(setting) if setting.enabled => json!({"TimeToLiveStatus": "ENABLED", "AttributeName": setting.attribute}),
        _ => json!({"TimeToLiveStatus": "DISABLED"}),
    };
    json!({"TimeToLiveDescription": description})
}

fn update_recovery(cloud: &Cloud, table: &mut Table, input: &Value) -> Result<Value, Failure> {
    let specification = input.get("PointInTimeRecoverySpecification").cloned().unwrap_or_default();
    let enabled = specification.get("PointInTimeRecoveryEnabled").and_then(Value::as_bool);
    let enabled = enabled.ok_or_else(|| missing("pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled"))?;
    if !table.takes_data() {
        return Err(Failure::new(
            "ContinuousBackupsUnavailableException",
            "Backups are being enabled for the table. Please retry later",
        ));
    }
    let days = specification.get("RecoveryPeriodInDays").and_then(Value::as_i64);
    table.recovery = match (&table.recovery, enabled) {
        (_, false) => None,
        (Some((since, current)), true) => Some((*since, days.unwrap_or(*current))),
        (None, true) => Some((cloud.clock.now(), days.unwrap_or(35))),
    };
    Ok(json!({"ContinuousBackupsDescription": recovery(cloud, table)}))
}

fn recovery(cloud: &Cloud, table: &Table) -> Value {
    let description = match &table.recovery {
        None => json!({"PointInTimeRecoveryStatus": "DISABLED"}),
        Some((since, days)) => json!({
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": days,
            "EarliestRestorableDateTime": since.as_second(),
            "LatestRestorableDateTime": cloud.clock.now().as_second(),
        }),
    };
    json!({"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": description})
}

/// Adds the tags of AWS itself, which no caller may set.
pub(crate) fn mark(cloud: &Cloud, region: &str, table: &str, tags: [(String, String); 3]) {
    if let Some(table) = cloud.dynamodb.state().table(region, table) {
        table.tags.extend(tags);
    }
}
