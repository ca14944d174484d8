//! An account of the local AWS in this process, and how its operations are called.

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use incident_local::config::LatencyProfile;
use incident_local::gateway::Gateway;
use incident_local::services::{cloudformation, cloudwatch, dynamodb, events, iam, lambda, logs, s3, sns, sqs, sts};
use incident_local::{ApiError, Call, Cloud, Input, LocalConfig, Output, Principal, RestRequest};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

pub(crate) static ACCOUNT: LazyLock<Account> = LazyLock::new(Account::new);

/// The account and the one thread on which it works.
pub(crate) struct Account {
    pub(crate) runtime: Runtime,
    pub(crate) cloud: Cloud,
    _directory: tempfile::TempDir,
}

impl Account {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let none = Duration::ZERO;
        let latency = LatencyProfile {
            call: none,
            role_propagation: none,
            table: none,
            index: none,
            transaction: none,
            function: none,
            stack_resource: none,
            log_event: none,
            trail_event: none,
        };
        let config =
            LocalConfig { directory: directory.path().to_owned(), latency, limits: None, ..LocalConfig::default() };
        let gateway = runtime.block_on(Gateway::bind(config)).expect("a port");
        let cloud = gateway.cloud().clone();
        runtime.spawn(gateway.run(std::future::pending()));
        Self { runtime, cloud, _directory: directory }
    }

    /// Calls an operation with an object of members. Its protocol is not part of it.
    pub(crate) fn call(&self, service: &str, operation: &str, members: Value) -> Result<Output, ApiError> {
        let Value::Object(members) = members else { return Ok(Output::empty()) };
        let call = call(service, operation, Input(members));
        let cloud = &self.cloud;
        self.runtime.block_on(async {
            match service {
                "iam" => iam::handle(cloud, &call).await,
                "sts" => sts::handle(cloud, &call).await,
                "sns" => sns::handle(cloud, &call).await,
                "sqs" => sqs::handle(cloud, &call).await,
                "events" => events::handle(cloud, &call).await,
                "monitoring" => cloudwatch::handle(cloud, &call).await,
                "logs" => logs::handle(cloud, &call).await,
                "cloudformation" => cloudformation::handle(cloud, &call).await,
                other => unreachable!("no service {other}"),
            }
        })
    }

    /// Calls one that has to succeed: it makes what a target refers to.
    pub(crate) fn make(&self, service: &str, operation: &str, members: Value) {
        if let Err(error) = self.call(service, operation, members) {
            panic!("{operation}: {error:?}");
        }
    }

    /// The answer of DynamoDB to an operation with a body.
    pub(crate) fn dynamodb(&self, operation: &str, body: &[u8]) -> Response<Bytes> {
        let call = call("dynamodb", operation, Input::default());
        self.runtime.block_on(dynamodb::handle(&self.cloud, &call, body, None))
    }

    /// The answer of Lambda or S3 to a request.
    pub(crate) fn rest(
        &self,
        service: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response<Bytes> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let header = |(name, value): &(&str, &str)| {
            Some((name.parse::<http::HeaderName>().ok()?, value.parse::<http::HeaderValue>().ok()?))
        };
        let request = RestRequest {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.iter().filter_map(header).collect(),
            body: body.to_vec().into(),
            principal: Principal::Root,
            region: "us-east-1".to_owned(),
            request_id: "1".to_owned(),
        };
        self.runtime.block_on(async {
            match service {
                "s3" => s3::handle(&self.cloud, request).await,
                _ => lambda::handle(&self.cloud, request).await,
            }
        })
    }

    /// Lets what works in the background come to its end.
    pub(crate) fn settle(&self) {
        self.runtime.block_on(async {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        });
    }

    /// A role that Lambda can assume, with all rights; its ARN.
    pub(crate) fn role(&self) -> String {
        let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"}}});
        self.make("iam", "CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": trust.to_string()}));
        let all = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        self.make(
            "iam",
            "PutRolePolicy",
            json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": all.to_string()}),
        );
        "arn:aws:iam::000000000000:role/r".to_owned()
    }
}

fn call(service: &str, operation: &str, input: Input) -> Call {
    Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input,
        region: "us-east-1".to_owned(),
        request_id: "1".to_owned(),
        principal: Principal::Root,
    }
}

/// Bytes as text; what is no UTF-8 could not have been sent.
pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The part before the first zero byte, and the rest.
pub(crate) fn halves(bytes: &[u8]) -> (&str, &str) {
    let (first, second) = text(bytes).split_once('\0').unwrap_or((text(bytes), ""));
    (first, second)
}
