//! AWS Lambda: functions as real processes that speak the Runtime API.

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::{ApiError, Cloud, Principal};

/// State of the service.
#[derive(Debug, Default)]
pub struct Lambda {}

/// A request as Lambda's REST protocol carries it.
#[derive(Debug, Clone)]
pub struct RestRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path, still percent-encoded.
    pub path: String,
    /// What follows the question mark, still percent-encoded; empty when there is none.
    pub query: String,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Who calls.
    pub principal: Principal,
    /// Region in the signature.
    pub region: String,
    /// The id that the reply carries; an asynchronous invocation keeps it as its own.
    pub request_id: String,
}

/// The service, and the resource of it, for which a function is invoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Such as `events.amazonaws.com`.
    pub service_principal: String,
    /// The rule, topic or queue that the invocation comes from.
    pub source_arn: String,
}

/// Answers one request.
pub async fn handle(_cloud: &Cloud, request: RestRequest) -> http::Response<Bytes> {
    let error = ApiError::not_implemented("lambda", &format!("{} {}", request.method, request.path));
    let body = serde_json::json!({ "Type": "User", "Message": error.message }).to_string();
    let mut response = http::Response::new(Bytes::from(body));
    *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
    response
}

/// Queues an invocation on behalf of another service and returns its request id.
///
/// # Errors
/// `ResourceNotFoundException`, `AccessDeniedException` when the function's policy does not let the source in, and
/// `TooManyRequestsException`.
pub async fn invoke_async(
    _cloud: &Cloud,
    function_arn: &str,
    _payload: Bytes,
    _source: Source,
) -> Result<String, ApiError> {
    Err(ApiError::new("ResourceNotFoundException", format!("Function not found: {function_arn}")).with_status(404))
}

/// Ends every process that runs a function. Nothing may outlive the local AWS.
pub async fn shutdown(_cloud: &Cloud) {}
