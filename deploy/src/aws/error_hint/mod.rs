//! Failures that people meet, and what helps. One table per service and one for what all have in common; an entry is
//! found by code and, where a code has many meanings, by a part of the message.

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
    /// A part of AWS's message; empty when the code says enough.
    message: &'static str,
    hint: &'static str,
}

/// The narrower a table, the earlier it is asked.
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

/// What helps against this failure.
pub(super) fn hint(error: &AwsError) -> Option<&'static str> {
    TABLES.into_iter().flatten().find(|known| known.is(error)).map(|known| known.hint)
}
