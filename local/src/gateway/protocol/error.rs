//! Error encoding: names differ between protocols and, for some services, between models.

use http::HeaderValue;
use serde_json::json;

use super::{Protocol, Reply, cbor, reply, xml};
use crate::gateway::route::Route;
use crate::services::s3;
use crate::{ApiError, Output};

/// Shape name and query-protocol code of errors whose names differ. Services that moved from awsQuery to JSON or CBOR
/// send the old code in a header, and SDKs report that one.
const OLD_NAMES: [(&str, &str, &str); 15] = [
    ("sqs", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
    ("sqs", "QueueNameExists", "QueueAlreadyExists"),
    ("sqs", "QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently"),
    ("sqs", "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"),
    ("sqs", "EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"),
    ("sqs", "PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress"),
    ("sqs", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"),
    ("monitoring", "InvalidParameterValueException", "InvalidParameterValue"),
    ("monitoring", "InvalidParameterCombinationException", "InvalidParameterCombination"),
    ("monitoring", "MissingRequiredParameterException", "MissingParameter"),
    ("monitoring", "DashboardInvalidInputError", "InvalidParameterInput"),
    ("monitoring", "DashboardNotFoundError", "ResourceNotFound"),
    ("monitoring", "InternalServiceFault", "InternalServiceError"),
    ("monitoring", "LimitExceededFault", "LimitExceeded"),
    ("monitoring", "InvalidFormatFault", "InvalidFormat"),
];

pub(super) fn encode(protocol: Protocol, route: &Route, request_id: &str, error: &ApiError) -> Reply {
    let service = route.service.as_str();
    let (shape, old) = names(service, &error.code);
    let mut reply = match protocol {
        Protocol::Query => {
            let renamed = ApiError { code: old.to_owned(), ..error.clone() };
            return reply(error.status, "text/xml", xml::failure(service, request_id, &renamed));
        }
        Protocol::S3 => {
            let document = s3::error_document(error, "/", request_id);
            return reply(error.status, "application/xml", document);
        }
        Protocol::Lambda => {
            let kind = if error.status < 500 { "User" } else { "Service" };
            reply(error.status, "application/json", json!({ "Type": kind, "Message": error.message }).to_string())
        }
        Protocol::Cbor => {
            let members = Output::structure([
                ("__type", Some(typed(service, shape).into())),
                ("message", Some(error.message.as_str().into())),
            ]);
            let mut reply = reply(error.status, "application/cbor", cbor::encode(&members));
            reply.headers_mut().insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
            reply
        }
        Protocol::Json10 | Protocol::Json11 | Protocol::Dynamodb => {
            let media = match protocol {
                Protocol::Json11 => "application/x-amz-json-1.1",
                _ => "application/x-amz-json-1.0",
            };
            let body = json!({ "__type": typed(service, shape), "message": error.message }).to_string();
            reply(error.status, media, body)
        }
    };
    set_header(&mut reply, "x-amzn-errortype", shape);
    if matches!(service, "sqs" | "monitoring") {
        let fault = if error.status < 500 { "Sender" } else { "Receiver" };
        set_header(&mut reply, "x-amzn-query-error", &format!("{old};{fault}"));
    }
    reply
}

/// Shape name and query-protocol code of an error given by either name.
fn names<'a>(service: &str, code: &'a str) -> (&'a str, &'a str) {
    OLD_NAMES
        .iter()
        .find(|(of, shape, old)| *of == service && (*shape == code || *old == code))
        .map_or((code, code), |(_, shape, old)| (*shape, *old))
}

fn typed(service: &str, shape: &str) -> String {
    match service {
        "sqs" => format!("com.amazonaws.sqs#{shape}"),
        "monitoring" => format!("com.amazonaws.cloudwatch#{shape}"),
        "dynamodb" => format!("com.amazonaws.dynamodb.v20120810#{shape}"),
        _ => shape.to_owned(),
    }
}

fn set_header(reply: &mut Reply, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}
