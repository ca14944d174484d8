//! Delivery from a topic to its subscribers.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::filter::FilterPolicy;
use super::publication::{Bodies, MessageAttribute, Publication};
use super::state::{Protocol, Subscription, Topic};
use super::{mails, subscriptions};
use crate::services::{cloudwatch, lambda, sqs};
use crate::{ApiError, Cloud, Principal, arn};

/// Exceeding this many mails within one second makes an email subscription pending again. AWS does so to protect the
/// address; the sender has lost its alert channel.
const MAX_MAILS_PER_SECOND: usize = 10;

/// Delays between attempts to reach a queue or function: three immediate attempts, two after a second, then backoff.
/// AWS continues every 20 seconds for 23 days.
const RETRY_WAITS: [u64; 12] = [0, 0, 1, 1, 1, 2, 4, 8, 16, 20, 20, 20];

/// A message in delivery.
#[derive(Debug, Clone)]
pub(super) struct Notification {
    pub(super) id: String,
    pub(super) topic_arn: String,
    pub(super) display_name: String,
    pub(super) subject: Option<String>,
    pub(super) bodies: Bodies,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    pub(super) time: Timestamp,
}

impl Notification {
    pub(super) fn new(topic: &Topic, publication: Publication, bodies: Bodies) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            topic_arn: topic.arn.clone(),
            display_name: topic.attributes.get("DisplayName").cloned().unwrap_or_default(),
            subject: publication.subject,
            bodies,
            attributes: publication.attributes,
            time: Timestamp::now(),
        }
    }

    /// The envelope for queues and `email-json`.
    pub(super) fn envelope(&self, cloud: &Cloud, subscription: &Subscription) -> Value {
        let mut envelope = Map::new();
        let mut add = |name: &str, value: Value| envelope.insert(name.to_owned(), value);
        add("Type", "Notification".into());
        add("MessageId", self.id.clone().into());
        add("TopicArn", self.topic_arn.clone().into());
        if let Some(subject) = &self.subject {
            add("Subject", subject.clone().into());
        }
        add("Message", self.bodies.text_for(subscription.protocol.name()).into());
        add("Timestamp", self.timestamp().into());
        add("SignatureVersion", "1".into());
        add("Signature", "EXAMPLE".into());
        add("SigningCertURL", format!("{}/SimpleNotificationService.pem", cloud.endpoint).into());
        add("UnsubscribeURL", mails::unsubscribe_link(cloud, subscription).into());
        if !self.attributes.is_empty() {
            add("MessageAttributes", self.attributes_json());
        }
        Value::Object(envelope)
    }

    /// The event for functions.
    fn lambda_event(&self, cloud: &Cloud, subscription: &Subscription) -> Value {
        json!({"Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.arn,
            "Sns": {
                "Type": "Notification",
                "MessageId": self.id,
                "TopicArn": self.topic_arn,
                "Subject": self.subject,
                "Message": self.bodies.text_for(Protocol::Lambda.name()),
                "Timestamp": self.timestamp(),
                "SignatureVersion": "1",
                "Signature": "EXAMPLE",
                "SigningCertUrl": format!("{}/SimpleNotificationService.pem", cloud.endpoint),
                "UnsubscribeUrl": mails::unsubscribe_link(cloud, subscription),
                "MessageAttributes": self.attributes_json(),
            }
        }]})
    }

    fn timestamp(&self) -> String {
        self.time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }

    fn attributes_json(&self) -> Value {
        let json = |attribute: &MessageAttribute| json!({"Type": attribute.data_type, "Value": attribute.value});
        Value::Object(self.attributes.iter().map(|(name, attribute)| (name.clone(), json(attribute))).collect())
    }
}

/// Sends a message to each confirmed, matching subscription, independently.
pub(super) fn start(cloud: &Cloud, notification: Notification) {
    count(cloud, &notification.topic_arn, "NumberOfMessagesPublished");
    let notification = std::sync::Arc::new(notification);
    for subscription in recipients(cloud, &notification) {
        let (cloud, notification) = (cloud.clone(), notification.clone());
        // A function's destination may lead back here; the named type breaks the recursion for the compiler.
        let begun = cloud.work.begin();
        let work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            let _begun = begun;
            deliver(&cloud, &notification, &subscription).await;
        });
        tokio::spawn(work);
    }
}

fn recipients(cloud: &Cloud, notification: &Notification) -> Vec<Subscription> {
    let (mut wanted, mut refused, mut filtered) = (Vec::new(), 0, 0);
    if let Some(topic) = cloud.sns.topics().get_mut(&notification.topic_arn) {
        for subscription in topic.subscriptions.iter_mut().filter(|subscription| subscription.is_confirmed()) {
            if !wants(subscription, notification) {
                filtered += 1;
            } else if subscription.protocol.is_mail() && exceeds_mail_rate(subscription, notification.time) {
                subscription.confirmation = subscriptions::pending();
                refused += 1;
            } else {
                wanted.push(subscription.clone());
            }
        }
    }
    // Only after releasing the lock: the metric may trigger an alarm that publishes here.
    (0..filtered).for_each(|_| count(cloud, &notification.topic_arn, "NumberOfNotificationsFilteredOut"));
    for _ in 0..refused {
        tracing::warn!(
            topic = notification.topic_arn,
            "more than 10 mails in a second: the subscription is pending again"
        );
        count(cloud, &notification.topic_arn, "NumberOfNotificationsFailed");
    }
    wanted
}

