//! Function execution.

mod bounds;
mod ending;
mod environment;
pub(super) mod failure;
mod guardian;
mod journal;
mod memory;
pub(super) mod metrics;
mod output;
mod peer;
pub(super) mod pool;
mod process;
mod report;
mod runtime_api;
mod variables;

use std::time::Duration;

use bytes::Bytes;

use super::function::Function;
use super::reference::Reference;
use super::{role, store};
use crate::{ApiError, Cloud};

use environment::Environment;

/// A finished invocation.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// The response or error object.
    pub(super) payload: Bytes,
    /// Whether the function, its runtime or its environment failed.
    pub(super) is_error: bool,
    duration: Duration,
    /// The executed version.
    pub(super) version: String,
    /// The last 4 KB of its log.
    pub(super) log_tail: Vec<u8>,
}

/// Why an invocation did not start.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Throttled, with AWS's reason.
    Throttled(&'static str),
    /// Anything else.
    Api(ApiError),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// Runs an invocation to completion, even when the caller disconnects, as on AWS.
///
/// # Errors
/// When it could not start.
pub(super) async fn run(
    cloud: &Cloud,
    reference: &Reference,
    request_id: &str,
    payload: Bytes,
) -> Result<Outcome, Refusal> {
    let (cloud, reference, request_id) = (cloud.clone(), reference.clone(), request_id.to_owned());
    let invocation = tokio::spawn(async move { invoke(&cloud, &reference, &request_id, payload).await });
    invocation.await.unwrap_or_else(|error| {
        Err(Refusal::Api(ApiError::new("ServiceException", error.to_string()).with_status(500)))
    })
}

async fn invoke(cloud: &Cloud, reference: &Reference, request_id: &str, payload: Bytes) -> Result<Outcome, Refusal> {
    let function = store::read(cloud, reference, |function| Ok(function.clone()))?;
    let revision = function.revision_to_run(reference.qualifier()).ok_or_else(|| reference.not_found())?;
    function.check_runnable()?;
    check_runtime(&function)?;
    let pool = &cloud.lambda.pool;
    let permit = pool.admit(cloud, &function.arn, function.reserved_concurrency).map_err(|reason| {
        metrics::throttled(cloud, &function);
        Refusal::Throttled(reason)
    })?;
    role::check_environment_readable(cloud, revision)?;
    let mut environment =
        pool.take(&revision.revision_id).unwrap_or_else(|| Environment::new(cloud, &function, revision));
    let outcome = environment.invoke(request_id, &reference.asked_arn(), payload).await?;
    metrics::ended(cloud, &function, &outcome, permit.concurrency);
    pool.start_reaper(cloud);
    pool.release(environment);
    Ok(outcome)
}

/// Rejects runtimes that need more than an executable.
///
/// # Errors
/// `NotImplemented`, naming the runtime.
pub(super) fn check_runtime(function: &Function) -> Result<(), ApiError> {
    let runtime = &function.latest.settings.runtime;
    if function.latest.settings.is_runnable() {
        return Ok(());
    }
    Err(ApiError::not_implemented(
        "lambda",
        &format!("Invoke of a {runtime} function: it runs provided.al2023 and provided.al2 only"),
    ))
}

#[cfg(test)]
impl Outcome {
    /// An error reported by the function.
    pub(super) fn failed_for_test() -> Self {
        Self {
            payload: Bytes::from_static(br#"{"errorMessage":"intentional failure!","errorType":"Exception"}"#),
            is_error: true,
            duration: Duration::from_millis(1),
            version: "$LATEST".to_owned(),
            log_tail: Vec::new(),
        }
    }
}
