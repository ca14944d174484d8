//! AWS CloudTrail: the event history of management calls, that of the local AWS and those that tests bring in.
//!
//! Global services are in the history of us-east-1, as on AWS. Data events (an invocation, an item, a message) are not
//! recorded, and neither are answers (`responseElements`).

mod identity;
mod lookup;
mod names;
mod past;
mod record;
mod store;

use crate::{ApiError, Call, Cloud, Output};

pub(crate) use past::{bring_in, past};
pub(crate) use record::{draft, record};

/// State of the service.
#[derive(Debug, Default)]
pub struct CloudTrail {
    store: store::Store,
}

/// Handles one call.
///
/// # Errors
/// AWS's validation errors, and `ThrottlingException` beyond two calls a second.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.operation.as_str() {
        "LookupEvents" => lookup::events(cloud, call),
        other => Err(ApiError::not_implemented("cloudtrail", other)),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
