//! Lambda's pagination: `Marker` and `MaxItems`.

use serde_json::{Value, json};

use super::rest::{Reply, Request};
use super::validation::{invalid, violation};
use crate::ApiError;

/// AWS's maximum page size of most lists.
pub(super) const PAGE: usize = 50;
/// The largest `MaxItems` (API reference, `ListFunctions`).
const MOST_ITEMS: i64 = 10_000;

/// The requested page of a list, of `most` elements at most. The marker is the next element's position.
///
/// # Errors
/// `InvalidParameterValueException` for an invalid marker.
pub(super) fn reply(request: &Request, name: &str, elements: Vec<Value>, most: usize) -> Result<Reply, ApiError> {
    let start: usize = match request.query("Marker").filter(|marker| !marker.is_empty()) {
        Some(marker) => marker.parse().map_err(|_| invalid("Invalid marker"))?,
        None => 0,
    };
    let size = max_items(request)?.unwrap_or(most).min(most);
    let total = elements.len();
    let page: Vec<Value> = elements.into_iter().skip(start).take(size).collect();
    let next = start + page.len();
    let mut body = json!({ name: page });
    if next < total {
        body["NextMarker"] = json!(next.to_string());
    }
    Ok(Reply::json(200, &body))
}

/// `MaxItems`: more than a page holds is a page.
fn max_items(request: &Request) -> Result<Option<usize>, ApiError> {
    let Some(text) = request.query("MaxItems") else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(..=0) => Err(violation(text, "maxItems", "have value greater than or equal to 1")),
        Ok(size) if size > MOST_ITEMS => {
            Err(violation(text, "maxItems", &format!("have value less than or equal to {MOST_ITEMS}")))
        }
        Ok(size) => Ok(usize::try_from(size).ok()),
        Err(_) => Err(ApiError::new("SerializationException", format!("{text} can not be converted to an Integer"))),
    }
}
