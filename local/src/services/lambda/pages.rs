//! Lambda's pagination: `Marker` and `MaxItems`.

use serde_json::{Value, json};

use super::rest::{Reply, Request};
use super::validation::invalid;
use crate::ApiError;

/// AWS's maximum page size of most lists.
pub(super) const PAGE: usize = 50;

/// The requested page of a list, of `most` elements at most. The marker is the next element's position.
///
/// # Errors
/// `InvalidParameterValueException` for an invalid marker.
pub(super) fn reply(request: &Request, name: &str, elements: Vec<Value>, most: usize) -> Result<Reply, ApiError> {
    let start: usize = match request.query("Marker").filter(|marker| !marker.is_empty()) {
        Some(marker) => marker.parse().map_err(|_| invalid("Invalid marker"))?,
        None => 0,
    };
    let size = request.query("MaxItems").and_then(|size| size.parse().ok()).unwrap_or(most).clamp(1, most);
    let total = elements.len();
    let page: Vec<Value> = elements.into_iter().skip(start).take(size).collect();
    let next = start + page.len();
    let mut body = json!({ name: page });
    if next < total {
        body["NextMarker"] = json!(next.to_string());
    }
    Ok(Reply::json(200, &body))
}
