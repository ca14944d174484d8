//! A request: its head first, and its body once it may be read.

use std::io::Read;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use super::{limits, route};
use crate::ApiError;

/// Method, path, headers and, once it is read, the body of a request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Host and port, where the request line has them.
    pub(super) authority: Option<String>,
    /// As it was sent, still percent-encoded.
    pub(super) path: String,
    /// Without the question mark, as it was sent.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    /// As it was sent: what the signature covers.
    pub(super) sent_body: Bytes,
    /// Decompressed.
    pub(super) body: Bytes,
}

impl Request {
    /// A request whose body was not read yet.
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

    /// Whether the length that the head announces is within a limit in bytes; a body without one is measured as it comes.
    pub(super) fn announces_at_most(&self, limit: usize) -> bool {
        let announced = self.header("content-length").and_then(|length| length.parse::<u64>().ok());
        announced.is_none_or(|length| length <= limit as u64)
    }

    /// Reads the body to its end. A gzip is taken apart; the limit holds for both forms.
    ///
    /// # Errors
    /// [`limits::too_large`] above the limit in bytes, `SerializationException` for what is no gzip.
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

    /// A header's value, when it is there and is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A parameter of the query string.
    pub(super) fn query_parameter(&self, name: &str) -> Option<String> {
        parameters(&self.query).into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The parameters of a query-protocol call: from the body of a POST, from the query string otherwise.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        let body = std::str::from_utf8(&self.body).unwrap_or_default();
        let mut form = form_parameters(&self.query);
        if self.method == Method::POST {
            form.extend(form_parameters(body));
        }
        form
    }
}

/// Names and values of a query string, percent-decoded.
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

/// The same for a form, in which a plus stands for a space.
fn form_parameters(form: &str) -> Vec<(String, String)> {
    parameters(&form.replace('+', "%20"))
}

/// Removes percent-encoding.
pub(super) fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The content of a gzip, `None` when it is longer than the limit.
fn decompress(body: &[u8], limit: usize) -> Result<Option<Bytes>, ApiError> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body)
        .take(limit as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| ApiError::new("SerializationException", "the request body is no gzip"))?;
    Ok(Some(Bytes::from(plain)).filter(|plain| plain.len() <= limit))
}
