//! Bucket authorization.

use crate::policy::{Decision, Need, Policy, Requester};
use crate::{ApiError, RestRequest};

use super::Request;
use super::error::access_denied;
use super::route::Route;
use super::xml::Element;
use crate::config::ACCOUNT;

/// The permissions a request requires: mostly named after the operation; `DeleteObjects` needs one per key.
pub fn authorization(request: &RestRequest) -> Vec<Need> {
    let route = Route::of(&request.method, &request.path, &request.query);
    let mut needs = needs(&route, &request.body);
    if route.operation == Some("CreateBucket") {
        let implied = IMPLIED.iter().filter(|(header, _)| request.headers.contains_key(*header));
        needs.extend(implied.map(|(_, action)| Need::new(*action, format!("arn:aws:s3:::{}", route.bucket))));
    }
    needs
}

/// Additional permissions of `CreateBucket`, by header (API reference of `CreateBucket`, Permissions).
const IMPLIED: [(&str, &str); 4] = [
    ("x-amz-acl", "s3:PutBucketAcl"),
    ("x-amz-bucket-object-lock-enabled", "s3:PutBucketObjectLockConfiguration"),
    ("x-amz-bucket-object-lock-enabled", "s3:PutBucketVersioning"),
    ("x-amz-object-ownership", "s3:PutBucketOwnershipControls"),
];

fn needs(route: &Route, body: &[u8]) -> Vec<Need> {
    let need = |resource: String| Need::new(format!("s3:{}", route.action), resource);
    match (route.bucket.as_str(), route.key.as_str()) {
        ("", _) => vec![need("*".to_owned())],
        (bucket, "") if route.operation == Some("DeleteObjects") => {
            let document = Element::parse(body).unwrap_or_default();
            let keys = document.all("Object").filter_map(|object| object.text_of("Key"));
            keys.map(|key| need(format!("arn:aws:s3:::{bucket}/{key}"))).collect()
        }
        (bucket, "") => vec![need(format!("arn:aws:s3:::{bucket}"))],
        (bucket, key) => vec![need(format!("arn:aws:s3:::{bucket}/{key}"))],
    }
}

/// Checks the expected owner and the bucket policy's denials.
pub(super) fn check(request: &Request<'_>) -> Result<(), ApiError> {
    if request.header("x-amz-expected-bucket-owner").is_some_and(|owner| owner != ACCOUNT) {
        return Err(access_denied());
    }
    let policy = {
        let buckets = request.cloud.s3.buckets();
        let settings = buckets.0.get(&request.route.bucket).map(|bucket| &bucket.settings);
        settings.and_then(|settings| Policy::parse(settings.get("policy")?).ok())
    };
    // The account's own credentials can always remove a policy that locks out everyone.
    let repairs = matches!(request.operation, "DeleteBucketPolicy" | "PutBucketPolicy" | "GetBucketPolicy");
    let Some(policy) = policy.filter(|_| !repairs) else { return Ok(()) };
    let requester = Requester::local(request.http.principal.clone());
    let denied = needs(&request.route, &request.http.body).into_iter().any(|need| {
        // A request to 127.0.0.1 stands for one to AWS over TLS.
        let need = need.with("aws:SecureTransport", "true");
        policy.evaluate(&requester, &need) == Decision::Deny
    });
    if denied { Err(access_denied()) } else { Ok(()) }
}
