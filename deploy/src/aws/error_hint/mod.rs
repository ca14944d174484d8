//! Remedies for common failures: one table per service and one for all. An entry matches by code and, where a code is
//! ambiguous, by a part of the message.

mod access;
mod cloudformation;
mod data;
mod general;
mod lambda;
mod messaging;
#[cfg(test)]
mod tests;

use super::AwsError;

/// A failure with a remedy.
struct ErrorHint {
    /// The service as in IAM actions; empty for all.
    service: &'static str,
    code: &'static str,
    /// A part of AWS's message; empty where the code is unambiguous.
    message: &'static str,
    hint: &'static str,
}

/// The most specific table comes first.
const TABLES: [&[ErrorHint]; 6] =
    [lambda::HINTS, data::HINTS, messaging::HINTS, cloudformation::HINTS, access::HINTS, general::HINTS];

/// A failure of one service.
const fn of(service: &'static str, code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    ErrorHint { service, code, message, hint }
}

/// A failure of any service.
const fn any(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("", code, message, hint)
}

impl ErrorHint {
    fn is(&self, error: &AwsError) -> bool {
        let service = error.call.split(':').next().unwrap_or_default();
        (self.service.is_empty() || self.service == service)
            && error.is(self.code)
            && error.message.to_lowercase().contains(&self.message.to_lowercase())
    }
}

/// The remedy for this failure.
pub(super) fn hint(error: &AwsError) -> Option<&'static str> {
    TABLES.into_iter().flatten().find(|known| known.is(error)).map(|known| known.hint)
}
