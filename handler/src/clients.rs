//! AWS clients, configured from Lambda's environment variables, without a credential chain.

mod bounded;
mod evidence;

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use incident_model::table::{INCIDENT_ID, SELF_CHECK};
use lambda_runtime::Error;

use crate::settings::Settings;
use crate::tls_roots::authorities;
pub use evidence::EvidenceClients;

/// Connect timeout. Within a Region a connection takes milliseconds.
const CONNECT: Duration = Duration::from_secs(2);
/// Timeout per attempt: a second attempt is worth more than a longer wait.
const ATTEMPT: Duration = Duration::from_secs(4);
/// Longest delay of the first event by connections opened in advance.
const CONNECT_AHEAD: Duration = Duration::from_millis(100);

/// The services that the functions call.
#[derive(Debug, Clone)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// CloudWatch.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// Those that gather evidence, each built when it is first needed.
    pub evidence: Arc<EvidenceClients>,
}

/// What all clients have in common.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its connections.
    pub http: SharedHttpClient,
    /// The address of all services, if it is not AWS's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: Region,
    /// Who calls.
    pub credentials: SharedCredentialsProvider,
}

/// A client of a service. Each SDK crate has its own configuration type with the same methods.
macro_rules! client {
    ($service:ident, $connection:expr, $retry:expr, $timeout:expr) => {{
        let connection: &$crate::clients::Connection = $connection;
        let mut config = $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .http_client(connection.http.clone())
            .region(connection.region.clone())
            .credentials_provider(connection.credentials.clone())
            .retry_config($retry)
            .timeout_config($timeout)
            // It guards response bodies that take longer than the attempt timeout.
            .stalled_stream_protection($service::config::StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(connection.endpoint.clone());
        $service::Client::from_conf(config.build())
    }};
}
pub(crate) use client;

impl Clients {
    /// Reads the variables that Lambda sets, and optionally `AWS_ENDPOINT_URL` and `AWS_CA_BUNDLE`.
    ///
    /// # Errors
    /// `AWS_CA_BUNDLE` cannot be used.
    pub fn from_environment() -> Result<Self, Error> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = variable("AWS_ENDPOINT_URL");
        let region = variable("AWS_REGION").unwrap_or_default();
        let http = http_client(endpoint.as_deref(), variable("AWS_CA_BUNDLE").as_deref(), &region)?;
        let credentials = SharedCredentialsProvider::new(Credentials::new(
            variable("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            variable("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
            variable("AWS_SESSION_TOKEN"),
            None,
            "lambda",
        ));
        let connection = Connection { http, endpoint, region: Region::new(region), credentials };
        let retry = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(100));
        let timeout = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
        Ok(Self {
            dynamodb: client!(aws_sdk_dynamodb, &connection, retry.clone(), timeout.clone()),
            sns: client!(aws_sdk_sns, &connection, retry.clone(), timeout.clone()),
            sqs: client!(aws_sdk_sqs, &connection, retry.clone(), timeout.clone()),
            cloudwatch: client!(aws_sdk_cloudwatch, &connection, retry.clone(), timeout.clone()),
            lambda: client!(aws_sdk_lambda, &connection, retry, timeout),
            evidence: Arc::new(EvidenceClients::new(connection)),
        })
    }

    /// Opens the connections for the first event during initialisation, for which Lambda provides a whole processor.
    /// Later the smallest function has a fourteenth of one for its TLS handshakes.
    pub async fn connect_ahead(&self, settings: &Settings) {
        let read = self.dynamodb.get_item().table_name(&settings.table);
        let read = read.key(INCIDENT_ID, AttributeValue::S(SELF_CHECK.to_owned()));
        let look = self.sns.get_topic_attributes().topic_arn(&settings.topic_arn);
        // Responses and errors do not matter here: the first event reports them.
        let _ = tokio::time::timeout(CONNECT_AHEAD, async { tokio::join!(read.send(), look.send()) }).await;
    }
}

/// One connection pool for all clients: the SDK would create, and set up TLS for, one per client and another for
/// probing. Uses TLS unless the endpoint is `http:`.
fn http_client(endpoint: Option<&str>, bundle: Option<&str>, region: &str) -> Result<SharedHttpClient, Error> {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
    let connector = Connector::builder().connector_settings(settings);
    let connector = match endpoint.is_some_and(|endpoint| endpoint.starts_with("http:")) {
        true => connector.build_http(),
        false => {
            let authorities = authorities(bundle, endpoint, region)?;
            let context = TlsContext::builder().with_trust_store(authorities).build()?;
            connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build()
        }
    };
    let connector = SharedHttpConnector::new(connector);
    Ok(http_client_fn(move |_, _| connector.clone()))
}
