//! Request body limits by operation.
//!
//! AWS limits the decoded content. Form encoding takes up to three bytes per byte and JSON up to six, so the body may
//! be longer; services check the content.

use super::protocol::Protocol;
use super::request::Request;
use super::route;
use super::signature::Scope;
use crate::ApiError;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// For the control API: fault rules and events.
pub(super) const CONTROL: usize = 4 * MIB;
/// For mail links sent as a form.
pub(super) const UNSIGNED: usize = 8 * KIB;
/// For names and settings: policies, templates (51 200 bytes), metrics (1 MB per call).
const SETTINGS: usize = 2 * MIB;
/// For payloads of up to a megabyte of text.
const TEXTS: usize = 7 * MIB;
/// "Request must be smaller than 70167211 bytes for the CreateFunction operation": a zip of 50 MB in base64.
const PACKAGE: usize = 70_167_211;
/// For an S3 object, where AWS takes 5 GB.
const OBJECT: usize = 80 * MIB;

/// Services and operations with larger requests; an empty operation is the service's default. Where the body names the
/// operation, as with SNS, it is not known yet.
const LONGER: [(&str, &str, usize); 11] = [
    ("s3", "PutObject", OBJECT),
    ("lambda", "CreateFunction", PACKAGE),
    ("lambda", "UpdateFunctionCode", PACKAGE),
    ("lambda", "Invoke", TEXTS),
    ("dynamodb", "BatchWriteItem", 32 * MIB),
    ("dynamodb", "TransactWriteItems", 32 * MIB),
    ("dynamodb", "", TEXTS),
    ("events", "PutEvents", TEXTS),
    ("logs", "PutLogEvents", TEXTS),
    ("sqs", "", TEXTS),
    ("sns", "", TEXTS),
];

/// Maximum body length of a signed request in bytes, by its head.
pub(super) fn longest_body(request: &Request, scope: &Scope) -> usize {
    let operation = route::find(request, Some(scope)).map(|route| route.operation).unwrap_or_default();
    of(&scope.service, &operation)
}

/// The error for a longer body. S3 has its own.
pub(super) fn too_large(protocol: Protocol, limit: usize) -> ApiError {
    match protocol {
        Protocol::S3 => ApiError::new("MaxMessageLengthExceeded", "Your request was too large."),
        _ => {
            let message = format!("Request must be smaller than {limit} bytes");
            ApiError::new("RequestEntityTooLargeException", message).with_status(413)
        }
    }
}

/// The error for a body that does not come in time. S3 has its own.
pub(super) fn too_slow(protocol: Protocol) -> ApiError {
    let code = if protocol == Protocol::S3 { "RequestTimeout" } else { "RequestTimeoutException" };
    let message = "Your socket connection to the server was not read from or written to within the timeout period.";
    ApiError::new(code, message).with_status(if protocol == Protocol::S3 { 400 } else { 408 })
}

/// The error for a body without room: clients repeat the call. S3 has its own.
pub(super) fn overloaded(protocol: Protocol) -> ApiError {
    match protocol {
        Protocol::S3 => ApiError::new("SlowDown", "Please reduce your request rate."),
        _ => ApiError::new("ServiceUnavailable", "the local AWS holds too many requests at a time"),
    }
    .with_status(503)
}

fn of(service: &str, operation: &str) -> usize {
    let longer = |wanted: &str| LONGER.iter().find(|(of, name, _)| *of == service && *name == wanted);
    longer(operation).or_else(|| longer("")).map_or(SETTINGS, |(_, _, bytes)| *bytes)
}
