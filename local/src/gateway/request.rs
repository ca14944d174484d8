//! A request: head first, body once admitted.

use std::io::Read;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use super::{limits, route};
use crate::ApiError;

/// Method, path, headers and, once read, the body.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// The authority, if the request line has one.
    pub(super) authority: Option<String>,
    /// As sent, percent-encoded.
    pub(super) path: String,
    /// As sent, without the question mark.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    /// As sent: the signature covers this form.
    pub(super) sent_body: Bytes,
    /// Decompressed.
    pub(super) body: Bytes,
}

impl Request {
    /// A request whose body has not been read.
    pub(super) fn of(head: http::request::Parts) -> Self {
        Self {
            method: head.method,
            authority: head.uri.authority().map(ToString::to_string),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            sent_body: Bytes::new(),
            body: Bytes::new(),
        }
    }

    /// Whether the announced length is within a limit in bytes; a body without one is measured while reading.
    pub(super) fn announces_at_most(&self, limit: usize) -> bool {
        let announced = self.header("content-length").and_then(|length| length.parse::<u64>().ok());
        announced.is_none_or(|length| length <= limit as u64)
    }

    /// Reads and decompresses the body. The limit in bytes holds for both forms.
    ///
    /// # Errors
    /// [`limits::too_large`] above the limit, `SerializationException` for invalid gzip.
    pub(super) async fn read(&mut self, body: Incoming, limit: usize) -> Result<(), ApiError> {
        let protocol = route::guess(self).protocol;
        let too_large = || limits::too_large(protocol, limit);
        let collected = Limited::new(body, limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                return too_large();
            }
            ApiError::new("RequestTimeoutException", format!("cannot read the request body: {error}"))
        })?;
        self.sent_body = collected.to_bytes();
        let compressed = self.headers.get(http::header::CONTENT_ENCODING).is_some_and(|value| value == "gzip");
        self.body = if compressed {
            decompress(&self.sent_body, limit)?.ok_or_else(too_large)?
        } else {
            self.sent_body.clone()
        };
        Ok(())
    }

    /// A header's value, if present and text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn query_parameter(&self, name: &str) -> Option<String> {
        parameters(&self.query).into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Parameters of a query-protocol call: the body of a POST, otherwise the query string.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        let body = std::str::from_utf8(&self.body).unwrap_or_default();
        let mut form = form_parameters(&self.query);
        if self.method == Method::POST {
            form.extend(form_parameters(body));
        }
        form
    }
}

/// Percent-decoded names and values of a query string.
pub(super) fn parameters(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The same for a form, where a plus is a space.
fn form_parameters(form: &str) -> Vec<(String, String)> {
    parameters(&form.replace('+', "%20"))
}

pub(super) fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Decompresses gzip; `None` when the content exceeds the limit.
fn decompress(body: &[u8], limit: usize) -> Result<Option<Bytes>, ApiError> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body)
        .take(limit as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| ApiError::new("SerializationException", "the request body is not valid gzip"))?;
    Ok(Some(Bytes::from(plain)).filter(|plain| plain.len() <= limit))
}