fn wants(subscription: &Subscription, notification: &Notification) -> bool {
    let Some(policy) = subscription.attributes.get("FilterPolicy") else { return true };
    let scope = subscription.attributes.get("FilterPolicyScope").map(String::as_str);
    let message = notification.bodies.text_for(subscription.protocol.name());
    FilterPolicy::parse(policy, scope).is_ok_and(|policy| policy.accepts(message, &notification.attributes))
}

fn exceeds_mail_rate(subscription: &mut Subscription, now: Timestamp) -> bool {
    let recent = &mut subscription.recent;
    recent.retain(|sent| now.duration_since(*sent).unsigned_abs() < Duration::from_secs(1));
    recent.push_back(now);
    recent.len() > MAX_MAILS_PER_SECOND
}

async fn deliver(cloud: &Cloud, notification: &Notification, subscription: &Subscription) {
    match attempts(cloud, notification, subscription).await {
        Ok(()) => count(cloud, &notification.topic_arn, "NumberOfNotificationsDelivered"),
        Err(error) => {
            tracing::warn!(%error, subscription = subscription.arn, "a notification was not delivered");
            count(cloud, &notification.topic_arn, "NumberOfNotificationsFailed");
            redrive(cloud, notification, subscription).await;
        }
    }
}

/// Retries only transient failures: not a missing permission or endpoint.
async fn attempts(cloud: &Cloud, notification: &Notification, subscription: &Subscription) -> Result<(), ApiError> {
    let mut waits = RETRY_WAITS.into_iter();
    loop {
        let error = match attempt(cloud, notification, subscription).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match waits.next() {
            Some(wait) if error.status >= 500 || error.status == 429 => {
                cloud.clock.sleep(Duration::from_secs(wait)).await;
            }
            _ => return Err(error),
        }
    }
}

async fn attempt(cloud: &Cloud, notification: &Notification, subscription: &Subscription) -> Result<(), ApiError> {
    let endpoint = &subscription.endpoint;
    match subscription.protocol {
        Protocol::Email | Protocol::EmailJson => mails::notify(cloud, notification, subscription).await,
        Protocol::Sqs => to_queue(cloud, endpoint, notification, subscription).await,
        Protocol::Lambda => {
            let payload = notification.lambda_event(cloud, subscription).to_string();
            let source = lambda::Source {
                service_principal: "sns.amazonaws.com".to_owned(),
                source_arn: notification.topic_arn.clone(),
            };
            lambda::invoke_async(cloud, endpoint, Bytes::from(payload), source).await.map(drop)
        }
        Protocol::Http | Protocol::Https => {
            Err(ApiError::not_implemented("sns", "delivery over HTTP").with_status(400))
        }
    }
}

async fn to_queue(
    cloud: &Cloud,
    queue_arn: &str,
    notification: &Notification,
    subscription: &Subscription,
) -> Result<(), ApiError> {
    let (body, attributes) = if subscription.flag("RawMessageDelivery") {
        let attribute = |(name, each): (&String, &MessageAttribute)| sqs::Attribute {
            name: name.clone(),
            // A list is text to a queue.
            data_type: if each.data_type == "String.Array" { "String".to_owned() } else { each.data_type.clone() },
            value: each.value.clone(),
        };
        let attributes = notification.attributes.iter().map(attribute).collect();
        (notification.bodies.text_for(Protocol::Sqs.name()).to_owned(), attributes)
    } else {
        (notification.envelope(cloud, subscription).to_string(), Vec::new())
    };
    let sender = Principal::Service("sns.amazonaws.com".to_owned());
    let message = sqs::Outgoing { body, attributes, group: None };
    sqs::send(cloud, queue_arn, message, sender, Some(&notification.topic_arn)).await.map(drop)
}

/// Sends an undeliverable message to the subscription's dead-letter queue.
async fn redrive(cloud: &Cloud, notification: &Notification, subscription: &Subscription) {
    let Some(policy) = subscription.attributes.get("RedrivePolicy") else { return };
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let Some(queue_arn) = policy["deadLetterTargetArn"].as_str() else { return };
    let metric = match to_queue(cloud, queue_arn, notification, subscription).await {
        Ok(()) => "NumberOfNotificationsRedrivenToDlq",
        Err(error) => {
            tracing::warn!(%error, queue_arn, "could not send a notification to its dead-letter queue");
            "NumberOfNotificationsFailedToRedriveToDlq"
        }
    };
    count(cloud, &notification.topic_arn, metric);
}

fn count(cloud: &Cloud, topic_arn: &str, metric: &str) {
    let Some(arn) = arn::Arn::parse(topic_arn) else { return };
    cloudwatch::record(
        cloud,
        arn.region,
        cloudwatch::Datum {
            namespace: "AWS/SNS".to_owned(),
            name: metric.to_owned(),
            dimensions: vec![("TopicName".to_owned(), arn.resource.to_owned())],
            value: 1.0,
            unit: "Count".to_owned(),
        },
    );
}
