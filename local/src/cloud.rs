//! The state of one local AWS.

use std::sync::{Arc, OnceLock, Weak};

use serde_json::Value;

use crate::arn::Arn;
use crate::config::LocalConfig;
use crate::credentials::AccessKey;
use crate::front::Front;
use crate::in_flight::InFlight;
use crate::outbox::Outbox;
use crate::services::{
    cloudformation, cloudtrail, cloudwatch, dynamodb, ecs, events, iam, lambda, logs, s3, sns, sqs, states,
};
use crate::{ApiError, Call, Clock};

/// The services and their shared state. Cheap to clone; services reach each other through it.
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
}

/// The fields behind [`Cloud`].
pub struct Inner {
    /// The configuration.
    pub config: LocalConfig,
    /// The endpoint: `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// The account's own access key.
    pub access_key: AccessKey,
    /// The clock.
    pub clock: Clock,
    /// Calls and deliveries in flight.
    pub work: InFlight,
    /// Sent mail.
    pub outbox: Outbox,
    /// State of IAM.
    pub iam: iam::Iam,
    /// State of DynamoDB.
    pub dynamodb: dynamodb::Dynamodb,
    /// State of SNS.
    pub sns: sns::Sns,
    /// State of SQS.
    pub sqs: sqs::Sqs,
    /// State of EventBridge.
    pub events: events::Events,
    /// State of Lambda.
    pub lambda: lambda::Lambda,
    /// State of CloudWatch Logs.
    pub logs: logs::Logs,
    /// State of CloudWatch.
    pub cloudwatch: cloudwatch::Cloudwatch,
    /// State of CloudFormation.
    pub cloudformation: cloudformation::Cloudformation,
    /// State of S3.
    pub s3: s3::S3,
    /// State of CloudTrail.
    pub cloudtrail: cloudtrail::CloudTrail,
    /// State of Step Functions.
    pub states: states::States,
    /// State of ECS.
    pub ecs: ecs::Ecs,
    /// Weak, because the gateway holds the account.
    front: OnceLock<Weak<dyn Front>>,
}

impl std::ops::Deref for Cloud {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl Cloud {
    /// Notes that a metric that alarms poll, such as a queue's depth, has changed: the service that knows it does not know
    /// CloudWatch.
    pub(crate) fn polled_metric_changed(&self) {
        self.cloudwatch.wake();
    }

    /// Adds to a queue's metric, such as `NumberOfMessagesSent`: SQS does not know CloudWatch.
    pub(crate) fn queue_counted(&self, queue_arn: &str, metric: &str, value: f64) {
        let Some(queue) = Arn::parse(queue_arn) else { return };
        let datum = cloudwatch::Datum {
            namespace: "AWS/SQS".to_owned(),
            name: metric.to_owned(),
            dimensions: vec![("QueueName".to_owned(), queue.resource.to_owned())],
            value,
            unit: if metric == "SentMessageSize" { "Bytes" } else { "Count" }.to_owned(),
        };
        cloudwatch::record(self, queue.region, datum);
    }

    /// Creates an empty account.
    ///
    /// # Errors
    /// When the outbox directory cannot be created.
    pub fn new(config: LocalConfig, endpoint: String) -> Result<Self, ApiError> {
        let outbox = Outbox::open(&config)?;
        let access_key = if config.open { AccessKey::well_known() } else { AccessKey::drawn() };
        let clock = Clock::new(config.time_scale);
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                endpoint,
                access_key,
                clock,
                work: InFlight::default(),
                outbox,
                iam: Default::default(),
                dynamodb: Default::default(),
                sns: Default::default(),
                sqs: Default::default(),
                events: Default::default(),
                lambda: Default::default(),
                logs: Default::default(),
                cloudwatch: Default::default(),
                cloudformation: Default::default(),
                s3: Default::default(),
                cloudtrail: Default::default(),
                states: Default::default(),
                ecs: Default::default(),
                front: OnceLock::new(),
            }),
        })
    }

    /// Names what stands before the services. Only the first one counts.
    pub(crate) fn stand_behind(&self, front: Weak<dyn Front>) {
        let _ = self.front.set(front);
    }

    /// Performs a call as if its caller had sent it; see [`Front`].
    ///
    /// # Errors
    /// Those of [`Front::perform`], and `ServiceUnavailable` while no gateway runs.
    pub(crate) async fn perform(&self, call: Call) -> Result<Value, ApiError> {
        match self.front.get().and_then(Weak::upgrade) {
            Some(front) => front.perform(call).await,
            None => Err(ApiError::new("ServiceUnavailable", "the local AWS is not running").with_status(503)),
        }
    }
}
