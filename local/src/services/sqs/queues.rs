//! Queue operations.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::services::tags;
use crate::{ApiError, Call, Cloud, Output, arn};

use super::queue::Queue;
use super::{arn_of_url, attributes, invalid_parameter, missing_parameter, no_such_queue, queue_url, string_map};

/// How long a deleted queue's name stays reserved, and the minimum interval between purges.
const COOL_DOWN: Duration = Duration::from_secs(60);
const MAX_TAGS: usize = 50;

pub(super) fn create(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.text("QueueName").ok_or_else(|| missing_parameter("QueueName"))?;
    check_name(name)?;
    let wanted = string_map(call, "Attributes");
    attributes::validate(&wanted)?;
    let tags = tags_of(call, "tags")?;
    let queue_arn = arn::local("sqs", &call.region, name);
    let mut state = cloud.sqs.state();
    attributes::check_redrive(&wanted, |target| state.queues.contains_key(target))?;
    if let Some(existing) = state.queues.get(&queue_arn) {
        same_attributes(existing, &wanted)?;
    } else {
        let still_taken = |deleted: &Instant| deleted.elapsed() < cloud.clock.scaled(COOL_DOWN);
        if state.deleted.get(&queue_arn).is_some_and(still_taken) {
            return Err(ApiError::new(
                "QueueDeletedRecently",
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
            ));
        }
        state.deleted.remove(&queue_arn);
        let mut all = attributes::defaults();
        attributes::apply(&mut all, wanted);
        state.queues.insert(queue_arn.clone(), Queue::new(queue_arn.clone(), all, tags));
    }
    Ok(url_output(cloud, &queue_arn))
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.ends_with(".fifo") {
        return Err(ApiError::not_implemented("sqs", "FIFO queues"));
    }
    let legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if name.is_empty() || name.len() > 80 || !name.chars().all(legal) {
        return Err(invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    Ok(())
}

fn same_attributes(existing: &Queue, wanted: &BTreeMap<String, String>) -> Result<(), ApiError> {
    match wanted.iter().find(|(name, value)| existing.attributes.get(*name) != Some(value)) {
        None => Ok(()),
        Some((name, _)) => Err(ApiError::new(
            "QueueNameExists",
            format!("A queue already exists with the same name and a different value for attribute {name}"),
        )),
    }
}

fn url_output(cloud: &Cloud, queue_arn: &str) -> Output {
    Output::structure([("QueueUrl", Some(queue_url(cloud, queue_arn).into()))])
}

pub(super) fn url(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.text("QueueName").ok_or_else(|| missing_parameter("QueueName"))?;
    let queue_arn = arn::local("sqs", &call.region, name);
    cloud.sqs.state().queue(&queue_arn)?;
    Ok(url_output(cloud, &queue_arn))
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let limit = match call.input.integer("MaxResults") {
        None => 1000,
        Some(limit @ 1..=1000) => limit as usize,
        Some(other) => {
            return Err(invalid_parameter(format!(
                "Value {other} for parameter MaxResults is invalid. Reason: MaxResults must be >= 1 and <= 1000."
            )));
        }
    };
    let prefix = arn::local("sqs", &call.region, call.input.text("QueueNamePrefix").unwrap_or_default());
    let after = call.input.text("NextToken").unwrap_or_default();
    let state = cloud.sqs.state();
    let mut names: Vec<&String> =
        state.queues.keys().filter(|name| name.starts_with(&prefix) && name.as_str() > after).collect();
    let more = names.len() > limit;
    names.truncate(limit);
    let token = names.last().filter(|_| more).map(|last| last.as_str().into());
    let urls = (!names.is_empty()).then(|| Output::list(names.iter().map(|name| queue_url(cloud, name))));
    Ok(Output::structure([("QueueUrls", urls), ("NextToken", token)]))
}

pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let mut state = cloud.sqs.state();
    state.queues.remove(&queue_arn).ok_or_else(no_such_queue)?;
    state.deleted.insert(queue_arn, Instant::now());
    Ok(Output::empty())
}

pub(super) fn purge(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let mut state = cloud.sqs.state();
    let queue = state.queue(&queue_arn)?;
    if queue.purged.is_some_and(|purged| purged.elapsed() < cloud.clock.scaled(COOL_DOWN)) {
        let name = queue_arn.rsplit(':').next().unwrap_or_default();
        return Err(ApiError::new(
            "PurgeQueueInProgress",
            format!("Only one PurgeQueue operation on {name} is allowed every 60 seconds."),
        ));
    }
    queue.purged = Some(Instant::now());
    queue.backlog.clear();
    Ok(Output::empty())
}

pub(super) fn get_attributes(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let mut state = cloud.sqs.state();
    let queue = state.queue(&queue_arn)?;
    let mut all = attributes::computed(queue);
    all.extend(queue.attributes.clone());
    let wanted = call.input.texts("AttributeNames");
    if let Some(unknown) = wanted.iter().find(|name| !is_known(name)) {
        return Err(ApiError::new("InvalidAttributeName", format!("Unknown Attribute {unknown}.")));
    }
    if !wanted.iter().any(|name| name == "All") {
        all.retain(|name, _| wanted.contains(name));
    }
    let attributes = (!all.is_empty()).then(|| Output::string_map(all));
    Ok(Output::structure([("Attributes", attributes)]))
}

fn is_known(name: &str) -> bool {
    const OTHERS: [&str; 16] = [
        "All",
        "QueueArn",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "Policy",
        "RedrivePolicy",
        "RedriveAllowPolicy",
        "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds",
        "FifoQueue",
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoThroughputLimit",
    ];
    OTHERS.contains(&name) || attributes::defaults().contains_key(name)
}

pub(super) fn set_attributes(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let changes = string_map(call, "Attributes");
    let mut state = cloud.sqs.state();
    state.queue(&queue_arn)?;
    attributes::validate(&changes)?;
    attributes::check_redrive(&changes, |target| state.queues.contains_key(target))?;
    let queue = state.queue(&queue_arn)?;
    attributes::apply(&mut queue.attributes, changes);
    queue.modified = cloud.clock.now();
    Ok(Output::empty())
}

pub(super) fn tag(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let added = tags_of(call, "Tags")?;
    let mut state = cloud.sqs.state();
    let queue = state.queue(&queue_arn)?;
    let mut all = queue.tags.clone();
    all.extend(added);
    if all.len() > MAX_TAGS {
        return Err(invalid_parameter(format!("Too many tags added for queue {}.", queue.name())));
    }
    queue.tags = all;
    Ok(Output::empty())
}

/// The call's tags.
fn tags_of(call: &Call, parameter: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let tags = string_map(call, parameter);
    match tags::problem(&Vec::from_iter(tags.clone()), MAX_TAGS) {
        None => Ok(tags),
        Some(problem) => Err(invalid_parameter(format!("Invalid tags: {problem}."))),
    }
}

pub(super) fn untag(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let keys = call.input.texts("TagKeys");
    cloud.sqs.state().queue(&queue_arn)?.tags.retain(|key, _| !keys.contains(key));
    Ok(Output::empty())
}

pub(super) fn list_tags(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let tags = cloud.sqs.state().queue(&queue_arn)?.tags.clone();
    Ok(Output::structure([("Tags", (!tags.is_empty()).then(|| Output::string_map(tags)))]))
}

pub(super) fn dead_letter_sources(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let mut state = cloud.sqs.state();
    state.queue(&queue_arn)?;
    let names_it = |queue: &&Queue| {
        let policy = queue.attributes.get("RedrivePolicy");
        policy.and_then(|policy| super::redrive_target(policy)).is_some_and(|(target, _)| target == queue_arn)
    };
    let urls = state.queues.values().filter(names_it).map(|queue| queue_url(cloud, &queue.arn));
    Ok(Output::structure([("queueUrls", Some(Output::list(urls)))]))
}

/// Adds AWS's own reserved tags.
pub(crate) fn mark(cloud: &Cloud, region: &str, url: &str, tags: [(String, String); 3]) {
    let name = url.rsplit('/').next().unwrap_or_default();
    if let Ok(queue) = cloud.sqs.state().queue(&arn::local("sqs", region, name)) {
        queue.tags.extend(tags);
    }
}
