//! A request of a service whose operations are paths, as Lambda's and S3's are.

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::Principal;

/// A request as a REST protocol carries it.
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
