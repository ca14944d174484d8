//! The canonical request, which is what gets signed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::hex;
use crate::gateway::request::{Request, parameters};

/// Unreserved characters: letters, digits and `-._~`.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In a path, slashes too.
const IN_PATH: &AsciiSet = &UNRESERVED.remove(b'/');

pub(super) fn request(request: &Request, service: &str, signed_headers: &[String], presigned: bool) -> String {
    let headers: String =
        signed_headers.iter().map(|name| format!("{name}:{}\n", header_value(request, name))).collect();
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        request.method,
        match service {
            "s3" => request.path.clone(),
            _ => path(&request.path),
        },
        query(&request.query, presigned),
        signed_headers.join(";"),
        match service {
            "s3" if presigned => "UNSIGNED-PAYLOAD".to_owned(),
            _ => body_hash(request, presigned),
        },
    )
}

/// The path as sent, encoded once more: every service but S3 does so.
fn path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty() && *segment != ".") {
        match segment {
            ".." => _ = segments.pop(),
            segment => segments.push(segment),
        }
    }
    let slash = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    utf8_percent_encode(&format!("/{}{slash}", segments.join("/")), IN_PATH).to_string()
}

fn query(query: &str, presigned: bool) -> String {
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut pairs: Vec<(String, String)> = parameters(query)
        .into_iter()
        .filter(|(name, _)| !(presigned && name == "X-Amz-Signature"))
        .map(|(name, value)| (encode(&name), encode(&value)))
        .collect();
    pairs.sort();
    pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// All values of a header, with runs of spaces collapsed.
fn header_value(request: &Request, name: &str) -> String {
    request
        .headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(",")
}

fn body_hash(request: &Request, presigned: bool) -> String {
    match request.header("x-amz-content-sha256") {
        Some(declared) => declared.to_owned(),
        None if presigned => request.query_parameter("X-Amz-Content-Sha256").unwrap_or_else(|| hash(request)),
        None => hash(request),
    }
}

fn hash(request: &Request) -> String {
    hex(&Sha256::digest(&request.sent_body))
}
