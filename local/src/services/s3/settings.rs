//! Bucket configuration: one document per sub-resource, validated when set and returned as it was.

use std::collections::BTreeMap;

use super::Request;
use super::error::{invalid_argument, invalid_request, malformed_xml};
use super::reply::Reply;
use super::xml::{Element, root};
use crate::ApiError;
use crate::policy::Policy;
use crate::services::tags::{self, Problem};

const MAX_TAGS: usize = 50;

/// A kind of configuration.
struct Kind {
    /// The sub-resource in the query string.
    name: &'static str,
    /// The root element of its document.
    root: &'static str,
    /// The supported elements, as paths below the root.
    elements: &'static [&'static str],
    /// Error code and message when it is not configured.
    absent: (&'static str, &'static str),
    /// Whether S3 requires a checksum of the document.
    checksum: bool,
    /// HTTP status of a successful put.
    accepted: u16,
    /// Additional validation.
    check: fn(&Element) -> Result<(), ApiError>,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "publicAccessBlock",
        root: "PublicAccessBlockConfiguration",
        elements: &["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"],
        absent: ("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
        checksum: true,
        accepted: 200,
        check: all_flags,
    },
    Kind {
        name: "encryption",
        root: "ServerSideEncryptionConfiguration",
        elements: &[
            "Rule/ApplyServerSideEncryptionByDefault/SSEAlgorithm",
            "Rule/ApplyServerSideEncryptionByDefault/KMSMasterKeyID",
            "Rule/BucketKeyEnabled",
        ],
        absent: (
            "ServerSideEncryptionConfigurationNotFoundError",
            "The server side encryption configuration was not found",
        ),
        checksum: true,
        accepted: 200,
        check: encryption,
    },
    Kind {
        name: "tagging",
        root: "Tagging",
        elements: &["TagSet/Tag/Key", "TagSet/Tag/Value", "TagSet"],
        absent: ("NoSuchTagSet", "The TagSet does not exist"),
        checksum: true,
        accepted: 204,
        check: tagging,
    },
    Kind {
        name: "lifecycle",
        root: "LifecycleConfiguration",
        elements: &[
            "Rule/ID",
            "Rule/Status",
            "Rule/Prefix",
            "Rule/Filter",
            "Rule/Filter/Prefix",
            "Rule/Expiration/Days",
            "Rule/Expiration/ExpiredObjectDeleteMarker",
            "Rule/NoncurrentVersionExpiration/NoncurrentDays",
            "Rule/AbortIncompleteMultipartUpload/DaysAfterInitiation",
        ],
        absent: ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
        checksum: true,
        accepted: 200,
        check: lifecycle,
    },
    Kind {
        name: "versioning",
        root: "VersioningConfiguration",
        elements: &["Status"],
        absent: ("", ""),
        checksum: true,
        accepted: 200,
        check: versioning,
    },
    Kind {
        name: "ownershipControls",
        root: "OwnershipControls",
        elements: &["Rule/ObjectOwnership"],
        absent: ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
        checksum: true,
        accepted: 200,
        check: owner,
    },
];

/// Defaults of a new bucket since April 2023: public access blocked, encryption with S3-managed keys, no ACLs.
pub(super) fn defaults() -> BTreeMap<&'static str, String> {
    let block: String = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
        .map(|name| super::xml::tagged(name, "true"))
        .concat();
    let encryption = "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
                      </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>";
    BTreeMap::from([
        ("publicAccessBlock", root("PublicAccessBlockConfiguration", &block)),
        ("encryption", root("ServerSideEncryptionConfiguration", encryption)),
        ("ownershipControls", ownership_document("BucketOwnerEnforced")),
    ])
}

/// The document for a `CreateBucket` header.
pub(super) fn ownership(text: &str) -> Result<String, ApiError> {
    match text {
        "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter" => Ok(ownership_document(text)),
        other => Err(invalid_argument(format!("Invalid x-amz-object-ownership header: {other}"))),
    }
}

fn ownership_document(text: &str) -> String {
    let rule = format!("<Rule>{}</Rule>", super::xml::tagged("ObjectOwnership", text));
    root("OwnershipControls", &rule)
}

/// `Put…`
pub(super) fn put(request: &Request<'_>, name: &'static str) -> Result<Reply, ApiError> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else { return put_policy(request) };
    if kind.checksum {
        request.needs_checksum()?;
    }
    let document = Element::parse(&request.payload.body)?;
    if document.name != kind.root {
        return Err(malformed_xml());
    }
    if let Some((unknown, _)) = document.leaves().iter().find(|(path, _)| !kind.elements.contains(&path.as_str())) {
        return Err(ApiError::not_implemented("s3", &format!("{} with {unknown}", request.operation)));
    }
    (kind.check)(&document)?;
    let mut buckets = request.cloud.s3.buckets();
    buckets.get_mut(&request.route.bucket)?.settings.insert(kind.name, document.document());
    Ok(Reply::empty(kind.accepted))
}

fn put_policy(request: &Request<'_>) -> Result<Reply, ApiError> {
    request.needs_checksum()?;
    let text = String::from_utf8_lossy(&request.payload.body).into_owned();
    Policy::parse(&text).map_err(|error| ApiError::new("MalformedPolicy", error.message))?;
    request.cloud.s3.buckets().get_mut(&request.route.bucket)?.settings.insert("policy", text);
    Ok(Reply::empty(204))
}

