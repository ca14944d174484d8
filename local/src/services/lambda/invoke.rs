//! `Invoke`: synchronous, asynchronous, or dry run.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::execution::{self, Refusal};
use super::queue::{self, AsyncEvent};
use super::reference::Reference;
use super::rest::{Reply, Request};
use super::store;
use super::validation::violation;
use crate::ApiError;

const SYNCHRONOUS_LIMIT: usize = 6_291_456;
/// 1 MB since October 2025, 256 KB before.
const ASYNCHRONOUS_LIMIT: usize = 1_048_576;

pub(super) async fn invoke(request: &Request<'_>) -> Result<Reply, ApiError> {
    let reference = Reference::parse(request.segment(0), request.query("Qualifier"), &request.http.region)?;
    store::read(request.cloud, &reference, |function| {
        function.revision(reference.qualifier()).ok_or_else(|| reference.not_found()).map(drop)
    })?;
    match request.header("x-amz-invocation-type").unwrap_or("RequestResponse") {
        "RequestResponse" => synchronously(request, &reference).await,
        "Event" => asynchronously(request, reference),
        "DryRun" => Ok(Reply::empty(204)),
        other => Err(violation(other, "invocationType", "satisfy enum value set: [Event, RequestResponse, DryRun]")),
    }
}

async fn synchronously(request: &Request<'_>, reference: &Reference) -> Result<Reply, ApiError> {
    let payload = payload(request, SYNCHRONOUS_LIMIT, "RequestResponse")?;
    match execution::run(request.cloud, reference, &request.http.request_id, payload).await {
        Ok(outcome) => {
            let mut reply = Reply::raw(200, outcome.payload)
                .with_header("content-type", "application/json")
                .with_header("x-amz-executed-version", outcome.version);
            if outcome.is_error {
                reply = reply.with_header("x-amz-function-error", "Unhandled");
            }
            if request.header("x-amz-log-type") == Some("Tail") {
                reply = reply.with_header("x-amz-log-result", STANDARD.encode(outcome.log_tail));
            }
            Ok(reply)
        }
        Err(Refusal::Throttled(reason)) => Ok(Reply::throttled(reason)),
        Err(Refusal::Api(error)) => Err(error),
    }
}

fn asynchronously(request: &Request<'_>, reference: Reference) -> Result<Reply, ApiError> {
    let payload = payload(request, ASYNCHRONOUS_LIMIT, "Event")?;
    store::read(request.cloud, &reference, execution::check_runtime)?;
    queue::enqueue(request.cloud, AsyncEvent::new(reference, payload, request.http.request_id.clone()));
    Ok(Reply::empty(202))
}

fn payload(request: &Request<'_>, limit: usize, kind: &str) -> Result<Bytes, ApiError> {
    let body = &request.http.body;
    if body.len() > limit {
        let message =
            format!("{} byte payload is too large for the {kind} invocation type (limit {limit} bytes)", body.len());
        return Err(ApiError::new("RequestTooLargeException", message).with_status(413));
    }
    if body.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => Ok(body.clone()),
        Err(error) => Err(ApiError::new(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: Could not parse payload into json: {error}"),
        )),
    }
}
