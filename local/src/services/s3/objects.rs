//! Object operations.

use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::Request;
use super::error::{invalid_argument, malformed_xml, no_such_key};
use super::reply::Reply;
use super::store::Object;
use super::xml::{Element, root, tagged};
use crate::{ApiError, Cloud};

/// Key length limit in bytes.
const MAX_KEY: usize = 1024;
/// Maximum number of objects in `DeleteObjects`.
const MAX_DELETED: usize = 1000;
/// Object headers, besides metadata, that `GetObject` returns.
const KEPT_HEADERS: [&str; 6] =
    ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

/// An object's body, for other services.
///
/// # Errors
/// `NoSuchBucket`, `NoSuchKey`.
pub fn object(cloud: &Cloud, bucket: &str, key: &str) -> Result<Bytes, ApiError> {
    let buckets = cloud.s3.buckets();
    buckets.get(bucket)?.objects.get(key).map(|object| object.body.clone()).ok_or_else(no_such_key)
}

pub(super) fn put(request: &Request<'_>) -> Result<Reply, ApiError> {
    if request.route.key.len() > MAX_KEY {
        return Err(ApiError::new("KeyTooLongError", "Your key is too long"));
    }
    request.only_header("x-amz-acl", &["private", "bucket-owner-full-control"])?;
    request.only_header("x-amz-storage-class", &["STANDARD"])?;
    let etag = format!("\"{}\"", super::hex(&Md5::digest(&request.payload.body)));
    let object = Object {
        body: request.payload.body.clone(),
        etag: etag.clone(),
        modified: request.cloud.clock.now(),
        headers: headers(request)?,
        checksum: request.payload.checksum.clone(),
    };
    let mut buckets = request.cloud.s3.buckets();
    let objects = &mut buckets.get_mut(&request.route.bucket)?.objects;
    match request.header("if-none-match") {
        Some("*") if objects.contains_key(&request.route.key) => return Err(precondition()),
        None | Some("*") => {}
        Some(_) => return Err(ApiError::not_implemented("s3", "PutObject with If-None-Match other than *")),
    }
    let mut reply = Reply::empty(200).with("etag", etag);
    reply = described(reply, &object);
    objects.insert(request.route.key.clone(), object);
    Ok(reply)
}

fn precondition() -> ApiError {
    ApiError::new("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        .with_status(412)
}

/// The headers `PutObject` stores. Every object is encrypted, by default with S3-managed keys.
fn headers(request: &Request<'_>) -> Result<Vec<(String, String)>, ApiError> {
    const ENCRYPTION: &str = "x-amz-server-side-encryption";
    const KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
    request.only_header(ENCRYPTION, &["AES256", "aws:kms"])?;
    let encryption = request.header(ENCRYPTION).unwrap_or("AES256");
    if encryption == "AES256" && request.header(KEY).is_some() {
        return Err(invalid_argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
        ));
    }
    let mut kept = vec![(ENCRYPTION.to_owned(), encryption.to_owned())];
    for (name, value) in &request.http.headers {
        let name = name.as_str();
        let Ok(value) = value.to_str() else { continue };
        let value = match name {
            "content-encoding" => value.trim_start_matches("aws-chunked").trim_start_matches(','),
            _ => value,
        };
        let own = KEPT_HEADERS.contains(&name) || name == KEY || name.starts_with("x-amz-meta-");
        if own && !value.is_empty() {
            kept.push((name.to_owned(), value.to_owned()));
        }
    }
    if !kept.iter().any(|(name, _)| name == "content-type") {
        kept.push(("content-type".to_owned(), "binary/octet-stream".to_owned()));
    }
    Ok(kept)
}

/// Encryption and checksum headers of a put's reply.
fn described(mut reply: Reply, object: &Object) -> Reply {
    for (name, value) in object.headers.iter().filter(|(name, _)| name.contains("encryption")) {
        reply = reply.with(name, value.as_str());
    }
    with_checksum(reply, object)
}

fn with_checksum(reply: Reply, object: &Object) -> Reply {
    match &object.checksum {
        Some(checksum) => reply
            .with(&format!("x-amz-checksum-{}", checksum.algorithm), checksum.value.as_str())
            .with("x-amz-checksum-type", "FULL_OBJECT"),
        None => reply,
    }
}

/// `GetObject` and `HeadObject`, whose body the gateway drops.
pub(super) fn get(request: &Request<'_>) -> Result<Reply, ApiError> {
    let buckets = request.cloud.s3.buckets();
    let object = buckets.get(&request.route.bucket)?.objects.get(&request.route.key).ok_or_else(no_such_key)?;
    let mut reply = Reply::raw(200, object.body.clone())
        .with("etag", object.etag.as_str())
        .with("last-modified", object.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .with("accept-ranges", "bytes");
    for (name, value) in &object.headers {
        reply = reply.with(name, value.as_str());
    }
    match request.header("x-amz-checksum-mode") {
        Some(mode) if mode.eq_ignore_ascii_case("enabled") => Ok(with_checksum(reply, object)),
        _ => Ok(reply),
    }
}

/// `DeleteObject`: deleting a missing object succeeds.
pub(super) fn delete(request: &Request<'_>) -> Result<Reply, ApiError> {
    let mut buckets = request.cloud.s3.buckets();
    buckets.get_mut(&request.route.bucket)?.objects.remove(&request.route.key);
    Ok(Reply::empty(204))
}

/// `DeleteObjects`.
pub(super) fn delete_many(request: &Request<'_>) -> Result<Reply, ApiError> {
    request.needs_checksum()?;
    let document = Element::parse(&request.payload.body)?;
    let keys: Vec<&str> = document.all("Object").filter_map(|object| object.text_of("Key")).collect();
    let known = |path: &str| matches!(path, "Object/Key" | "Quiet");
    if let Some((unknown, _)) = document.leaves().iter().find(|(path, _)| !known(path)) {
        return Err(ApiError::not_implemented("s3", &format!("DeleteObjects with {unknown}")));
    }
    if document.name != "Delete" || keys.is_empty() || keys.len() > MAX_DELETED {
        return Err(malformed_xml());
    }
    let mut buckets = request.cloud.s3.buckets();
    let bucket = buckets.get_mut(&request.route.bucket)?;
    for key in &keys {
        bucket.objects.remove(*key);
    }
    let quiet = document.text_of("Quiet") == Some("true");
    let deleted: String = match quiet {
        true => String::new(),
        false => keys.iter().map(|key| format!("<Deleted>{}</Deleted>", tagged("Key", key))).collect(),
    };
    Ok(Reply::xml(root("DeleteResult", &deleted)))
}
