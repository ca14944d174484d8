//! AWS as the evidence's clients see it: answers by operation, over the SDKs' own protocols.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_lambda::config::{Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::clients::{Connection, EvidenceClients};

/// What an operation answers.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// This.
    Ok(Value),
    /// An error of AWS: status, code, message.
    Error(u16, &'static str, &'static str),
    /// Bytes that are no answer.
    Raw(Vec<u8>),
    /// None, ever.
    Hang,
    /// The connection breaks.
    Drop,
    /// Another answer, after a while.
    After(Duration, Box<Answer>),
    /// One after the other; the last one again and again.
    Each(Vec<Answer>),
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) input: Value,
}

/// AWS.
#[derive(Debug, Clone, Default)]
pub(super) struct Aws {
    answers: Arc<Mutex<BTreeMap<&'static str, Answer>>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Aws {
    /// Sets what an operation answers.
    #[must_use]
    pub(super) fn with(self, operation: &'static str, answer: Answer) -> Self {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(operation, answer);
        self
    }

    /// The calls so far.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The input of the first call of an operation.
    pub(super) fn input(&self, operation: &str) -> Value {
        let calls = self.calls();
        calls.into_iter().find(|call| call.operation == operation).map(|call| call.input).unwrap_or_default()
    }

    /// Clients that call it.
    pub(super) fn clients(&self) -> EvidenceClients {
        let connector = SharedHttpConnector::new(self.clone());
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        EvidenceClients::new(Connection {
            http: http_client_fn(move |_, _| connector.clone()),
            endpoint: Some("http://127.0.0.1:1".to_owned()),
            region: Region::new("eu-west-1"),
            credentials: SharedCredentialsProvider::new(credentials),
        })
    }

    fn next(&self, operation: &str) -> Answer {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.get_mut(operation) {
            Some(Answer::Each(each)) if each.len() > 1 => each.remove(0),
            Some(Answer::Each(each)) => each.first().cloned().unwrap_or(Answer::Hang),
            Some(answer) => answer.clone(),
            None => Answer::Error(400, "ResourceNotFoundException", "there is none"),
        }
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_cbor = request.headers().get("smithy-protocol") == Some("rpc-v2-cbor");
        let path = request.uri().split('?').next().unwrap_or_default().to_owned();
        let operation = match request.headers().get("x-amz-target").and_then(|target| target.split_once('.')) {
            Some((_, operation)) => operation.to_owned(),
            None if path.ends_with("/configuration") => "GetFunctionConfiguration".to_owned(),
            None if path.ends_with("/concurrency") => "GetFunctionConcurrency".to_owned(),
            None => path.rsplit('/').next().unwrap_or_default().to_owned(),
        };
        let body = request.body().bytes().unwrap_or_default();
        let input = match (is_cbor, serde_json::from_slice(body)) {
            (true, _) => ciborium::from_reader(body).unwrap_or_default(),
            (false, Ok(input)) => input,
            (false, Err(_)) => json!(request.uri()),
        };
        let answer = self.next(&operation);
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(Call { operation, input });
        HttpConnectorFuture::new(respond(answer, is_cbor))
    }
}

async fn respond(mut answer: Answer, is_cbor: bool) -> Result<HttpResponse, ConnectorError> {
    while let Answer::After(wait, next) = answer {
        tokio::time::sleep(wait).await;
        answer = *next;
    }
    let (status, body) = match answer {
        Answer::Ok(value) => (200, encoded(&value, is_cbor)),
        Answer::Raw(bytes) => (200, bytes),
        Answer::Error(status, code, message) => {
            (status, encoded(&json!({"__type": code, "code": code, "message": message}), is_cbor))
        }
        Answer::Drop => return Err(ConnectorError::io("connection reset by peer".into())),
        Answer::Hang | Answer::After(..) | Answer::Each(_) => std::future::pending().await,
    };
    let status = status.try_into().ok();
    let mut response =
        HttpResponse::new(status.ok_or_else(|| ConnectorError::user("no status".into()))?, SdkBody::from(body));
    if is_cbor {
        response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
    }
    Ok(response)
}

fn encoded(value: &Value, is_cbor: bool) -> Vec<u8> {
    if !is_cbor {
        return value.to_string().into_bytes();
    }
    let mut bytes = Vec::new();
    let written = ciborium::into_writer(&cbor(value), &mut bytes);
    written.map(|()| bytes).unwrap_or_default()
}

/// Times are tagged; the fake writes them as objects with one member, `at`.
fn cbor(value: &Value) -> ciborium::Value {
    match value {
        Value::Object(members) => match members.get("at").and_then(Value::as_i64) {
            Some(at) => ciborium::Value::Tag(1, Box::new(ciborium::Value::from(at))),
            None => ciborium::Value::Map(
                members.iter().map(|(name, member)| (ciborium::Value::from(name.as_str()), cbor(member))).collect(),
            ),
        },
        Value::Array(elements) => ciborium::Value::Array(elements.iter().map(cbor).collect()),
        Value::String(text) => ciborium::Value::from(text.as_str()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => ciborium::Value::from(whole),
            None => ciborium::Value::from(number.as_f64().unwrap_or_default()),
        },
        Value::Bool(flag) => ciborium::Value::from(*flag),
        Value::Null => ciborium::Value::Null,
    }
}
