//! Delivers one event to one target: attempts, backoff, dead-letter queue.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::route;
use super::state::RuleId;
use super::target::Target;
use crate::services::{cloudwatch, lambda, logs, sns, sqs};
use crate::{ApiError, Cloud, Principal, arn};

/// The service principal in resource policies.
const PRINCIPAL: &str = "events.amazonaws.com";
const MAX_BACKOFF: Duration = Duration::from_secs(600);

/// An event in delivery.
pub(super) struct Delivery {
    pub(super) cloud: Cloud,
    pub(super) rule: RuleId,
    pub(super) target: Target,
    pub(super) event: Arc<Value>,
    pub(super) hop: u8,
}

/// Why delivery failed.
struct Failure {
    error: ApiError,
    /// The retry policy limit reached; none for a permanent error.
    exhausted: Option<&'static str>,
    retries: u64,
}

pub(super) fn start(delivery: Delivery) {
    // A function's destination may lead back here; the named type breaks the recursion for the compiler.
    let work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(delivery.run());
    tokio::spawn(work);
}

impl Delivery {
    async fn run(self) {
        let outcome = self.attempts().await;
        count(&self.cloud, &self.rule, "Invocations");
        if let Err(failure) = outcome {
            count(&self.cloud, &self.rule, "FailedInvocations");
            self.dead_letter(&failure).await;
        }
    }

    /// Attempts delivery until it succeeds or the retry policy is exhausted.
    async fn attempts(&self) -> Result<(), Failure> {
        let mut waited = Duration::ZERO;
        let mut retries = 0;
        loop {
            let error = match self.attempt().await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match after_failure(&error, &self.target, retries, waited) {
                Next::RetryAfter(wait) => {
                    self.cloud.clock.sleep(wait).await;
                    waited += wait;
                    retries += 1;
                }
                Next::GiveUp(exhausted) => return Err(Failure { error, exhausted, retries }),
            }
        }
    }

    async fn attempt(&self) -> Result<(), ApiError> {
        let Self { cloud, rule, target, .. } = self;
        let input = target.shape.apply(&self.event, rule);
        let parsed = arn::Arn::parse(&target.arn).ok_or_else(|| ApiError::new("InvalidParameter", "not an ARN"))?;
        match parsed.service {
            "lambda" => {
                let source = lambda::Source { service_principal: PRINCIPAL.to_owned(), source_arn: rule.arn.clone() };
                lambda::invoke_async(cloud, &target.arn, Bytes::from(input), source).await.map(drop)
            }
            "sqs" => self.to_queue(input).await,
            "sns" => self.to_topic(input).await,
            "logs" => {
                let group = parsed.resource.trim_start_matches("log-group:").trim_end_matches(":*");
                let stream = uuid::Uuid::new_v4().to_string();
                let time = jiff::Timestamp::now().as_millisecond();
                logs::append(cloud, parsed.region, group, &stream, vec![(time, input)])
            }
            "events" => self.to_bus(parsed.region, &input),
            service => Err(ApiError::not_implemented("events", &format!("targets of {service}")).with_status(400)),
        }
    }

    async fn to_queue(&self, body: String) -> Result<(), ApiError> {
        let group = self.target.group.as_ref().map(|group| group.resolve(&self.event)).transpose()?;
        let message = sqs::Outgoing { body, attributes: Vec::new(), group };
        sqs::send(&self.cloud, &self.target.arn, message, principal(), Some(&self.rule.arn)).await.map(drop)
    }

    async fn to_topic(&self, message: String) -> Result<(), ApiError> {
        let publication = sns::Publication {
            subject: None,
            message,
            attributes: BTreeMap::new(),
            principal: principal(),
            source_arn: Some(self.rule.arn.clone()),
        };
        sns::publish(&self.cloud, &self.target.arn, publication).await.map(drop)
    }

    fn to_bus(&self, region: &str, input: &str) -> Result<(), ApiError> {
        let event = serde_json::from_str(input).map_err(|error| ApiError::new("InvalidJson", error.to_string()))?;
        route::route(&self.cloud, region, super::state::bus_name(Some(&self.target.arn)), &event, self.hop + 1)
            .map(drop)
    }

    /// Sends the original event to the dead-letter queue; without one it is lost, as on AWS.
    async fn dead_letter(&self, failure: &Failure) {
        let Self { cloud, rule, target, .. } = self;
        let Some(queue_arn) = &target.dead_letter_arn else {
            tracing::warn!(error = %failure.error, rule = rule.arn, target = target.arn, "an event was dropped");
            return;
        };
        let message =
            sqs::Outgoing { body: self.event.to_string(), attributes: self.failure_attributes(failure), group: None };
        match sqs::send(cloud, queue_arn, message, principal(), Some(&rule.arn)).await {
            Ok(_) => count(cloud, rule, "InvocationsSentToDlq"),
            Err(error) => {
                tracing::warn!(%error, rule = rule.arn, queue_arn, "could not send an event to the dead-letter queue");
                count(cloud, rule, "InvocationsFailedToBeSentToDlq");
            }
        }
    }

