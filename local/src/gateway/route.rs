//! Resolves a request's service, operation and protocol.

use super::permission;
use super::protocol::Protocol;
use super::request::Request;
use super::signature::{Scope, Signature};
use crate::ApiError;
use crate::services::{lambda, s3};

/// A resolved route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The service's signing name.
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) protocol: Protocol,
}

/// Implemented services, with their `X-Amz-Target` prefix and query-protocol API version.
const SERVICES: [(&str, &str, &str); 14] = [
    ("iam", "", "2010-05-08"),
    ("sts", "", "2011-06-15"),
    ("sns", "", "2010-03-31"),
    ("sqs", "AmazonSQS", "2012-11-05"),
    ("monitoring", "GraniteServiceVersion20100801", "2010-08-01"),
    ("events", "AWSEvents", ""),
    ("logs", "Logs_20140328", ""),
    ("dynamodb", "DynamoDB_20120810", ""),
    ("lambda", "", ""),
    ("s3", "", ""),
    ("cloudformation", "", "2010-05-15"),
    ("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", ""),
    ("states", "AWSStepFunctions", ""),
    ("ecs", "AmazonEC2ContainerServiceV20141113", ""),
];

/// Resolves the route. The signature's scope names the service; unsigned requests are recognised by their content.
pub(super) fn find(request: &Request, scope: Option<&Scope>) -> Result<Route, ApiError> {
    let signed_for = scope.map(|scope| scope.service.as_str());
    let known = |service: &str| SERVICES.iter().any(|(name, _, _)| *name == service);
    if let Some(service) = signed_for.filter(|service| !known(service)) {
        return Err(unknown_service(service));
    }
    // First, because an object key may look like any other path.
    if signed_for == Some("s3") {
        let operation = s3::operation(&request.method, &request.path, &request.query);
        return Ok(route("s3", operation.unwrap_or("Unknown"), Protocol::S3));
    }
    if let Some((service, operation)) = cbor_path(&request.path) {
        let service = signed_for.or_else(|| by_target(service)).ok_or_else(|| unknown_service(service))?;
        return Ok(route(service, operation, Protocol::Cbor));
    }
    if let Some(target) = request.header("x-amz-target") {
        let (prefix, operation) = target.rsplit_once('.').unwrap_or((target, ""));
        let service = signed_for.or_else(|| by_target(prefix)).ok_or_else(|| unknown_service(prefix))?;
        return Ok(route(service, operation, json_protocol(request, service)));
    }
    if signed_for == Some("lambda") || signed_for.is_none() && is_lambda_path(&request.path) {
        let operation = lambda::operation(&request.method, &request.path);
        return Ok(route("lambda", operation.unwrap_or("Unknown"), Protocol::Lambda));
    }
    let form = request.form();
    let field = |name: &str| form.iter().find_map(|(key, value)| (key == name).then_some(value.as_str()));
    match field("Action") {
        Some(action) => {
            let service = signed_for
                .or_else(|| by_version(field("Version")?))
                .or_else(|| matches!(action, "ConfirmSubscription" | "Unsubscribe").then_some("sns"))
                .ok_or_else(|| unknown_service(field("Version").unwrap_or("without a name")))?;
            if service == "sqs" {
                // SQS writes its lists and maps like no other service; since November 2023 clients send JSON.
                return Err(ApiError::not_implemented("sqs", &format!("{action} in the query protocol")));
            }
            Ok(route(service, action, Protocol::Query))
        }
        None => Err(ApiError::new(
            "MissingAction",
            format!("the local AWS found no operation in {} {}", request.method, request.path),
        )),
    }
}

/// Best guess from the head alone: which service's and protocol's error format to use.
pub(super) fn guess(request: &Request) -> Route {
    let scope = Signature::of(request).ok().flatten().map(|signature| signature.scope);
    let service = scope.map(|scope| scope.service).unwrap_or_default();
    let protocol = match service.as_str() {
        "s3" => Protocol::S3,
        "lambda" => Protocol::Lambda,
        _ if request.header("smithy-protocol").is_some() => Protocol::Cbor,
        _ if request.header("x-amz-target").is_some() => json_protocol(request, &service),
        _ if is_lambda_path(&request.path) => Protocol::Lambda,
        _ => Protocol::Query,
    };
    route(&service, "", protocol)
}

/// Whether an unsigned request may turn out to be a link of SNS's mails, sent as an API call.
pub(super) fn may_be_public(request: &Request) -> bool {
    let is_link = || {
        let action = request.query_parameter("Action");
        request.method == http::Method::POST || action.is_some_and(|action| permission::is_public("sns", &action))
    };
    guess(request).protocol == Protocol::Query && request.path == "/" && is_link()
}

fn route(service: &str, operation: &str, protocol: Protocol) -> Route {
    Route { service: service.to_owned(), operation: operation.to_owned(), protocol }
}

fn json_protocol(request: &Request, service: &str) -> Protocol {
    let new = request.header("content-type").is_some_and(|content_type| content_type.contains("json-1.0"));
    match service {
        "dynamodb" => Protocol::Dynamodb,
        _ if new => Protocol::Json10,
        _ => Protocol::Json11,
    }
}

/// Whether a path looks like Lambda's: an API version date, then a resource kind.
fn is_lambda_path(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let dated = segments.next().is_some_and(|version| version.parse::<jiff::civil::Date>().is_ok());
    dated && segments.next().is_some_and(|kind| matches!(kind, "functions" | "tags" | "event-source-mappings"))
}

/// `/service/NAME/operation/OPERATION`
fn cbor_path(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/service/")?.split_once("/operation/")
}

fn by_target(prefix: &str) -> Option<&'static str> {
    SERVICES.iter().find_map(|(name, target, _)| (!target.is_empty() && *target == prefix).then_some(*name))
}

fn by_version(version: &str) -> Option<&'static str> {
    SERVICES.iter().find_map(|(name, _, of)| (!of.is_empty() && *of == version).then_some(*name))
}

fn unknown_service(service: &str) -> ApiError {
    ApiError::new("NotImplemented", format!("the local AWS has no service {service}")).with_status(501)
}
