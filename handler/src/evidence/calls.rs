//! The calls of one analysis: how many, and what their errors mean.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use incident_model::analysis::WhyMissing;
use incident_model::error_code;

/// Calls of one analysis, at most.
pub(super) const MOST: usize = 5;

/// The calls that are left.
#[derive(Debug)]
pub(super) struct Calls(AtomicUsize);

impl Default for Calls {
    fn default() -> Self {
        Self(AtomicUsize::new(MOST))
    }
}

impl Calls {
    /// Whether a call is left.
    pub(super) fn is_left(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// The answer to a call, which is made only if one is left.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn make<T, E: ProvideErrorMetadata>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, WhyMissing> {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.map_err(|_| WhyMissing::Late)?;
        // Boxed: the futures of the SDKs are large.
        Box::pin(call).await.map_err(|error| why(&error))
    }
}

/// What an error means for the evidence. What is neither a refusal nor a sign that there is nothing may pass: late.
fn why<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> WhyMissing {
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
    if is_denied(status, error_code::bare(code), message) {
        WhyMissing::Denied
    } else if is_nothing(error_code::bare(code)) {
        WhyMissing::None
    } else {
        WhyMissing::Late
    }
}

/// Services word refusals differently, most of all those of a key.
fn is_denied(status: Option<u16>, code: &str, message: &str) -> bool {
    const CODES: &[&str] =
        &["AccessDenied", "NotAuthorized", "Unauthorized", "UnrecognizedClient", "ExpiredToken", "InvalidClientToken"];
    const MESSAGES: &[&str] = &["is not authorized to", "customer master key", "access to KMS", "KMS key"];
    let is_of_key = code.to_ascii_uppercase().starts_with("KMS") && !code.contains("Throttl");
    matches!(status, Some(401 | 403))
        || is_of_key
        || CODES.iter().any(|denied| code.contains(denied))
        || MESSAGES.iter().any(|denied| message.contains(denied))
}

/// Codes for what does not exist, or not for this kind of resource: a log group that was never written, a name that an
/// event invented, an execution that has no history.
fn is_nothing(code: &str) -> bool {
    const CODES: &[&str] =
        &["NotFound", "DoesNotExist", "NotSupported", "Validation", "InvalidArn", "InvalidParameter"];
    code == "Client" || CODES.iter().any(|nothing| code.contains(nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_any_wording_are_denied() {
        for (status, code, message, denied) in [
            (400, "AccessDenied", "User: x is not authorized to perform: logs:FilterLogEvents", true),
            (400, "AccessDenied", "The ciphertext refers to a customer master key that does not exist", true),
            (400, "KMSAccessDenied", "", true),
            (400, "KMSDisabled", "", true),
            (403, "", "", true),
            (400, "KmsThrottling", "", false),
            (400, "Throttling", "Rate exceeded", false),
            (500, "InternalFailure", "", false),
            (404, "ResourceNotFound", "The specified log group does not exist.", false),
        ] {
            assert_eq!(is_denied(Some(status), code, message), denied, "{code} {message}");
        }
    }

    #[tokio::test]
    async fn the_sixth_call_is_not_made() {
        let calls = Calls::default();
        for number in 0..10 {
            let answer = calls.make(async { Ok::<_, SdkError<aws_sdk_lambda::Error, HttpResponse>>(number) }).await;
            assert_eq!(answer.is_ok(), number < MOST, "{number}");
            assert_eq!(calls.is_left(), number + 1 < MOST, "{number}");
        }
    }
}
