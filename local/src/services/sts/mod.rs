//! Security Token Service: who the caller is, and temporary credentials.

use crate::policy::Need;
use crate::{ApiError, Call, Cloud, Output};

/// Answers a call.
///
/// # Errors
/// In AWS's codes and words.
pub async fn handle(_cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Err(ApiError::not_implemented(&call.service, &call.operation))
}

/// The permissions that a call needs.
pub fn authorization(call: &Call) -> Vec<Need> {
    vec![Need::new(format!("sts:{}", call.operation), "*")]
}
