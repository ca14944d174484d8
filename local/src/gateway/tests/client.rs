//! A client that signs as an SDK does, and can be made to do it wrong.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use md5::{Digest as _, Md5};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::gateway::capacity::Capacity;
use crate::gateway::request::Request;
use crate::gateway::signature::{Scope, tests::sign};
use crate::gateway::{Gateway, Handle, SECRET_HEADER};
use crate::services::iam::{Key, SessionCredentials};
use crate::{Cloud, LocalConfig, Principal};

#[derive(Clone)]
pub(super) struct Client {
    pub(super) cloud: Cloud,
    pub(super) handle: Handle,
    _directory: Arc<tempfile::TempDir>,
    access_key_id: String,
    key: Key,
    signed_at: Option<String>,
    signs: bool,
}

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Client {
    pub(super) async fn start() -> Self {
        Self::with(LocalConfig::default()).await
    }

    pub(super) async fn with(config: LocalConfig) -> Self {
        Self::with_capacity(config, Capacity::of_this_process()).await
    }

    pub(super) async fn with_capacity(config: LocalConfig, capacity: Capacity) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = LocalConfig { directory: directory.path().to_owned(), ..config };
        let gateway = Gateway::with_capacity(config, capacity).await.unwrap();
        let (cloud, handle) = (gateway.cloud().clone(), gateway.handle());
        let access_key = cloud.access_key.clone();
        tokio::spawn(gateway.run(std::future::pending()));
        let key = Key {
            secret_access_key: access_key.secret_access_key,
            session_token: None,
            expires: None,
            principal: Principal::Root,
        };
        Self {
            cloud,
            handle,
            _directory: Arc::new(directory),
            access_key_id: access_key.access_key_id,
            key,
            signed_at: None,
            signs: true,
        }
    }

    pub(super) fn as_key(&self, change: impl FnOnce(&mut Key)) -> Self {
        let mut client = self.clone();
        change(&mut client.key);
        client
    }

    pub(super) fn as_key_id(&self, access_key_id: &str) -> Self {
        Self { access_key_id: access_key_id.to_owned(), ..self.clone() }
    }

    pub(super) fn as_session(&self, credentials: &SessionCredentials) -> Self {
        let client = self.as_key_id(&credentials.access_key_id);
        client.as_key(|key| {
            key.secret_access_key = credentials.secret_access_key.clone();
            key.session_token = Some(credentials.session_token.clone());
        })
    }

    pub(super) fn at(&self, signed_at: &str) -> Self {
        Self { signed_at: Some(signed_at.to_owned()), ..self.clone() }
    }

    pub(super) fn unsigned(&self) -> Self {
        Self { signs: false, ..self.clone() }
    }

    pub(super) async fn get(&self, service: &str, path: &str) -> Reply {
        self.send(service, Method::GET, path, &[], Vec::new()).await.unwrap()
    }

    /// The address it listens on: `127.0.0.1:PORT`.
    pub(super) fn host(&self) -> &str {
        self.cloud.endpoint.trim_start_matches("http://")
    }

    pub(super) async fn send_s3(&self, method: Method, path: &str, body: Vec<u8>) -> Reply {
        let digest = BASE64_STANDARD.encode(Md5::digest(&body));
        self.send("s3", method, path, &[("content-md5", &digest)], body).await.unwrap()
    }

    /// Calls the control API.
    pub(super) async fn control(&self, method: Method, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        let secret = [(SECRET_HEADER, self.cloud.access_key.secret_access_key.as_str())];
        self.unsigned().send("", method, path, &secret, body.into()).await.unwrap()
    }

    pub(super) async fn put(&self, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.control(Method::PUT, path, body).await
    }

    pub(super) async fn post(&self, service: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        self.send(service, Method::POST, path, headers, body).await.unwrap()
    }

    /// A request of a REST protocol.
    pub(super) async fn request(&self, method: Method, service: &str, path: &str, body: Vec<u8>) -> Reply {
        self.send(service, method, path, &[], body).await.unwrap()
    }

    /// `None` when the connection closes without a reply.
    pub(super) async fn try_post(&self, service: &str, headers: &[(&str, &str)], body: Value) -> Option<Reply> {
        self.send(service, Method::POST, "/", headers, body.to_string().into_bytes()).await
    }

    async fn send(
        &self,
        service: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Option<Reply> {
        let body = Bytes::from(body);
        let host = self.host();
        let (bare_path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = Request {
            method,
            authority: None,
            path: bare_path.to_owned(),
            query: query.to_owned(),
            headers: headers
                .iter()
                .chain(&[("host", host)])
                .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
                .collect(),
            sent_body: body.clone(),
            body: body.clone(),
        };
        if self.signs {
            self.sign(&mut request, service);
        }
        let stream = TcpStream::connect(host).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut http = http::Request::builder().method(request.method).uri(path).body(Full::new(body)).unwrap();
        *http.headers_mut() = request.headers;
        let reply = sender.send_request(http).await.ok()?;
        let (head, body) = reply.into_parts();
        let body = body.collect().await.ok()?.to_bytes().to_vec();
        Some(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    fn sign(&self, request: &mut Request, service: &str) {
        let now = self.cloud.clock.now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let signed_at = self.signed_at.clone().unwrap_or(now);
        let scope = Scope {
            access_key_id: self.access_key_id.clone(),
            date: signed_at[..8].to_owned(),
            region: "us-east-1".to_owned(),
            service: service.to_owned(),
        };
        sign(request, &self.key, scope, &signed_at);
    }
}
