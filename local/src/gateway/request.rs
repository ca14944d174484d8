//! A request: head first, body once admitted.

use std::io::Read;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::connections::{Overloaded, Seat};
use super::protocol::Protocol;
use super::{limits, route};
use crate::ApiError;

/// How much is decompressed at a time, in bytes.
const PIECE: usize = 64 * 1024;

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

    /// Reads and decompresses the body. The limit in bytes holds for both forms, and both count as held.
    ///
    /// # Errors
    /// [`limits::too_large`] above the limit, [`limits::too_slow`] and [`limits::overloaded`], and
    /// `SerializationException` for invalid gzip.
    pub(super) async fn read(&mut self, body: Incoming, limit: usize, seat: &Seat) -> Result<(), ApiError> {
        let protocol = route::guess(self).protocol;
        let explained = |unread: Unread| match unread {
            Unread::TooLarge => limits::too_large(protocol, limit),
            Unread::TooSlow => limits::too_slow(protocol),
            Unread::Overloaded => limits::overloaded(protocol),
            Unread::Broken(error) => {
                ApiError::new("RequestTimeoutException", format!("cannot read the request body: {error}"))
            }
            Unread::NotGzip => ApiError::new("SerializationException", "the request body is not valid gzip"),
        };
        self.sent_body = receive(body, limit, seat).await.map_err(explained)?;
        let is_compressed = self.headers.get(http::header::CONTENT_ENCODING).is_some_and(|value| value == "gzip");
        // S3 stores an encoded object as it is.
        self.body = match is_compressed && protocol != Protocol::S3 {
            true => decompress(&self.sent_body, limit, seat).map_err(explained)?,
            false => self.sent_body.clone(),
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

/// Why a body was not read to its end.
enum Unread {
    TooLarge,
    TooSlow,
    Overloaded,
    Broken(hyper::Error),
    NotGzip,
}

impl From<Overloaded> for Unread {
    fn from(_: Overloaded) -> Self {
        Self::Overloaded
    }
}

/// Receives a body in time, unless it has to give way to others.
async fn receive(mut body: Incoming, limit: usize, seat: &Seat) -> Result<Bytes, Unread> {
    let reading = async {
        let mut received = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(Unread::Broken)?.into_data() else { continue };
            take(&mut received, &data, limit, seat)?;
        }
        Ok(Bytes::from(received))
    };
    tokio::select! {
        received = reading => received,
        () = seat.refused() => Err(Unread::Overloaded),
        () = tokio::time::sleep(seat.capacity().body) => Err(Unread::TooSlow),
    }
}

/// Decompresses gzip, whose length is not known before.
fn decompress(body: &[u8], limit: usize, seat: &Seat) -> Result<Bytes, Unread> {
    let (mut decoder, mut plain) = (flate2::read::GzDecoder::new(body), Vec::new());
    let mut piece = vec![0; PIECE];
    loop {
        match decoder.read(&mut piece) {
            Ok(0) => return Ok(Bytes::from(plain)),
            Ok(length) => take(&mut plain, &piece[..length], limit, seat)?,
            Err(_) => return Err(Unread::NotGzip),
        }
    }
}

/// Adds a piece within the limits of the body and of all bodies.
fn take(taken: &mut Vec<u8>, piece: &[u8], limit: usize, seat: &Seat) -> Result<(), Unread> {
    if taken.len() + piece.len() > limit {
        return Err(Unread::TooLarge);
    }
    seat.hold(piece.len())?;
    taken.extend_from_slice(piece);
    Ok(())
}
