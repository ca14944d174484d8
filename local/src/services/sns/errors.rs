//! SNS's errors, in SNS's words.

use crate::{ApiError, Call};

/// An invalid parameter.
pub(super) fn invalid(reason: impl std::fmt::Display) -> ApiError {
    ApiError::new("InvalidParameter", format!("Invalid parameter: {reason}"))
}

/// An invalid attribute in a create call.
pub(super) fn invalid_attribute(reason: impl std::fmt::Display) -> ApiError {
    invalid(format_args!("Attributes Reason: {reason}"))
}

pub(super) fn no_topic() -> ApiError {
    ApiError::new("NotFound", "Topic does not exist").with_status(404)
}

pub(super) fn no_subscription() -> ApiError {
    ApiError::new("NotFound", "Subscription does not exist").with_status(404)
}

pub(super) fn no_resource() -> ApiError {
    ApiError::new("ResourceNotFound", "Resource does not exist").with_status(404)
}

/// A required text parameter.
///
/// # Errors
/// `ValidationError`, as the query protocol's services return.
pub(super) fn required<'c>(call: &'c Call, name: &str) -> Result<&'c str, ApiError> {
    call.input.required_text(name).map_err(|error| ApiError { code: "ValidationError".to_owned(), ..error })
}