/// `Get…`
pub(super) fn get(request: &Request<'_>, name: &'static str) -> Result<Reply, ApiError> {
    let buckets = request.cloud.s3.buckets();
    let document = buckets.get(&request.route.bucket)?.settings.get(name).cloned();
    match (name, document) {
        ("policy", Some(policy)) => Ok(Reply::raw(200, policy.into()).with("content-type", "application/json")),
        (_, Some(document)) => Ok(Reply::xml(document)),
        ("versioning", None) => Ok(Reply::xml(root("VersioningConfiguration", ""))),
        ("policy", None) => {
            Err(ApiError::new("NoSuchBucketPolicy", "The bucket policy does not exist").with_status(404))
        }
        (name, None) => {
            let (code, message) = KINDS.iter().find(|kind| kind.name == name).map_or(("", ""), |kind| kind.absent);
            Err(ApiError::new(code, message).with_status(404))
        }
    }
}

/// `Delete…`
pub(super) fn delete(request: &Request<'_>, name: &'static str) -> Result<Reply, ApiError> {
    let mut buckets = request.cloud.s3.buckets();
    let settings = &mut buckets.get_mut(&request.route.bucket)?.settings;
    settings.remove(name);
    // Encryption cannot be disabled.
    if name == "encryption" {
        settings.extend(defaults().remove_entry(name));
    }
    Ok(Reply::empty(204))
}

fn all_flags(document: &Element) -> Result<(), ApiError> {
    match document.leaves().iter().all(|(_, text)| matches!(text.to_lowercase().as_str(), "true" | "false")) {
        true => Ok(()),
        false => Err(malformed_xml()),
    }
}

fn encryption(document: &Element) -> Result<(), ApiError> {
    let rule = document.child("Rule").ok_or_else(malformed_xml)?;
    let Some(default) = rule.child("ApplyServerSideEncryptionByDefault") else { return Ok(()) };
    let key = default.text_of("KMSMasterKeyID");
    match default.text_of("SSEAlgorithm") {
        Some("AES256") if key.is_some() => Err(invalid_argument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        )),
        Some("AES256" | "aws:kms" | "aws:kms:dsse") => Ok(()),
        _ => Err(malformed_xml()),
    }
}

fn tagging(document: &Element) -> Result<(), ApiError> {
    let invalid = |message: &str| Err(ApiError::new("InvalidTag", message));
    let mut tags: Vec<(&str, &str)> = Vec::new();
    for tag in document.child("TagSet").ok_or_else(malformed_xml)?.all("Tag") {
        let (Some(key), Some(value)) = (tag.text_of("Key"), tag.text_of("Value")) else { return Err(malformed_xml()) };
        tags.push((key, value));
    }
    match tags::problem(&tags, MAX_TAGS) {
        None => Ok(()),
        Some(Problem::Key(_)) => invalid("The TagKey you have provided is invalid"),
        Some(Problem::Value(_)) => invalid("The TagValue you have provided is invalid"),
        Some(Problem::Reserved(_)) => invalid("System tags cannot be added/updated by requester"),
        Some(Problem::Duplicate(_)) => invalid("Cannot provide multiple Tags with the same key"),
        Some(Problem::TooMany) => Err(ApiError::new("BadRequest", "Bucket tag count cannot be greater than 50")),
    }
}

fn lifecycle(document: &Element) -> Result<(), ApiError> {
    let mut ids: Vec<&str> = Vec::new();
    for rule in document.all("Rule") {
        if !matches!(rule.text_of("Status"), Some("Enabled" | "Disabled")) {
            return Err(malformed_xml());
        }
        if rule.child("Filter").is_some() == rule.child("Prefix").is_some() {
            return Err(malformed_xml());
        }
        let actions = ["Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"];
        if actions.iter().all(|action| rule.child(action).is_none()) {
            return Err(invalid_request("At least one action needs to be specified in a rule"));
        }
        if let Some(id) = rule.text_of("ID") {
            if ids.contains(&id) {
                return Err(invalid_argument("Rule ID must be unique. Found same ID for more than one rule"));
            }
            ids.push(id);
        }
    }
    let whole =
        |(path, text): &(String, &str)| !path.contains("Days") || text.parse::<u32>().is_ok_and(|days| days > 0);
    match document.leaves().iter().all(whole) {
        true if document.children.is_empty() => Err(malformed_xml()),
        true => Ok(()),
        false => Err(invalid_argument("'Days' for Expiration action must be a positive integer")),
    }
}

/// Versioning is not supported, and a bucket that merely claims it would mislead.
fn versioning(document: &Element) -> Result<(), ApiError> {
    match document.text_of("Status") {
        Some("Suspended") => Ok(()),
        Some("Enabled") => Err(ApiError::not_implemented("s3", "PutBucketVersioning with Enabled")),
        _ => Err(ApiError::new("IllegalVersioningConfigurationException", "The Versioning element must be specified")),
    }
}

fn owner(document: &Element) -> Result<(), ApiError> {
    let rule = document.child("Rule").ok_or_else(malformed_xml)?;
    match rule.text_of("ObjectOwnership") {
        Some("BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter") => Ok(()),
        _ => Err(malformed_xml()),
    }
}
