//! Calls that one service makes to another on behalf of a caller, as CloudFormation does. They need no signature, as
//! no one outside can make them; from there on they are calls like any other.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;

use super::connections::Held;
use super::pipeline::{Received, perform};
use super::protocol::Protocol;
use super::route::Route;
use super::{Reply, State, refusal};
use crate::front::{Front, NO_ANSWER};
use crate::services::lambda;
use crate::{ApiError, Call};

#[async_trait]
impl Front for State {
    async fn perform(self: Arc<Self>, call: Call) -> Result<Value, ApiError> {
        let rest = match call.service.as_str() {
            "lambda" => Some(lambda::request(&call)?),
            _ => None,
        };
        let protocol = match call.service.as_str() {
            "lambda" => Protocol::Lambda,
            "dynamodb" => Protocol::Dynamodb,
            _ => Protocol::Json11,
        };
        let route = Route { service: call.service.clone(), operation: call.operation.clone(), protocol };
        let body = Bytes::from(Value::Object(call.input.0.clone()).to_string());
        match perform(&self, Received { route, call, access_key: None }, body, rest, Held::nothing()).await {
            Ok(reply) => read(&reply),
            Err(dropped) => Err(ApiError::new(NO_ANSWER, dropped.to_string()).with_status(503)),
        }
    }
}

/// The JSON of a reply, or the error that it is.
fn read(reply: &Reply) -> Result<Value, ApiError> {
    match refusal::of(reply) {
        Some(error) => Err(error),
        None => Ok(serde_json::from_slice(reply.body()).unwrap_or_default()),
    }
}
