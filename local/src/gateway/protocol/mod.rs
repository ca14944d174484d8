//! The wire protocols of AWS's services.

mod cbor;
mod error;
mod json;
mod query;
mod xml;

use crate::{ApiError, Call, Input, Output};

use super::request::Request;
use super::route::Route;
use super::{Reply, reply};

/// A wire protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// awsQuery: form in, XML out.
    Query,
    /// awsJson1_0
    Json10,
    /// awsJson1_1
    Json11,
    /// Smithy RPC v2 CBOR.
    Cbor,
    /// restJson1 for Lambda; the service decodes it itself.
    Lambda,
    /// restXml for S3; the service decodes it itself.
    S3,
    /// awsJson1_0 for DynamoDB; the service decodes it itself.
    Dynamodb,
}

impl Protocol {
    /// Decodes a call's parameters.
    pub(super) fn decode(self, request: &Request) -> Result<Input, ApiError> {
        match self {
            Self::Query => Ok(query::decode(request.form())),
            Self::Json10 | Self::Json11 | Self::Dynamodb => json::decode(&request.body),
            Self::Cbor => cbor::decode(&request.body),
            Self::Lambda | Self::S3 => Ok(Input::default()),
        }
    }

    /// Encodes a successful reply.
    pub(super) fn encode(self, call: &Call, output: &Output) -> Reply {
        match self {
            Self::Query | Self::S3 => reply(200, "text/xml", xml::success(call, output)),
            Self::Json10 | Self::Dynamodb => reply(200, "application/x-amz-json-1.0", json::encode(output)),
            Self::Json11 => reply(200, "application/x-amz-json-1.1", json::encode(output)),
            Self::Lambda => reply(200, "application/json", json::encode(output)),
            Self::Cbor => {
                let mut reply = reply(200, "application/cbor", cbor::encode(output));
                reply.headers_mut().insert("smithy-protocol", http::HeaderValue::from_static("rpc-v2-cbor"));
                reply
            }
        }
    }

    /// Encodes an error.
    pub(super) fn encode_error(self, route: &Route, request_id: &str, error: &ApiError) -> Reply {
        error::encode(self, route, request_id, error)
    }
}
