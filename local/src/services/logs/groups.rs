//! Log group operations.

use crate::{ApiError, Call, Cloud, Output};

use super::parameters::{
    add_tags, check_new_group_name, group_name, invalid, limit, name_in_arn, only, page, required, retention_days, tags,
};
use super::store::{Group, groups, no_group, with_group};

pub(super) fn create(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    only(call, &["logGroupName", "kmsKeyId", "tags", "logGroupClass"])?;
    if let Some(class) = call.input.text("logGroupClass").filter(|class| *class != "STANDARD") {
        return Err(ApiError::not_implemented("logs", &format!("CreateLogGroup with logGroupClass {class}")));
    }
    let name = group_name(call)?;
    check_new_group_name(name)?;
    let mut group = Group::new(&call.region, name);
    group.tags = tags(call)?;
    group.key = call.input.text("kmsKeyId").map(str::to_owned);
    insert(cloud, &call.region, group)?;
    Ok(Output::empty())
}

/// Creates a group.
///
/// # Errors
/// `ResourceAlreadyExistsException`.
pub(super) fn insert(cloud: &Cloud, region: &str, group: Group) -> Result<(), ApiError> {
    let mut groups = groups(cloud);
    let key = (region.to_owned(), group.name.clone());
    if groups.contains_key(&key) {
        return Err(ApiError::new("ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    groups.insert(key, group);
    Ok(())
}

pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let key = (call.region.clone(), group_name(call)?.to_owned());
    groups(cloud).remove(&key).map(|_| Output::empty()).ok_or_else(no_group)
}

pub(super) fn describe(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    only(call, &["logGroupNamePrefix", "logGroupNamePattern", "logGroupClass", "limit", "nextToken"])?;
    let (prefix, pattern) = (call.input.text("logGroupNamePrefix"), call.input.text("logGroupNamePattern"));
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let is_meant = |group: &Group| {
        prefix.is_none_or(|prefix| group.name.starts_with(prefix))
            && pattern.is_none_or(|pattern| group.name.contains(pattern))
    };
    let found = groups(cloud)
        .iter()
        .filter(|((region, _), group)| *region == call.region && is_meant(group))
        .map(|(_, group)| describe_one(group))
        .collect();
    let (page, next) = page(call, found, limit(call, 50)?)?;
    Ok(Output::structure([("logGroups", Some(Output::List(page))), ("nextToken", next.map(Output::from))]))
}

fn describe_one(group: &Group) -> Output {
    Output::structure([
        ("logGroupName", Some(group.name.as_str().into())),
        ("creationTime", Some(group.created.into())),
        ("retentionInDays", group.retention.map(Output::from)),
        ("metricFilterCount", Some(0.into())),
        ("arn", Some(format!("{}:*", group.arn).into())),
        ("storedBytes", Some(i64::try_from(group.bytes).unwrap_or(i64::MAX).into())),
        ("kmsKeyId", group.key.as_deref().map(Output::from)),
        ("logGroupClass", Some("STANDARD".into())),
        ("logGroupArn", Some(group.arn.as_str().into())),
    ])
}

pub(super) fn put_retention(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let days = retention_days(call)?;
    with_group(cloud, &call.region, group_name(call)?, |group| {
        group.retention = Some(days);
        Ok(Output::empty())
    })
}

pub(super) fn delete_retention(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    with_group(cloud, &call.region, group_name(call)?, |group| {
        group.retention = None;
        Ok(Output::empty())
    })
}

/// `TagResource` and `TagLogGroup`.
pub(super) fn tag(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let added = tags(call)?;
    with_group(cloud, &call.region, tagged(call)?, |group| {
        add_tags(&mut group.tags, added)?;
        Ok(Output::empty())
    })
}

/// `UntagResource` and `UntagLogGroup`.
pub(super) fn untag(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let keys = if call.operation == "UntagResource" { call.input.texts("tagKeys") } else { call.input.texts("tags") };
    with_group(cloud, &call.region, tagged(call)?, |group| {
        group.tags.retain(|key, _| !keys.contains(key));
        Ok(Output::empty())
    })
}

/// `ListTagsForResource` and `ListTagsLogGroup`.
pub(super) fn list_tags(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    with_group(cloud, &call.region, tagged(call)?, |group| {
        Ok(Output::structure([("tags", Some(Output::string_map(group.tags.clone())))]))
    })
}

/// Older operations take the group's name, newer ones its ARN.
fn tagged(call: &Call) -> Result<&str, ApiError> {
    match call.operation.ends_with("LogGroup") {
        true => group_name(call),
        false => {
            let arn = required(call, "resourceArn")?;
            if arn.contains(":log-group:") { Ok(name_in_arn(arn)) } else { Err(no_group()) }
        }
    }
}

/// `DescribeSubscriptionFilters` and `DescribeMetricFilters`: always empty.
pub(super) fn no_filters(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let member = if call.operation == "DescribeMetricFilters" { "metricFilters" } else { "subscriptionFilters" };
    let answer = Output::structure([(member, Some(Output::List(Vec::new())))]);
    match call.input.text("logGroupName") {
        Some(name) => with_group(cloud, &call.region, name, |_| Ok(answer)),
        None => Ok(answer),
    }
}

/// Adds AWS's own reserved tags.
pub(crate) fn mark(cloud: &Cloud, region: &str, group: &str, tags: [(String, String); 3]) {
    let _ = with_group(cloud, region, group, |group| {
        group.tags.extend(tags);
        Ok(())
    });
}
