//! AWS clients, made from Lambda's own environment variables. There is no credential chain to walk, and nothing
//! connects before the first call: the start of the function is what a failure waits for.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// Longest wait for a connection. Within a Region it takes milliseconds.
const CONNECT: Duration = Duration::from_secs(2);
/// Longest wait for one answer; a second attempt is worth more than a longer wait.
const ATTEMPT: Duration = Duration::from_secs(4);

/// The services that the functions call.
#[derive(Debug, Clone)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
}

impl Clients {
    /// From the variables that Lambda sets, and `AWS_ENDPOINT_URL` if it is set.
    pub fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = variable("AWS_ENDPOINT_URL");
        let http = http_client(endpoint.as_deref());
        let region = Region::new(variable("AWS_REGION").unwrap_or_default());
        let credentials = SharedCredentialsProvider::new(Credentials::new(
            variable("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            variable("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
            variable("AWS_SESSION_TOKEN"),
            None,
            "lambda",
        ));
        let retry = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(100));
        let timeout = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
        // The SDK's crates have one configuration type each, with the same methods.
        macro_rules! client {
            ($service:ident) => {{
                let mut config = $service::Config::builder()
                    .behavior_version(BehaviorVersion::latest())
                    .http_client(http.clone())
                    .region(region.clone())
                    .credentials_provider(credentials.clone())
                    .retry_config(retry.clone())
                    .timeout_config(timeout.clone());
                config.set_endpoint_url(endpoint.clone());
                $service::Client::from_conf(config.build())
            }};
        }
        Self { dynamodb: client!(aws_sdk_dynamodb), sns: client!(aws_sdk_sns) }
    }
}

/// TLS unless the endpoint says `http:`; loading root certificates takes time that a local endpoint need not pay.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new();
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http:")) {
        builder.build_http()
    } else {
        builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    }
}
