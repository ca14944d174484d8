//! S3 replies.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};

/// A reply before its conversion to HTTP.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Reply {
    /// A document.
    pub(super) fn xml(document: String) -> Self {
        Self::raw(200, document.into()).with("content-type", "application/xml")
    }

    /// An empty body.
    pub(super) fn empty(status: u16) -> Self {
        Self::raw(status, Bytes::new())
    }

    /// A raw body.
    pub(super) fn raw(status: u16, body: Bytes) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// The same reply with an additional header.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The HTTP response.
    pub(super) fn into_http(self, request_id: &str) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = http::StatusCode::from_u16(self.status).unwrap_or_default();
        for (name, value) in self.headers.into_iter().chain([("x-amz-request-id".to_owned(), request_id.to_owned())]) {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
