//! DynamoDB: the engine of `winterbaume-dynamodb`, made as strict as AWS.

use bytes::Bytes;
use http::{HeaderMap, Response};
use winterbaume_core::{MockRequest, MockService};
use winterbaume_dynamodb::DynamoDbService;

use crate::config::ACCOUNT;
use crate::{Call, Cloud};

/// State of the service.
pub struct Dynamodb {
    engine: DynamoDbService,
}

impl Default for Dynamodb {
    fn default() -> Self {
        winterbaume_core::set_default_account_id(ACCOUNT);
        Self { engine: DynamoDbService::new() }
    }
}

/// Answers a call, in the JSON that DynamoDB speaks.
pub async fn handle(cloud: &Cloud, _call: &Call, body: Bytes, headers: &HeaderMap) -> Response<Bytes> {
    let request =
        MockRequest { method: "POST".to_owned(), uri: cloud.endpoint.clone(), headers: headers.clone(), body };
    let reply = cloud.dynamodb.engine.handle(request).await;
    let mut response = Response::new(reply.body);
    *response.status_mut() = http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    *response.headers_mut() = reply.headers;
    response
}
