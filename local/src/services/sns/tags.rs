//! Topic tags.

use indexmap::IndexMap;

use super::errors::{self, required};
use super::state::{Sns, Topic};
use crate::services::tags::{self, Problem};
use crate::{ApiError, Call, Cloud, Output};

const MAX_TAGS: usize = 50;

pub(super) fn list(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    with_resource(sns, call, |topic| {
        let tag = |(key, value): (&String, &String)| {
            Output::structure([("Key", Some(key.as_str().into())), ("Value", Some(value.as_str().into()))])
        };
        Ok(Output::structure([("Tags", Some(Output::List(topic.tags.iter().map(tag).collect())))]))
    })
}

pub(super) fn add(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    with_resource(sns, call, |topic| {
        let mut tags = topic.tags.clone();
        tags.extend(tags_of(call)?);
        if tags.len() > MAX_TAGS {
            return Err(limit_exceeded());
        }
        topic.tags = tags;
        Ok(Output::empty())
    })
}

pub(super) fn remove(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    with_resource(sns, call, |topic| {
        let removed = call.input.texts("TagKeys");
        topic.tags.retain(|key, _| !removed.contains(key));
        Ok(Output::empty())
    })
}

/// Finds the topic: these calls name its ARN `ResourceArn`.
pub(super) fn with_resource(
    sns: &Sns,
    call: &Call,
    work: impl FnOnce(&mut Topic) -> Result<Output, ApiError>,
) -> Result<Output, ApiError> {
    work(sns.topics().get_mut(required(call, "ResourceArn")?).ok_or_else(errors::no_resource)?)
}

/// The call's tags.
///
/// # Errors
/// `InvalidParameter` for a key twice, and for keys and values that AWS does not take.
pub(super) fn tags_of(call: &Call) -> Result<IndexMap<String, String>, ApiError> {
    let tags: Vec<(String, String)> = tags::pairs(&call.input, "Tags");
    tags::problem(&tags, MAX_TAGS).map_or(Ok(()), |problem| {
        Err(match problem {
            Problem::Duplicate(_) => errors::invalid("Duplicated keys are not allowed."),
            Problem::TooMany => limit_exceeded(),
            problem => errors::invalid(format_args!("Tags Reason: {problem}")),
        })
    })?;
    Ok(tags.into_iter().collect())
}

fn limit_exceeded() -> ApiError {
    ApiError::new("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
}

/// Adds AWS's own reserved tags.
pub(crate) fn mark(cloud: &Cloud, topic_arn: &str, tags: [(String, String); 3]) {
    if let Some(topic) = cloud.sns.topics().get_mut(topic_arn) {
        topic.tags.extend(tags);
    }
}
