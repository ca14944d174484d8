//! Bucket operations.

use super::error::{invalid_argument, no_such_bucket};
use super::reply::Reply;
use super::store::Bucket;
use super::xml::{Element, root, tagged};
use super::{Request, settings};
use crate::ApiError;
use crate::config::ACCOUNT;

/// The region whose buckets have no location constraint.
const FIRST_REGION: &str = "us-east-1";

pub(super) fn create(request: &Request<'_>) -> Result<Reply, ApiError> {
    check_name(&request.route.bucket)?;
    request.only_header("x-amz-acl", &["private"])?;
    request.only_header("x-amz-bucket-object-lock-enabled", &["false"])?;
    let region = region(request)?;
    let ownership = request.header("x-amz-object-ownership");
    let ownership = ownership.map(settings::ownership).transpose()?;
    let mut buckets = request.cloud.s3.buckets();
    let location = format!("/{}", request.route.bucket);
    if buckets.0.contains_key(&request.route.bucket) {
        // Only the oldest region still reports success for an existing bucket.
        return match request.http.region == FIRST_REGION && region == FIRST_REGION {
            true => Ok(Reply::empty(200).with("location", location)),
            false => Err(ApiError::new(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            )
            .with_status(409)),
        };
    }
    let mut bucket = Bucket {
        region,
        created: request.cloud.clock.now(),
        objects: Default::default(),
        settings: settings::defaults(),
    };
    if let Some(ownership) = ownership {
        bucket.settings.insert("ownershipControls", ownership);
    }
    buckets.0.insert(request.route.bucket.clone(), bucket);
    Ok(Reply::empty(200).with("location", location))
}

/// A new bucket's region. Only us-east-1 creates buckets elsewhere, and it accepts no constraint for itself.
fn region(request: &Request<'_>) -> Result<String, ApiError> {
    let asked = &request.http.region;
    let document = match request.payload.body.is_empty() {
        true => Element::default(),
        false => Element::parse(&request.payload.body)?,
    };
    if let Some((unknown, _)) = document.leaves().iter().find(|(path, _)| path != "LocationConstraint") {
        return Err(ApiError::not_implemented("s3", &format!("CreateBucket with {unknown}")));
    }
    let illegal = |which: &str| {
        let message = format!(
            "The {which} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        ApiError::new("IllegalLocationConstraintException", message)
    };
    match document.text_of("LocationConstraint").filter(|constraint| !constraint.is_empty()) {
        None if asked == FIRST_REGION => Ok(asked.clone()),
        None => Err(illegal("unspecified")),
        Some(FIRST_REGION) => {
            Err(ApiError::new("InvalidLocationConstraint", "The specified location-constraint is not valid"))
        }
        Some(constraint) if asked == FIRST_REGION || constraint == asked => Ok(constraint.to_owned()),
        Some(constraint) => Err(illegal(constraint)),
    }
}

/// Naming rules for general purpose buckets.
fn check_name(name: &str) -> Result<(), ApiError> {
    let outer = |character: Option<char>| character.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let valid = (3..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
        && outer(name.chars().next())
        && outer(name.chars().next_back())
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|suffix| name.ends_with(suffix));
    match valid {
        true => Ok(()),
        false => Err(ApiError::new("InvalidBucketName", "The specified bucket is not valid.")),
    }
}

pub(super) fn head(request: &Request<'_>) -> Result<Reply, ApiError> {
    let buckets = request.cloud.s3.buckets();
    Ok(Reply::empty(200).with("x-amz-bucket-region", buckets.get(&request.route.bucket)?.region.as_str()))
}

pub(super) fn delete(request: &Request<'_>) -> Result<Reply, ApiError> {
    let mut buckets = request.cloud.s3.buckets();
    if !buckets.get(&request.route.bucket)?.objects.is_empty() {
        let error = ApiError::new("BucketNotEmpty", "The bucket you tried to delete is not empty");
        return Err(error.with_status(409));
    }
    buckets.0.remove(&request.route.bucket).ok_or_else(no_such_bucket)?;
    Ok(Reply::empty(204))
}

/// `GetBucketLocation`: empty for us-east-1.
pub(super) fn location(request: &Request<'_>) -> Result<Reply, ApiError> {
    let buckets = request.cloud.s3.buckets();
    let region = &buckets.get(&request.route.bucket)?.region;
    let constraint = if region == FIRST_REGION { "" } else { region };
    Ok(Reply::xml(root("LocationConstraint", constraint)))
}

pub(super) fn list(request: &Request<'_>) -> Result<Reply, ApiError> {
    let most: usize = match request.route.query("max-buckets") {
        None => 10_000,
        Some(text) => text
            .parse()
            .ok()
            .filter(|most| (1..=10_000).contains(most))
            .ok_or_else(|| invalid_argument("max-buckets must be between 1 and 10000"))?,
    };
    let prefix = request.route.query("prefix").unwrap_or_default();
    let region = request.route.query("bucket-region");
    let after = request.route.query("continuation-token").unwrap_or_default();
    let buckets = request.cloud.s3.buckets();
    let mut found = buckets
        .0
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && name.as_str() > after)
        .filter(|(_, bucket)| region.is_none_or(|region| bucket.region == region));
    let page: Vec<_> = found.by_ref().take(most).collect();
    let entries: String = page.iter().map(|(name, bucket)| entry(name, bucket)).collect();
    let next = found.next().and(page.last()).map(|(name, _)| tagged("ContinuationToken", name)).unwrap_or_default();
    let owner = tagged("ID", ACCOUNT);
    let content = format!("<Owner>{owner}</Owner><Buckets>{entries}</Buckets>{next}");
    Ok(Reply::xml(root("ListAllMyBucketsResult", &content)))
}

fn entry(name: &str, bucket: &Bucket) -> String {
    let content = [
        tagged("Name", name),
        tagged("CreationDate", super::instant(bucket.created)),
        tagged("BucketRegion", &bucket.region),
    ];
    format!("<Bucket>{}</Bucket>", content.concat())
}
