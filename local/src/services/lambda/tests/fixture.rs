//! A cloud with functions that run the example `echo_runtime`.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use serde_json::{Value, json};

use crate::config::LatencyProfile;
use crate::gateway::Gateway;
use crate::services::lambda;
use crate::services::tests::{self, REGION};
use crate::{Cloud, LocalConfig, Principal};

pub(super) const ROLE: &str = "arn:aws:iam::000000000000:role/runner";

/// A cloud that stops its processes when the test ends.
pub(super) struct Fixture {
    pub(super) cloud: Cloud,
    /// Through which Lambda calls SQS.
    pub(super) gateway: Gateway,
    _directory: tempfile::TempDir,
}

/// A response with its body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn code(&self) -> &str {
        self.headers.get("x-amzn-errortype").map_or("", String::as_str)
    }

    pub(super) fn message(&self) -> &str {
        self.body["message"].as_str().or(self.body["Message"].as_str()).unwrap_or_default()
    }

    /// Whether it is an error with this message.
    pub(super) fn is_error(&self, status: u16, code: &str, words: &str) -> bool {
        let is_error = self.status == status && self.code() == code && self.message().contains(words);
        if !is_error {
            eprintln_answer(self);
        }
        is_error
    }
}

#[expect(clippy::print_stderr, reason = "shown when a test fails")]
fn eprintln_answer(answer: &Answer) {
    eprintln!("got {} {}: {}", answer.status, answer.code(), answer.body);
}

impl Fixture {
    /// A cloud with an assumable execution role that may do everything.
    pub(super) async fn new() -> Self {
        Self::with_time(1.0, Duration::ZERO).await
    }

    /// A cloud with scaled time, where functions take a while to settle.
    pub(super) async fn with_time(time_scale: f64, function: Duration) -> Self {
        let latency = LatencyProfile {
            call: Duration::ZERO,
            role_propagation: Duration::ZERO,
            table: Duration::ZERO,
            function,
            log_event: Duration::ZERO,
            ..LatencyProfile::QUICK
        };
        let _directory = tempfile::tempdir().unwrap();
        let directory = _directory.path().to_owned();
        let config = LocalConfig { time_scale, latency, directory, port: 0, ..LocalConfig::default() };
        let gateway = Gateway::bind(config).await.unwrap();
        let fixture = Self { cloud: gateway.cloud().clone(), gateway, _directory };
        fixture.create_role("runner").await;
        fixture.put_role_policy("runner", &["*"]).await;
        fixture
    }

    /// Calls another service; panics on an error.
    pub(super) async fn ask(&self, service: &str, operation: &str, input: Value) -> Value {
        tests::ask(&self.cloud, service, operation, input).await.unwrap()
    }

    pub(super) async fn create_role(&self, name: &str) {
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }
        ] });
        let input = json!({ "RoleName": name, "AssumeRolePolicyDocument": trust.to_string() });
        self.ask("iam", "CreateRole", input).await;
    }

    /// Sets a role's permissions.
    pub(super) async fn put_role_policy(&self, name: &str, actions: &[&str]) {
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": actions, "Resource": "*" }
        ] });
        let input = json!({ "RoleName": name, "PolicyName": "all", "PolicyDocument": policy.to_string() });
        self.ask("iam", "PutRolePolicy", input).await;
    }

    /// Creates a runnable function from the defaults and these overrides.
    pub(super) async fn create(&self, name: &str, settings: Value) -> Answer {
        self.create_from(package(), name, settings).await
    }

    /// Creates a function that cannot run, which is much faster.
    pub(super) async fn declare(&self, name: &str, settings: Value) -> Answer {
        self.create_from(&STANDARD.encode(package_of("bootstrap", b"nothing")), name, settings).await
    }

    async fn create_from(&self, package: &str, name: &str, settings: Value) -> Answer {
        let mut body = json!({
            "FunctionName": name, "Runtime": "provided.al2023", "Handler": "echo", "Role": ROLE,
            "Code": { "ZipFile": package },
        });
        for (member, value) in settings.as_object().unwrap() {
            body[member] = value.clone();
        }
        self.send(Method::POST, "/2015-03-31/functions", body).await
    }

    pub(super) async fn invoke(&self, name: &str, payload: Value) -> Answer {
        self.invoke_with(name, payload, &[("x-amz-log-type", "Tail")]).await
    }

    pub(super) async fn invoke_with(&self, name: &str, payload: Value, headers: &[(&'static str, &str)]) -> Answer {
        let path = format!("/2015-03-31/functions/{name}/invocations");
        self.request(Method::POST, &path, Bytes::from(payload.to_string()), headers).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        self.request(method, path, body, &[]).await
    }

    async fn request(&self, method: Method, path: &str, body: Bytes, headers: &[(&'static str, &str)]) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let request = crate::RestRequest {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body,
            principal: Principal::Root,
            region: REGION.to_owned(),
            request_id: uuid::Uuid::new_v4().to_string(),
        };
        answer(lambda::handle(&self.cloud, request).await)
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.cloud.lambda.mappings.close();
        self.cloud.lambda.pool.close();
    }
}

fn answer(response: Response<Bytes>) -> Answer {
    let headers = response.headers().iter();
    Answer {
        status: response.status().as_u16(),
        headers: headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect(),
        body: serde_json::from_slice(response.body()).unwrap_or_default(),
    }
}

/// A base64 package with the example as its `bootstrap`.
fn package() -> &'static str {
    static PACKAGE: OnceLock<String> = OnceLock::new();
    PACKAGE.get_or_init(|| STANDARD.encode(package_of("bootstrap", &std::fs::read(runtime()).unwrap())))
}

/// A package with one executable.
pub(super) fn package_of(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .unix_permissions(0o755);
    writer.start_file(name, options).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

/// The example's path, beside the test binaries. `cargo test` builds it; `cargo test FILTER` does not.
fn runtime() -> &'static Path {
    static RUNTIME: OnceLock<PathBuf> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let runtime = test.ancestors().nth(2).unwrap().join("examples/echo_runtime");
        if !runtime.exists() {
            let arguments = ["build", "--quiet", "--example", "echo_runtime"];
            let directory = env!("CARGO_MANIFEST_DIR");
            let status = Command::new(env!("CARGO")).args(arguments).current_dir(directory).status().unwrap();
            assert!(status.success());
        }
        runtime
    })
}
