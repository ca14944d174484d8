//! Alarm tags.

use std::collections::BTreeMap;

use crate::services::tags::{self, Problem};
use crate::{ApiError, Call, Cloud, Input, Output};

use super::{invalid, required, validation};

const MAX_TAGS: usize = 50;

/// Parses `Tags: [{Key, Value}]`.
pub(super) fn read(input: &Input) -> Result<BTreeMap<String, String>, ApiError> {
    let given = tags::pairs(input, "Tags");
    match tags::problem(&given, MAX_TAGS) {
        None => Ok(given.into_iter().collect()),
        Some(Problem::TooMany) => Err(too_many()),
        Some(problem) => Err(invalid(format!("The value for parameter Tags is invalid: {problem}."))),
    }
}

fn too_many() -> ApiError {
    validation(format!("A resource can have at most {MAX_TAGS} tags."))
}

/// Changes the tags of the alarm that the call names.
fn with<T>(cloud: &Cloud, call: &Call, change: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> Result<T, ApiError> {
    let arn = required(&call.input, "ResourceARN")?;
    let mut state = cloud.cloudwatch.state();
    let alarm = state
        .alarms
        .get_mut(arn)
        .ok_or_else(|| ApiError::new("ResourceNotFoundException", "Unknown resource").with_status(404))?;
    Ok(change(&mut alarm.tags))
}

pub(super) fn tag(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let added = read(&call.input)?;
    with(cloud, call, |tags| {
        let mut all = tags.clone();
        all.extend(added);
        if all.len() > MAX_TAGS {
            return Err(too_many());
        }
        *tags = all;
        Ok(Output::empty())
    })?
}

pub(super) fn untag(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let keys = call.input.texts("TagKeys");
    with(cloud, call, |tags| tags.retain(|key, _| !keys.contains(key))).map(|()| Output::empty())
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let tags = with(cloud, call, |tags| tags.clone())?;
    let one =
        |(key, value): (String, String)| Output::structure([("Key", Some(key.into())), ("Value", Some(value.into()))]);
    Ok(Output::structure([("Tags", Some(Output::List(tags.into_iter().map(one).collect())))]))
}

/// Adds AWS's own reserved tags.
pub(crate) fn mark(cloud: &Cloud, region: &str, alarm: &str, tags: [(String, String); 3]) {
    let arn = crate::arn::local("cloudwatch", region, &format!("alarm:{alarm}"));
    if let Some(alarm) = cloud.cloudwatch.state().alarms.get_mut(&arn) {
        alarm.tags.extend(tags);
    }
}
