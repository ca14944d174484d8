//! Amazon CloudWatch Logs: groups, streams, events, filtering.

mod events;
mod filter;
mod groups;
mod page;
mod parameters;
mod past;
mod store;
mod streams;

use crate::policy::Need;
use crate::services::cloudwatch::{self, Datum};
use crate::{ApiError, Call, Cloud, Output, arn};
pub(crate) use groups::mark;
pub(crate) use past::{PastStream, bring_in};

/// State of the service.
#[derive(Debug, Default)]
pub struct Logs {
    store: store::Store,
}

/// Handles one call.
///
/// # Errors
/// AWS's validation errors.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.operation.as_str() {
        "CreateLogGroup" => groups::create(cloud, call),
        "DeleteLogGroup" => groups::delete(cloud, call),
        "DescribeLogGroups" => groups::describe(cloud, call),
        "PutRetentionPolicy" => groups::put_retention(cloud, call),
        "DeleteRetentionPolicy" => groups::delete_retention(cloud, call),
        "TagResource" | "TagLogGroup" => groups::tag(cloud, call),
        "UntagResource" | "UntagLogGroup" => groups::untag(cloud, call),
        "ListTagsForResource" | "ListTagsLogGroup" => groups::list_tags(cloud, call),
        "DescribeSubscriptionFilters" | "DescribeMetricFilters" => groups::no_filters(cloud, call),
        "CreateLogStream" => streams::create(cloud, call),
        "DeleteLogStream" => streams::delete(cloud, call),
        "DescribeLogStreams" => streams::describe(cloud, call),
        "PutLogEvents" => streams::put_events(cloud, call),
        "GetLogEvents" => events::get(cloud, call),
        "FilterLogEvents" => events::filter(cloud, call),
        other => Err(ApiError::not_implemented("logs", other)),
    }
}

/// The operations on a group's tags, whose ARN ends with the group's name. Every other operation has the ARN with which
/// its streams begin (API reference of CloudWatch Logs, `LogGroup`).
const ON_TAGS: [&str; 3] = ["ListTagsForResource", "TagResource", "UntagResource"];

/// The required permission: on the stream or the group. Of these operations, only listing groups takes no resource
/// (Service Authorization Reference, Amazon CloudWatch Logs).
pub fn authorization(call: &Call) -> Vec<Need> {
    if call.operation == "DescribeLogGroups" {
        return vec![Need::new("logs:DescribeLogGroups", "*")];
    }
    let identifier =
        ["logGroupName", "logGroupIdentifier", "resourceArn"].iter().find_map(|name| call.input.text(name));
    let group = identifier.map_or("*", parameters::name_in_arn);
    let stream = call.input.text("logStreamName").unwrap_or_default();
    let of_stream = match ON_TAGS.contains(&call.operation.as_str()) {
        true => String::new(),
        false => format!(":log-stream:{stream}"),
    };
    let resource = arn::local("logs", &call.region, &format!("log-group:{group}{of_stream}"));
    let mut needs = vec![Need::new(format!("logs:{}", call.operation), resource.clone())];
    if call.input.flag("unmask") == Some(true) {
        needs.push(Need::new("logs:Unmask", resource));
    }
    needs
}

/// Adds events (milliseconds since 1970 and text) to a stream, creating it if needed. Reads return them after
/// [`LatencyProfile::log_event`](crate::config::LatencyProfile). Metrics in the lines are measured.
///
/// # Errors
/// `ResourceNotFoundException` when the log group does not exist.
pub fn append(
    cloud: &Cloud,
    region: &str,
    group: &str,
    stream: &str,
    events: Vec<(i64, String)>,
) -> Result<(), ApiError> {
    let measured = measured(&events);
    store::with_group(cloud, region, group, |group| {
        group.append(stream, events, store::Arrival::now(cloud));
        Ok(())
    })?;
    record(cloud, region, measured);
    Ok(())
}

/// The measurements in log lines.
fn measured(events: &[(i64, String)]) -> Vec<Datum> {
    events.iter().flat_map(|(_, line)| cloudwatch::embedded(line)).collect()
}

fn record(cloud: &Cloud, region: &str, measured: Vec<Datum>) {
    measured.into_iter().for_each(|datum| cloudwatch::record(cloud, region, datum));
}

/// Whether a log group exists.
pub fn group_exists(cloud: &Cloud, region: &str, group: &str) -> bool {
    store::with_group(cloud, region, group, |_| Ok(())).is_ok()
}

/// Creates a log group without retention, as Lambda does.
///
/// # Errors
/// `ResourceAlreadyExistsException`, `InvalidParameterException`.
pub fn create_group(cloud: &Cloud, region: &str, group: &str) -> Result<(), ApiError> {
    parameters::check_new_group_name(group)?;
    groups::insert(cloud, region, store::Group::new(region, group))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
