//! Published versions: frozen copies of `$LATEST`.

use serde_json::{Value, json};

use super::function::{Function, Revision, new_revision_id};
use super::reference::Reference;
use super::rest::{Reply, Request};
use super::{pages, store};
use crate::ApiError;

/// Publishes `$LATEST` as a version. If nothing has changed since the last one, returns that one, as on AWS.
pub(super) fn publish(function: &mut Function, description: Option<&str>) -> Revision {
    let latest = &function.latest;
    if let Some(last) = function.published.last()
        && last.code.sha256 == latest.code.sha256
        && last.settings == latest.settings
    {
        return last.clone();
    }
    let number = function.published.last().and_then(|last| last.version.parse::<u64>().ok()).unwrap_or(0) + 1;
    let mut published = Revision { version: number.to_string(), revision_id: new_revision_id(), ..latest.clone() };
    if let Some(description) = description.filter(|description| !description.is_empty()) {
        published.settings.description = description.to_owned();
    }
    function.published.push(published.clone());
    published
}

pub(super) fn list(request: &Request) -> Result<Reply, ApiError> {
    let reference = Reference::parse(request.segment(0), None, &request.http.region)?;
    let versions: Vec<Value> = store::read(request.cloud, &reference, |function| {
        let revisions = std::iter::once(&function.latest).chain(&function.published);
        Ok(revisions.map(|revision| function.describe(revision, true)).collect())
    })?;
    pages::reply(request, "Versions", versions, pages::PAGE)
}

/// `ListAliases`: always empty.
pub(super) fn list_aliases(request: &Request) -> Result<Reply, ApiError> {
    let reference = Reference::parse(request.segment(0), None, &request.http.region)?;
    store::read(request.cloud, &reference, |_| Ok(Reply::json(200, &json!({ "Aliases": [] }))))
}

/// `GetAlias`: always not found.
pub(super) fn get_alias(request: &Request) -> Result<Reply, ApiError> {
    let reference = Reference::parse(request.segment(0), None, &request.http.region)?;
    store::read(request.cloud, &reference, |function| {
        let message = format!("Cannot find alias arn: {}:{}", function.arn, request.segment(1));
        Err(ApiError::new("ResourceNotFoundException", message).with_status(404))
    })
}
