//! Request bodies: decodes chunks and verifies checksums.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::error::invalid_request;
use crate::ApiError;

const CHECKSUM_HEADER: &str = "x-amz-checksum-";

/// A verified checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checksum {
    /// `crc32`, `crc32c`, `crc64nvme`, `sha256`.
    pub(super) algorithm: &'static str,
    /// Base64.
    pub(super) value: String,
}

/// A verified body.
#[derive(Debug, Clone)]
pub(super) struct Payload {
    pub(super) body: Bytes,
    /// None when the client sent no checksum.
    pub(super) checksum: Option<Checksum>,
    /// Whether the request had `Content-MD5`.
    pub(super) has_md5: bool,
}

impl Payload {
    /// Decodes and verifies a request body.
    ///
    /// # Errors
    /// A checksum mismatch, truncated chunks, and signed chunks, which are not implemented.
    pub(super) fn read(headers: &HeaderMap, sent: &Bytes) -> Result<Self, ApiError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut checksums: Vec<(String, String)> =
            headers.iter().filter_map(|(name, value)| declared(name.as_str(), value.to_str().ok()?)).collect();
        let body = match text("x-amz-content-sha256") {
            Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER") => {
                let (body, trailers) = dechunk(sent).ok_or_else(incomplete)?;
                checksums.extend(trailers.iter().filter_map(|(name, value)| declared(name, value)));
                if text("x-amz-decoded-content-length").and_then(|length| length.parse().ok()) != Some(body.len()) {
                    return Err(incomplete());
                }
                body
            }
            Some(streaming) if streaming.starts_with("STREAMING-") => {
                return Err(ApiError::not_implemented("s3", &format!("bodies as {streaming}")));
            }
            _ => sent.clone(),
        };
        let md5 = text("content-md5");
        if let Some(md5) = md5 {
            check_md5(md5, &body)?;
        }
        let checksum = match checksums.as_slice() {
            [] => None,
            [(algorithm, value)] => Some(check(algorithm, value, &body)?),
            _ => {
                return Err(invalid_request(
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
                ));
            }
        };
        Ok(Self { body, checksum, has_md5: md5.is_some() })
    }
}

fn declared(name: &str, value: &str) -> Option<(String, String)> {
    let algorithm = name.strip_prefix(CHECKSUM_HEADER)?;
    (!matches!(algorithm, "mode" | "type" | "algorithm")).then(|| (algorithm.to_owned(), value.trim().to_owned()))
}

fn incomplete() -> ApiError {
    ApiError::new("IncompleteBody", "The request body terminated unexpectedly")
}

/// `SIZE[;extension]\r\nDATA\r\n…0\r\nTRAILER: VALUE\r\n\r\n`
fn dechunk(sent: &[u8]) -> Option<(Bytes, Vec<(String, String)>)> {
    let mut body = Vec::with_capacity(sent.len());
    let mut rest = sent;
    loop {
        let (line, after) = line(rest)?;
        let size = usize::from_str_radix(line.split(';').next()?, 16).ok()?;
        if size == 0 {
            rest = after;
            break;
        }
        body.extend_from_slice(after.get(..size)?);
        rest = after.get(size..)?.strip_prefix(b"\r\n")?;
    }
    let mut trailers = Vec::new();
    while let Some((text, after)) = line(rest) {
        if let Some((name, value)) = text.split_once(':') {
            trailers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        rest = after;
    }
    Some((body.into(), trailers))
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 2..]))
}

fn check_md5(declared: &str, body: &[u8]) -> Result<(), ApiError> {
    let valid = STANDARD.decode(declared).is_ok_and(|bytes| bytes.len() == 16);
    if !valid {
        return Err(ApiError::new("InvalidDigest", "The Content-MD5 you specified was invalid."));
    }
    match STANDARD.encode(Md5::digest(body)) == declared {
        true => Ok(()),
        false => Err(ApiError::new("BadDigest", "The Content-MD5 you specified did not match what we received.")),
    }
}

fn check(algorithm: &str, declared: &str, body: &[u8]) -> Result<Checksum, ApiError> {
    use crc_fast::CrcAlgorithm::{Crc32Iscsi, Crc32IsoHdlc, Crc64Nvme};
    let crc = |algorithm, size: usize| crc_fast::checksum(algorithm, body).to_be_bytes()[8 - size..].to_vec();
    let (algorithm, digest) = match algorithm {
        "crc32" => ("crc32", crc(Crc32IsoHdlc, 4)),
        "crc32c" => ("crc32c", crc(Crc32Iscsi, 4)),
        "crc64nvme" => ("crc64nvme", crc(Crc64Nvme, 8)),
        "sha256" => ("sha256", Sha256::digest(body).to_vec()),
        other => return Err(ApiError::not_implemented("s3", &format!("the checksum {other}"))),
    };
    if STANDARD.decode(declared).map(|bytes| bytes.len()) != Ok(digest.len()) {
        return Err(invalid_request(format!("Value for {CHECKSUM_HEADER}{algorithm} header is invalid.")));
    }
    let value = STANDARD.encode(digest);
    match value == declared {
        true => Ok(Checksum { algorithm, value }),
        false => {
            let name = algorithm.to_uppercase();
            Err(ApiError::new("BadDigest", format!("The {name} you specified did not match the calculated checksum.")))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)], body: &str) -> Result<Payload, String> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        Payload::read(&headers, &Bytes::from(body.to_owned())).map_err(|error| error.code)
    }

    #[test]
    fn a_body_must_match_its_checksum() {
        for (header, value, outcome) in [
            ("x-amz-checksum-crc32", "DUoRhQ==", Ok("crc32")),
            ("x-amz-checksum-crc32c", "yZRlqg==", Ok("crc32c")),
            ("x-amz-checksum-sha256", "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", Ok("sha256")),
            ("x-amz-checksum-crc32", "DUoRhg==", Err("BadDigest")),
            ("x-amz-checksum-crc32", "DUoR", Err("InvalidRequest")),
            ("x-amz-checksum-sha1", "Kq5sNclPz7QV2+lfQIuc6R7oRu0=", Err("NotImplemented")),
            ("content-md5", "XrY7u+Ae7tCTyyK7j1rNww==", Ok("")),
            ("content-md5", "XrY7u+Ae7tCTyyK7j1rNwx==", Err("InvalidDigest")),
            ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", Err("BadDigest")),
        ] {
            let found = read(&[(header, value)], "hello world");
            let found = found.map(|payload| payload.checksum.map_or("", |checksum| checksum.algorithm));
            assert_eq!(found, outcome.map_err(str::to_owned), "{header}: {value}");
        }
    }

    #[test]
    fn chunks_are_joined() {
        let headers = |length| {
            [("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), ("x-amz-decoded-content-length", length)]
        };
        let sent = "6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
        let payload = read(&headers("11"), sent).unwrap();
        assert_eq!(payload.body, "hello world");
        assert_eq!(payload.checksum.unwrap().algorithm, "crc32");
        assert_eq!(read(&headers("12"), sent).unwrap_err(), "IncompleteBody");
        assert_eq!(read(&headers("11"), &sent[..20]).unwrap_err(), "IncompleteBody");
        let wrong = sent.replace("DUoRhQ==", "DUoRhg==");
        assert_eq!(read(&headers("11"), &wrong).unwrap_err(), "BadDigest");
    }
}
