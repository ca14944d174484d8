//! A REST request, as Lambda and S3 take.

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::Principal;

/// A request of a REST protocol.
#[derive(Debug, Clone)]
pub struct RestRequest {
    /// The HTTP method.
    pub method: Method,
    /// The percent-encoded path.
    pub path: String,
    /// The percent-encoded query string; empty when absent.
    pub query: String,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The caller.
    pub principal: Principal,
    /// The signature's region.
    pub region: String,
    /// The request id; an asynchronous invocation keeps it as its own.
    pub request_id: String,
}
