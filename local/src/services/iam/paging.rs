//! Pagination.

use crate::{ApiError, Input, Output};

/// A complete, untruncated list.
pub(super) fn whole(name: &str, elements: Vec<Output>) -> Output {
    Output::Structure(vec![(name.to_owned(), Output::List(elements)), ("IsTruncated".to_owned(), Output::Bool(false))])
}

/// The page for `Marker` and `MaxItems` (default 100). A marker is the next element's position.
pub(super) fn page(input: &Input, name: &str, elements: Vec<Output>) -> Result<Output, ApiError> {
    let invalid = |parameter: &str| ApiError::new("ValidationError", format!("The {parameter} is not valid"));
    let start: usize = match input.text("Marker") {
        Some(marker) => marker.parse().map_err(|_| invalid("Marker"))?,
        None => 0,
    };
    let size = match input.get("MaxItems") {
        Some(_) => {
            input.integer("MaxItems").filter(|size| (1..=1000).contains(size)).ok_or_else(|| invalid("MaxItems"))?
        }
        None => 100,
    };
    let end = start.saturating_add(size.unsigned_abs() as usize);
    let total = elements.len();
    let elements = elements.into_iter().skip(start).take(end - start).collect();
    if end >= total {
        return Ok(whole(name, elements));
    }
    Ok(Output::Structure(vec![
        (name.to_owned(), Output::List(elements)),
        ("IsTruncated".to_owned(), Output::Bool(true)),
        ("Marker".to_owned(), end.to_string().into()),
    ]))
}
