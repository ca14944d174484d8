//! Tags of functions and of event source mappings.

use std::collections::BTreeMap;

use serde_json::json;

use super::reference::Reference;
use super::rest::{Reply, Request};
use super::settings::text_members;
use super::validation::{invalid, violation};
use super::{mapping, store};
use crate::services::tags::Problem;
use crate::{ApiError, Cloud};

const LIMIT: usize = 50;

/// Enforces AWS's tag limits.
///
/// # Errors
/// `InvalidParameterValueException` for too many tags, a reserved or overlong key, or an overlong value.
pub(super) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), ApiError> {
    check_count(tags)?;
    match crate::services::tags::problem(&Vec::from_iter(tags.clone()), LIMIT) {
        None => Ok(()),
        Some(Problem::Reserved(_)) => Err(invalid(
            "The tag key is reserved for AWS: system tags cannot be added, updated or removed by requester.",
        )),
        Some(problem) => Err(invalid(format!("Invalid tags: {problem}."))),
    }
}

/// Enforces AWS's number of tags.
///
/// # Errors
/// `InvalidParameterValueException` for too many.
pub(super) fn check_count(tags: &BTreeMap<String, String>) -> Result<(), ApiError> {
    match tags.len() > LIMIT {
        true => Err(invalid(format!("Number of tags exceeds resource tag limit of {LIMIT}."))),
        false => Ok(()),
    }
}

pub(super) fn list(request: &Request) -> Result<Reply, ApiError> {
    if let Some(uuid) = mapping::uuid_in(request.segment(0)) {
        return mapping::list_tags(request, uuid);
    }
    store::read(request.cloud, &reference(request)?, |function| Ok(Reply::json(200, &json!({ "Tags": function.tags }))))
}

/// `TagResource`.
pub(super) fn add(request: &Request) -> Result<Reply, ApiError> {
    request.only(&["Tags"])?;
    let tags = text_members(&request.input.structure("Tags").unwrap_or_default())?;
    check_tags(&tags)?;
    if let Some(uuid) = mapping::uuid_in(request.segment(0)) {
        return mapping::add_tags(request, uuid, tags);
    }
    store::change(request.cloud, &reference(request)?, |function| {
        let mut all = function.tags.clone();
        all.extend(tags);
        check_count(&all)?;
        function.tags = all;
        Ok(Reply::empty(204))
    })
}

/// `UntagResource`.
pub(super) fn remove(request: &Request) -> Result<Reply, ApiError> {
    if let Some(uuid) = mapping::uuid_in(request.segment(0)) {
        return mapping::remove_tags(request, uuid);
    }
    let keys = request.queries("tagKeys");
    store::change(request.cloud, &reference(request)?, |function| {
        function.tags.retain(|key, _| !keys.contains(key));
        Ok(Reply::empty(204))
    })
}

/// Tags belong to the function as a whole, identified by its full ARN.
fn reference(request: &Request) -> Result<Reference, ApiError> {
    let arn = request.segment(0);
    let reference = Reference::parse(arn, None, &request.http.region)?;
    if !arn.starts_with("arn:") {
        return Err(violation(arn, "resource", "satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:.*"));
    }
    if reference.qualifier.is_some() {
        return Err(invalid("Tags on function aliases and versions are not supported. Please specify a function ARN."));
    }
    Ok(reference)
}

/// Adds AWS's own reserved tags.
pub(crate) fn mark(cloud: &Cloud, region: &str, function: &str, tags: [(String, String); 3]) {
    if let Some(function) = store::functions(cloud).get_mut(&(region.to_owned(), function.to_owned())) {
        function.tags.extend(tags);
    }
}
