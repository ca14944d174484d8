//! Published versions: frozen copies of `$LATEST`.

use serde_json::Value;

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
    let number = function.next_version.to_string();
    let mut published = Revision { version: number, revision_id: new_revision_id(), ..latest.clone() };
    if let Some(description) = description.filter(|description| !description.is_empty()) {
        published.settings.description = description.to_owned();
    }
    function.published.push(published.clone());
    // Numbers are not used again, also when the version is deleted.
    function.next_version += 1;
    published
}

pub(super) fn list(request: &Request) -> Result<Reply, ApiError> {
    let reference = Reference::parse(request.segment(0), None, &request.http.region)?;
    let versions: Vec<Value> = store::read(request.cloud, &reference, |function| {
        let revisions = std::iter::once(&function.latest).chain(&function.published);
        Ok(revisions.map(|revision| function.summarise(revision, true)).collect())
    })?;
    pages::reply(request, "Versions", versions, pages::PAGE)
}