    /// The message attributes in the dead-letter queue that explain the failure.
    fn failure_attributes(&self, failure: &Failure) -> Vec<sqs::Attribute> {
        let mut attributes = vec![
            ("RULE_ARN", self.rule.arn.clone()),
            ("TARGET_ARN", self.target.arn.clone()),
            ("ERROR_CODE", error_code(&failure.error).to_owned()),
            ("ERROR_MESSAGE", failure.error.message.clone()),
        ];
        attributes.extend(failure.exhausted.map(|condition| ("EXHAUSTED_RETRY_CONDITION", condition.to_owned())));
        attributes.push(("RETRY_ATTEMPTS", failure.retries.to_string()));
        attributes.into_iter().map(|(name, value)| sqs::Attribute::text(name, value)).collect()
    }
}

/// What follows a failed attempt.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    RetryAfter(Duration),
    /// With the retry policy limit that was reached, if any.
    GiveUp(Option<&'static str>),
}

fn after_failure(error: &ApiError, target: &Target, retries: u64, waited: Duration) -> Next {
    let wait = backoff(retries);
    if !is_retriable(error) {
        Next::GiveUp(None)
    } else if retries >= target.attempts {
        Next::GiveUp(Some("MaximumRetryAttempts"))
    } else if waited + wait > Duration::from_secs(target.age_seconds) {
        Next::GiveUp(Some("MaximumEventAgeInSeconds"))
    } else {
        Next::RetryAfter(wait)
    }
}

fn principal() -> Principal {
    Principal::Service(PRINCIPAL.to_owned())
}

/// The target's throttling and faults are transient; a missing permission or resource is not.
fn is_retriable(error: &ApiError) -> bool {
    error.status >= 500 || error.status == 429 || error_code(error) == "THROTTLING"
}

/// Exponential backoff from one second.
fn backoff(retries: u64) -> Duration {
    let doublings = u32::try_from(retries).unwrap_or(u32::MAX).min(16);
    (Duration::from_secs(1) * 2_u32.pow(doublings)).min(MAX_BACKOFF)
}

/// EventBridge's code for a target's error.
fn error_code(error: &ApiError) -> &'static str {
    let code = error.code.to_ascii_lowercase();
    let any = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    if any(&["accessdenied", "authorizationerror"]) {
        "NO_PERMISSIONS"
    } else if any(&["notfound", "doesnotexist", "nonexistentqueue"]) {
        "NO_RESOURCE"
    } else if any(&["toomanyrequests", "throttl"]) {
        "THROTTLING"
    } else if any(&["timeout", "timedout"]) {
        "TIMEOUT"
    } else if any(&["invalidparameter", "validation", "invalidjson"]) {
        "INVALID_PARAMETER"
    } else if error.status >= 500 {
        "INTERNAL_ERROR"
    } else {
        "ERROR_FROM_TARGET"
    }
}

/// Increments a rule's metric.
pub(super) fn count(cloud: &Cloud, rule: &RuleId, metric: &str) {
    let mut dimensions = vec![("RuleName".to_owned(), rule.name.clone())];
    if rule.bus != super::state::DEFAULT_BUS {
        dimensions.insert(0, ("EventBusName".to_owned(), rule.bus.clone()));
    }
    cloudwatch::record(
        cloud,
        &rule.region,
        cloudwatch::Datum {
            namespace: "AWS/Events".to_owned(),
            name: metric.to_owned(),
            dimensions,
            value: 1.0,
            unit: "Count".to_owned(),
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_errors_are_retried_within_the_policy() {
        let error = |code: &str, status| ApiError::new(code, "").with_status(status);
        let throttled = || error("TooManyRequestsException", 429);
        let seconds = Duration::from_secs;
        let cases = [
            (error("AccessDeniedException", 403), 0, 0, Next::GiveUp(None)),
            (error("ResourceNotFoundException", 404), 0, 0, Next::GiveUp(None)),
            (error("AWS.SimpleQueueService.NonExistentQueue", 400), 0, 0, Next::GiveUp(None)),
            (throttled(), 0, 0, Next::RetryAfter(seconds(1))),
            (throttled(), 1, 1, Next::RetryAfter(seconds(2))),
            (throttled(), 2, 3, Next::GiveUp(Some("MaximumRetryAttempts"))),
            (error("InternalFailure", 500), 1, 59, Next::GiveUp(Some("MaximumEventAgeInSeconds"))),
            (error("ServiceUnavailable", 503), 0, 59, Next::RetryAfter(seconds(1))),
        ];
        let target = Target::for_retries(2, 60);
        for (error, retries, waited, expected) in cases {
            assert_eq!(after_failure(&error, &target, retries, seconds(waited)), expected, "{error:?} {retries}");
        }
    }

    #[test]
    fn backoff_doubles_up_to_ten_minutes() {
        let waits: Vec<u64> = [0, 1, 2, 9, 10, 185].iter().map(|retries| backoff(*retries).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 512, 600, 600]);
    }
}
