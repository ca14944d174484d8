//! `ListObjectsV2`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Request;
use super::error::invalid_argument;
use super::reply::Reply;
use super::store::Object;
use super::xml::{root, tagged};
use crate::ApiError;

const MAX_KEYS: usize = 1000;
/// Characters that `encoding-type=url` leaves unencoded.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A page, in key order.
enum Entry<'a> {
    Object(&'a str, &'a Object),
    Prefix(String),
}

struct Page<'a> {
    entries: Vec<Entry<'a>>,
    /// The key the next page starts after, if any.
    next: Option<&'a str>,
}

pub(super) fn list(request: &Request<'_>) -> Result<Reply, ApiError> {
    let query = |name: &str| request.route.query(name);
    if query("list-type").is_some_and(|kind| kind != "2") {
        return Err(invalid_argument("Invalid List Type specified in Request"));
    }
    let most = match query("max-keys") {
        None => MAX_KEYS,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| invalid_argument("Provided max-keys not an integer or within integer range"))?
            .min(MAX_KEYS),
    };
    let token = query("continuation-token").map(from_token).transpose()?;
    let prefix = query("prefix").unwrap_or_default();
    let start = token.as_deref().or(query("start-after")).unwrap_or_default();
    let buckets = request.cloud.s3.buckets();
    let bucket = buckets.get(&request.route.bucket)?;
    let objects = bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > start);
    let common = |key: &str| {
        let delimiter = query("delimiter").filter(|delimiter| !delimiter.is_empty())?;
        let end = key[prefix.len()..].find(delimiter)?;
        Some(key[..prefix.len() + end + delimiter.len()].to_owned())
    };
    let Page { entries, next } = page(objects, common, start, most);
    let encode = |text: &str| match query("encoding-type") {
        Some("url") => utf8_percent_encode(text, PLAIN).to_string(),
        _ => text.to_owned(),
    };
    let mut content = [
        tagged("Name", &request.route.bucket),
        tagged("Prefix", encode(prefix)),
        tagged("KeyCount", entries.len().to_string()),
        tagged("MaxKeys", most.to_string()),
        tagged("IsTruncated", next.is_some().to_string()),
    ]
    .concat();
    for (element, parameter) in [("Delimiter", "delimiter"), ("StartAfter", "start-after")] {
        content += &query(parameter).map(|text| tagged(element, encode(text))).unwrap_or_default();
    }
    for (element, parameter) in [("EncodingType", "encoding-type"), ("ContinuationToken", "continuation-token")] {
        content += &query(parameter).map(|text| tagged(element, text)).unwrap_or_default();
    }
    content += &next.map(|key| tagged("NextContinuationToken", STANDARD.encode(key))).unwrap_or_default();
    content.extend(entries.iter().map(|entry| match entry {
        Entry::Object(key, object) => contents(&encode(key), object),
        Entry::Prefix(prefix) => format!("<CommonPrefixes>{}</CommonPrefixes>", tagged("Prefix", encode(prefix))),
    }));
    Ok(Reply::xml(root("ListBucketResult", &content)))
}

/// A page of entries after `start`; the keys of a common prefix count as one.
fn page<'a>(
    objects: impl Iterator<Item = (&'a String, &'a Object)>,
    common: impl Fn(&str) -> Option<String>,
    start: &str,
    most: usize,
) -> Page<'a> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut last = None;
    for (key, object) in objects {
        let common = common(key);
        let is_last = |common: &String| matches!(entries.last(), Some(Entry::Prefix(last)) if last == common);
        // The previous page ended inside this common prefix and has already listed it.
        let is_told = common.as_ref().is_some_and(|common| is_last(common) || start.starts_with(common.as_str()));
        if !is_told {
            if entries.len() == most {
                return Page { entries, next: last };
            }
            entries.push(common.map_or(Entry::Object(key, object), Entry::Prefix));
        }
        last = Some(key.as_str());
    }
    Page { entries, next: None }
}

fn from_token(token: &str) -> Result<String, ApiError> {
    let bytes = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| invalid_argument("The continuation token provided is incorrect"))
}

fn contents(key: &str, object: &Object) -> String {
    let mut content = [
        tagged("Key", key),
        tagged("LastModified", super::instant(object.modified)),
        tagged("ETag", &object.etag),
        tagged("Size", object.body.len().to_string()),
        tagged("StorageClass", "STANDARD"),
    ]
    .concat();
    if let Some(checksum) = &object.checksum {
        content += &tagged("ChecksumAlgorithm", checksum.algorithm.to_uppercase());
        content += &tagged("ChecksumType", "FULL_OBJECT");
    }
    format!("<Contents>{content}</Contents>")
}
