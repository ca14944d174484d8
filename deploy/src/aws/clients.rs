//! The service clients, built from one configuration, and a count of their calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;

use super::download::Downloads;
use super::{AwsError, patience};

/// One client per service that the stack uses.
#[derive(Debug, Clone)]
pub struct Clients {
    /// CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// CloudWatch alarms and dashboards.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// EventBridge.
    pub events: aws_sdk_eventbridge::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// Lambda, with longer timeouts for calls that carry code or wait for a function.
    pub lambda_at_length: aws_sdk_lambda::Client,
    /// S3, with longer timeouts for uploads.
    pub s3: aws_sdk_s3::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    downloads: Downloads,
    calls: CallCount,
}

/// Counts the requests that are sent, retries included.
#[derive(Debug, Clone, Default)]
pub struct CallCount(Arc<AtomicU64>);

impl CallCount {
    /// Requests sent so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for CallCount {
    fn name(&self) -> &'static str {
        "CallCount"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

macro_rules! client {
    ($service:ident, $sdk:expr, $calls:expr) => {
        $service::Client::from_conf($service::config::Builder::from($sdk).interceptor($calls.clone()).build())
    };
}

impl Clients {
    /// Builds the clients, without any call.
    pub fn new(sdk: &SdkConfig) -> Self {
        let calls = CallCount::default();
        let at_length = patience::at_length(sdk);
        // AWS addresses buckets by host name, which a custom endpoint need not resolve.
        let s3 = aws_sdk_s3::config::Builder::from(&at_length).force_path_style(sdk.endpoint_url().is_some());
        Self {
            cloudformation: client!(aws_sdk_cloudformation, sdk, calls),
            cloudwatch: client!(aws_sdk_cloudwatch, sdk, calls),
            logs: client!(aws_sdk_cloudwatchlogs, sdk, calls),
            dynamodb: client!(aws_sdk_dynamodb, sdk, calls),
            events: client!(aws_sdk_eventbridge, sdk, calls),
            iam: client!(aws_sdk_iam, sdk, calls),
            lambda: client!(aws_sdk_lambda, sdk, calls),
            lambda_at_length: client!(aws_sdk_lambda, &at_length, calls),
            s3: aws_sdk_s3::Client::from_conf(s3.interceptor(calls.clone()).build()),
            sns: client!(aws_sdk_sns, sdk, calls),
            sqs: client!(aws_sdk_sqs, sdk, calls),
            downloads: Downloads::of(&at_length),
            calls,
        }
    }

    /// The content behind a link that a call gave.
    ///
    /// # Errors
    /// A link that does not lead to the content, after one attempt.
    pub async fn download(&self, link: &str, call: &str) -> Result<Bytes, AwsError> {
        self.downloads.fetch(link, call).await
    }

    /// Calls made by all clients.
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }
}
