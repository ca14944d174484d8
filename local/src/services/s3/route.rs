//! Resolves method, path and query string to an operation.

use http::Method;
use percent_encoding::percent_decode_str;

/// What a path addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Account,
    Bucket,
    Object,
}
use Level::{Account, Bucket, Object};

/// Method, level, sub-resource in the query string (empty for none), operation, and the IAM action if its name differs.
const ROUTES: &[(&str, Level, &str, &str, &str)] = &[
    ("GET", Account, "", "ListBuckets", "ListAllMyBuckets"),
    ("PUT", Bucket, "", "CreateBucket", ""),
    ("HEAD", Bucket, "", "HeadBucket", "ListBucket"),
    ("DELETE", Bucket, "", "DeleteBucket", ""),
    ("GET", Bucket, "location", "GetBucketLocation", ""),
    ("GET", Bucket, "", "ListObjects", "ListBucket"),
    ("GET", Bucket, "list-type", "ListObjectsV2", "ListBucket"),
    ("POST", Bucket, "delete", "DeleteObjects", "DeleteObject"),
    ("PUT", Bucket, "publicAccessBlock", "PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("GET", Bucket, "publicAccessBlock", "GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("DELETE", Bucket, "publicAccessBlock", "DeletePublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("PUT", Bucket, "encryption", "PutBucketEncryption", "PutEncryptionConfiguration"),
    ("GET", Bucket, "encryption", "GetBucketEncryption", "GetEncryptionConfiguration"),
    ("DELETE", Bucket, "encryption", "DeleteBucketEncryption", "PutEncryptionConfiguration"),
    ("PUT", Bucket, "tagging", "PutBucketTagging", ""),
    ("GET", Bucket, "tagging", "GetBucketTagging", ""),
    ("DELETE", Bucket, "tagging", "DeleteBucketTagging", "PutBucketTagging"),
    ("PUT", Bucket, "policy", "PutBucketPolicy", ""),
    ("GET", Bucket, "policy", "GetBucketPolicy", ""),
    ("DELETE", Bucket, "policy", "DeleteBucketPolicy", ""),
    ("PUT", Bucket, "lifecycle", "PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"),
    ("GET", Bucket, "lifecycle", "GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"),
    ("DELETE", Bucket, "lifecycle", "DeleteBucketLifecycle", "PutLifecycleConfiguration"),
    ("PUT", Bucket, "versioning", "PutBucketVersioning", ""),
    ("GET", Bucket, "versioning", "GetBucketVersioning", ""),
    ("PUT", Bucket, "ownershipControls", "PutBucketOwnershipControls", ""),
    ("GET", Bucket, "ownershipControls", "GetBucketOwnershipControls", ""),
    ("DELETE", Bucket, "ownershipControls", "DeleteBucketOwnershipControls", "PutBucketOwnershipControls"),
    ("PUT", Object, "", "PutObject", ""),
    ("GET", Object, "", "GetObject", ""),
    ("HEAD", Object, "", "HeadObject", "GetObject"),
    ("DELETE", Object, "", "DeleteObject", ""),
];

/// Query parameters that select an operation.
const SUB_RESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metadataConfiguration",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// A parsed path and query string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The operation's name; none when the local AWS lacks it.
    pub(super) operation: Option<&'static str>,
    /// The IAM action, without `s3:`.
    pub(super) action: &'static str,
    /// Empty for the account.
    pub(super) bucket: String,
    /// Empty for a bucket.
    pub(super) key: String,
    /// The other query parameters.
    pub(super) query: Vec<(String, String)>,
    /// The request's description, for errors.
    pub(super) asked: String,
}

impl Route {
    /// Parses method, path and query string.
    pub(super) fn of(method: &Method, path: &str, query: &str) -> Self {
        let (bucket, key) = match path.trim_start_matches('/').split_once('/') {
            Some((bucket, key)) => (decode(bucket), decode(key)),
            None => (decode(path.trim_start_matches('/')), String::new()),
        };
        let level = match (bucket.is_empty(), key.is_empty()) {
            (true, _) => Account,
            (false, true) => Bucket,
            (false, false) => Object,
        };
        let mut query = parameters(query);
        let sub = query.iter().find(|(name, _)| SUB_RESOURCES.contains(&name.as_str())).map(|(name, _)| name.clone());
        let sub = sub.unwrap_or_default();
        let found = ROUTES.iter().find(|(by, at, of, ..)| method == by && *at == level && *of == sub);
        let (operation, action) = match found {
            Some((.., operation, "")) => (Some(*operation), *operation),
            Some((.., operation, action)) => (Some(*operation), *action),
            None => (None, "Unknown"),
        };
        // SDKs name the operation in the query string; it has no effect.
        query.retain(|(name, _)| *name != sub && name != "x-id" && !name.starts_with("X-Amz-"));
        Self { operation, action, bucket, key, query, asked: format!("{method} {level:?} ?{sub}") }
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }
}

fn parameters(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(&value.replace('+', " ")))
        })
        .collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::Route;

    #[test]
    fn method_path_and_query_name_the_operation() {
        for (method, path, query, operation, action) in [
            (Method::GET, "/", "x-id=ListBuckets", Some("ListBuckets"), "ListAllMyBuckets"),
            (Method::PUT, "/b", "", Some("CreateBucket"), "CreateBucket"),
            (Method::HEAD, "/b/", "", Some("HeadBucket"), "ListBucket"),
            (Method::GET, "/b", "list-type=2&prefix=a", Some("ListObjectsV2"), "ListBucket"),
            (Method::PUT, "/b", "encryption", Some("PutBucketEncryption"), "PutEncryptionConfiguration"),
            (Method::PUT, "/b/a/b%20c", "x-id=PutObject", Some("PutObject"), "PutObject"),
            (Method::POST, "/b/k", "uploads", None, "Unknown"),
            (Method::GET, "/b", "acl", None, "Unknown"),
        ] {
            let route = Route::of(&method, path, query);
            assert_eq!((route.operation, route.action), (operation, action), "{method} {path}?{query}");
        }
        let route = Route::of(&Method::GET, "/b/a/b%20c", "response-content-type=x");
        assert_eq!((route.bucket.as_str(), route.key.as_str()), ("b", "a/b c"));
        assert_eq!(route.query("response-content-type"), Some("x"));
    }
}
