//! Tags of mappings.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Mapping, not_found};
use crate::services::lambda::rest::{Reply, Request};
use crate::services::lambda::tags::check_count;
use crate::{ApiError, Cloud};

pub(in super::super) fn list(request: &Request, uuid: &str) -> Result<Reply, ApiError> {
    with(request, uuid, |mapping| Ok(Reply::json(200, &json!({ "Tags": mapping.tags }))))
}

pub(in super::super) fn add(request: &Request, uuid: &str, tags: BTreeMap<String, String>) -> Result<Reply, ApiError> {
    with(request, uuid, |mapping| {
        let mut all = mapping.tags.clone();
        all.extend(tags);
        check_count(&all)?;
        mapping.tags = all;
        Ok(Reply::empty(204))
    })
}

pub(in super::super) fn remove(request: &Request, uuid: &str) -> Result<Reply, ApiError> {
    let keys = request.queries("tagKeys");
    with(request, uuid, |mapping| {
        mapping.tags.retain(|key, _| !keys.contains(key));
        Ok(Reply::empty(204))
    })
}

fn with(
    request: &Request,
    uuid: &str,
    work: impl FnOnce(&mut Mapping) -> Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    let mut mappings = request.cloud.lambda.mappings.lock();
    let mapping = mappings.get_mut(uuid).filter(|mapping| mapping.arn() == request.segment(0));
    work(mapping.ok_or_else(not_found)?)
}

/// Adds AWS's own reserved tags.
pub(crate) fn mark(cloud: &Cloud, uuid: &str, tags: [(String, String); 3]) {
    if let Some(mapping) = cloud.lambda.mappings.lock().get_mut(uuid) {
        mapping.tags.extend(tags);
    }
}
