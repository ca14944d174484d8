//! Amazon S3: buckets and objects, path style, without versioning and multipart uploads.

mod access;
mod buckets;
mod error;
mod listing;
mod objects;
mod payload;
mod reply;
mod route;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod xml;

use bytes::Bytes;
use http::Method;

use crate::{ApiError, Cloud, RestRequest};
use error::invalid_request;
use payload::Payload;
use reply::Reply;
use route::Route;

pub use access::authorization;
pub(crate) use error::document as error_document;
pub use objects::object;
pub use store::S3;

/// Query parameters an operation supports besides the one that selects it.
const PARAMETERS: [(&str, &[&str]); 2] = [
    ("ListBuckets", &["max-buckets", "prefix", "bucket-region", "continuation-token"]),
    (
        "ListObjectsV2",
        &[
            "list-type",
            "prefix",
            "delimiter",
            "max-keys",
            "continuation-token",
            "start-after",
            "encoding-type",
            "fetch-owner",
        ],
    ),
];

/// Headers that request unsupported features, for every operation.
const REFUSED_HEADERS: [&str; 5] = ["range", "if-match", "if-modified-since", "if-unmodified-since", "x-amz-tagging"];

/// `x-amz-` headers every operation accepts.
const COMMON_HEADERS: [&str; 9] = [
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
    "x-amz-expected-bucket-owner",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-decoded-content-length",
    "x-amz-trailer",
    "x-amz-checksum-mode",
];

/// `x-amz-` headers of single operations.
const HEADERS: [(&str, &[&str]); 2] = [
    ("CreateBucket", &["x-amz-acl", "x-amz-object-ownership", "x-amz-bucket-object-lock-enabled"]),
    (
        "PutObject",
        &[
            "x-amz-acl",
            "x-amz-storage-class",
            "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id",
        ],
    ),
];

/// A routed request.
struct Request<'a> {
    cloud: &'a Cloud,
    http: &'a RestRequest,
    route: Route,
    operation: &'static str,
    payload: Payload,
}

/// The operation of a request, if known.
pub fn operation(method: &Method, path: &str, query: &str) -> Option<&'static str> {
    Route::of(method, path, query).operation
}

/// Handles one request.
pub async fn handle(cloud: &Cloud, http: RestRequest) -> http::Response<Bytes> {
    let reply = match Request::read(cloud, &http).and_then(|request| answer(&request)) {
        Ok(reply) => reply,
        Err(error) => {
            let document = error::document(&error, &http.path, &http.request_id);
            Reply::raw(error.status, document.into()).with("content-type", "application/xml")
        }
    };
    reply.into_http(&http.request_id)
}

fn answer(request: &Request<'_>) -> Result<Reply, ApiError> {
    match request.operation {
        "ListBuckets" => return buckets::list(request),
        "CreateBucket" => return buckets::create(request),
        _ => request.check_bucket()?,
    }
    match request.operation {
        "HeadBucket" => buckets::head(request),
        "DeleteBucket" => buckets::delete(request),
        "GetBucketLocation" => buckets::location(request),
        "ListObjectsV2" => listing::list(request),
        "PutObject" => objects::put(request),
        "GetObject" | "HeadObject" => objects::get(request),
        "DeleteObject" => objects::delete(request),
        "DeleteObjects" => objects::delete_many(request),
        operation => match setting(operation) {
            Some(("Put", name)) => settings::put(request, name),
            Some(("Get", name)) => settings::get(request, name),
            Some((_, name)) => settings::delete(request, name),
            None => Err(ApiError::not_implemented("s3", operation)),
        },
    }
}

/// Verb and sub-resource of a bucket configuration operation.
fn setting(operation: &str) -> Option<(&'static str, &'static str)> {
    let verb = ["Put", "Get", "Delete"].into_iter().find(|verb| operation.starts_with(verb))?;
    let name = match operation.strip_prefix(verb)? {
        "PublicAccessBlock" => "publicAccessBlock",
        "BucketEncryption" => "encryption",
        "BucketTagging" => "tagging",
        "BucketPolicy" => "policy",
        "BucketLifecycleConfiguration" | "BucketLifecycle" => "lifecycle",
        "BucketVersioning" => "versioning",
        "BucketOwnershipControls" => "ownershipControls",
        _ => return None,
    };
    Some((verb, name))
}

impl<'a> Request<'a> {
    fn read(cloud: &'a Cloud, http: &'a RestRequest) -> Result<Self, ApiError> {
        let route = Route::of(&http.method, &http.path, &http.query);
        let operation = route.operation.ok_or_else(|| ApiError::not_implemented("s3", &route.asked))?;
        let payload = Payload::read(&http.headers, &http.body)?;
        let request = Self { cloud, http, route, operation, payload };
        request.check_parameters()?;
        access::check(&request)?;
        Ok(request)
    }

    /// A header, if it is text.
    fn header(&self, name: &str) -> Option<&str> {
        self.http.headers.get(name)?.to_str().ok()
    }

    /// Rejects a header value that requests an unsupported feature.
    fn only_header(&self, name: &str, known: &[&str]) -> Result<(), ApiError> {
        match self.header(name).filter(|value| !known.contains(value)) {
            Some(value) => Err(ApiError::not_implemented("s3", &format!("{} with {name}: {value}", self.operation))),
            None => Ok(()),
        }
    }

    /// Rejects what AWS supports and the local AWS does not.
    fn check_parameters(&self) -> Result<(), ApiError> {
        let of = |table: &[(&str, &'static [&'static str])]| {
            table.iter().find(|(operation, _)| *operation == self.operation).map_or(&[][..], |(_, names)| names)
        };
        let (parameters, headers) = (of(&PARAMETERS), of(&HEADERS));
        let known_header = |name: &str| {
            let own = self.operation == "PutObject" && name.starts_with("x-amz-meta-");
            own || COMMON_HEADERS.contains(&name) || headers.contains(&name) || name.starts_with("x-amz-checksum-")
        };
        let mut names = self.route.query.iter().map(|(name, _)| name.as_str());
        let parameter = names.find(|name| !parameters.contains(name));
        let mut names = self.http.headers.keys().map(http::HeaderName::as_str);
        let header =
            names.find(|name| REFUSED_HEADERS.contains(name) || name.starts_with("x-amz-") && !known_header(name));
        match parameter.or(header) {
            Some(name) => Err(ApiError::not_implemented("s3", &format!("{} with {name}", self.operation))),
            None => Ok(()),
        }
    }

    /// The bucket must exist in the request's region.
    fn check_bucket(&self) -> Result<(), ApiError> {
        let buckets = self.cloud.s3.buckets();
        let (expected, found) = (&buckets.get(&self.route.bucket)?.region, &self.http.region);
        if expected == found {
            return Ok(());
        }
        if self.http.method == Method::HEAD {
            return Err(ApiError::new("PermanentRedirect", "").with_status(301));
        }
        Err(ApiError::new(
            "AuthorizationHeaderMalformed",
            format!("The authorization header is malformed; the region '{found}' is wrong; expecting '{expected}'"),
        ))
    }

    /// Some operations require a checksum.
    fn needs_checksum(&self) -> Result<(), ApiError> {
        match self.payload.has_md5 || self.payload.checksum.is_some() {
            true => Ok(()),
            false => Err(invalid_request("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")),
        }
    }
}

/// A timestamp in S3's format.
fn instant(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
