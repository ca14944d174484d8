//! AWS clients, made from Lambda's own environment variables. There is no credential chain to walk.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider, StalledStreamProtectionConfig};
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

/// Longest wait for a connection. Within a Region it takes milliseconds.
const CONNECT: Duration = Duration::from_secs(2);
/// Longest wait for one answer; a second attempt is worth more than a longer wait.
const ATTEMPT: Duration = Duration::from_secs(4);
/// Longest time that connections made ahead may keep the first event waiting.
const CONNECT_AHEAD: Duration = Duration::from_millis(100);

/// The services that the functions call.
#[derive(Debug, Clone)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
}

impl Clients {
    /// From the variables that Lambda sets, and `AWS_ENDPOINT_URL` and `AWS_CA_BUNDLE` if they are set.
    ///
    /// # Errors
    /// `AWS_CA_BUNDLE` cannot be used.
    pub fn from_environment() -> Result<Self, Error> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = variable("AWS_ENDPOINT_URL");
        let region = variable("AWS_REGION").unwrap_or_default();
        let http = http_client(endpoint.as_deref(), variable("AWS_CA_BUNDLE").as_deref(), &region)?;
        let region = Region::new(region);
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
                    .timeout_config(timeout.clone())
                    // It guards bodies that take longer than an attempt may.
                    .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
                config.set_endpoint_url(endpoint.clone());
                $service::Client::from_conf(config.build())
            }};
        }
        Ok(Self { dynamodb: client!(aws_sdk_dynamodb), sns: client!(aws_sdk_sns) })
    }

    /// Opens the connections that the first event will use, while Lambda still lends the function a whole processor. Later
    /// the smallest function has a fourteenth of one for its TLS handshakes.
    pub async fn connect_ahead(&self, settings: &Settings) {
        let read = self.dynamodb.get_item().table_name(&settings.table);
        let read = read.key(INCIDENT_ID, AttributeValue::S(SELF_CHECK.to_owned()));
        let look = self.sns.get_topic_attributes().topic_arn(&settings.topic_arn);
        // What they answer does not matter, nor whether they do: the first event finds out, and tells of it.
        let _ = tokio::time::timeout(CONNECT_AHEAD, async { tokio::join!(read.send(), look.send()) }).await;
    }
}

/// One pool of connections for all clients: the SDK would make, and prepare for TLS, one for each and one to try.
/// TLS unless the endpoint says `http:`.
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
