//! A request that was read whole.

use std::io::Read;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use crate::ApiError;

/// Larger than any request that AWS takes in one piece (a 50 MB function zip in base64).
const MAX_BODY: usize = 80 * 1024 * 1024;

/// Method, path, headers and body of a request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
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
    /// Reads the body to its end.
    pub(super) async fn read(request: http::Request<Incoming>) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        let sent_body = Limited::new(body, MAX_BODY)
            .collect()
            .await
            .map_err(|error| {
                ApiError::new("RequestEntityTooLargeException", format!("cannot read the request body: {error}"))
                    .with_status(413)
            })?
            .to_bytes();
        let compressed = head.headers.get(http::header::CONTENT_ENCODING).is_some_and(|value| value == "gzip");
        let body = if compressed { decompress(&sent_body)? } else { sent_body.clone() };
        Ok(Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            sent_body,
            body,
        })
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

fn decompress(body: &[u8]) -> Result<Bytes, ApiError> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body)
        .take(MAX_BODY as u64)
        .read_to_end(&mut plain)
        .map_err(|_| ApiError::new("SerializationException", "the request body is no gzip"))?;
    Ok(plain.into())
}
