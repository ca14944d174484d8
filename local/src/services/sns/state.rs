//! SNS state.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::errors;
use crate::{ApiError, arn};

/// Lifetime of a confirmation token and of a pending subscription.
pub(super) const CONFIRMATION_PERIOD: Duration = Duration::from_secs(48 * 3600);

/// SNS: the topics of all regions, with their subscriptions.
#[derive(Debug, Default)]
pub struct Sns {
    topics: Mutex<Topics>,
}

/// All topics by ARN.
pub(super) type Topics = BTreeMap<String, Topic>;

/// One topic with its subscriptions.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    pub(super) arn: String,
    /// Explicitly set attributes; reads add the defaults.
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: IndexMap<String, String>,
    pub(super) subscriptions: Vec<Subscription>,
    /// Number of subscriptions that were deleted.
    pub(super) deleted: u64,
    pub(super) data_protection_policy: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub(super) arn: String,
    pub(super) protocol: Protocol,
    pub(super) endpoint: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) confirmation: Confirmation,
    /// Authorises the unsubscribe link, which has no signature.
    pub(super) unsubscribe_token: String,
    /// Times of the latest mails; see [`super::delivery`].
    pub(super) recent: VecDeque<Timestamp>,
}

/// Whether the endpoint has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Confirmation {
    Pending {
        token: String,
        since: Timestamp,
    },
    Confirmed {
        /// The token that confirmed it, which remains valid; none when no confirmation was needed.
        token: Option<String>,
        /// Set when only the account itself may unsubscribe.
        authenticated: bool,
    },
}

/// Where messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Email,
    EmailJson,
    Sqs,
    Lambda,
    Http,
    Https,
}

impl Protocol {
    const ALL: [Self; 6] = [Self::Email, Self::EmailJson, Self::Sqs, Self::Lambda, Self::Http, Self::Https];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::EmailJson => "email-json",
            Self::Sqs => "sqs",
            Self::Lambda => "lambda",
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    pub(super) fn is_mail(self) -> bool {
        matches!(self, Self::Email | Self::EmailJson)
    }

    /// The account's own queues and functions need no confirmation.
    pub(super) fn needs_confirmation(self) -> bool {
        !matches!(self, Self::Sqs | Self::Lambda)
    }
}

impl Topic {
    pub(super) fn new(arn: String, attributes: BTreeMap<String, String>, tags: IndexMap<String, String>) -> Self {
        Self { arn, attributes, tags, subscriptions: Vec::new(), deleted: 0, data_protection_policy: None }
    }

    pub(super) fn name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or_default()
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.name().ends_with(".fifo")
    }

    pub(super) fn remove_subscription(&mut self, subscription_arn: &str) {
        let before = self.subscriptions.len();
        self.subscriptions.retain(|subscription| subscription.arn != subscription_arn);
        self.deleted += (before - self.subscriptions.len()) as u64;
    }

    /// Pending subscriptions expire.
    fn forget_expired(&mut self, now: Timestamp) {
        self.subscriptions.retain(|subscription| match subscription.confirmation {
            Confirmation::Pending { since, .. } => !is_expired(since, now),
            Confirmation::Confirmed { .. } => true,
        });
    }
}

impl Subscription {
    pub(super) fn is_confirmed(&self) -> bool {
        matches!(self.confirmation, Confirmation::Confirmed { .. })
    }

    pub(super) fn flag(&self, attribute: &str) -> bool {
        self.attributes.get(attribute).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

pub(super) fn is_expired(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since).unsigned_abs() > CONFIRMATION_PERIOD
}

impl Sns {
    /// Locks the topics; never hold the guard across an await.
    pub(super) fn topics(&self) -> MutexGuard<'_, Topics> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        topics.values_mut().for_each(|topic| topic.forget_expired(now));
        topics
    }

    /// Reads or changes one topic.
    ///
    /// # Errors
    /// When the ARN is invalid or the topic does not exist.
    pub(super) fn with_topic<T>(
        &self,
        topic_arn: &str,
        work: impl FnOnce(&mut Topic) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        check_arn("TopicArn", topic_arn)?;
        work(self.topics().get_mut(topic_arn).ok_or_else(errors::no_topic)?)
    }

    /// Reads or changes one subscription.
    ///
    /// # Errors
    /// When the ARN is invalid or the subscription does not exist.
    pub(super) fn with_subscription<T>(
        &self,
        subscription_arn: &str,
        work: impl FnOnce(&mut Subscription) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let topic_arn = topic_of(subscription_arn)?;
        let mut topics = self.topics();
        let subscription = topics
            .get_mut(topic_arn)
            .and_then(|topic| topic.subscriptions.iter_mut().find(|subscription| subscription.arn == subscription_arn))
            .ok_or_else(errors::no_subscription)?;
        work(subscription)
    }
}

/// The topic ARN within a subscription ARN.
///
/// # Errors
/// When it is not a subscription ARN.
pub(super) fn topic_of(subscription_arn: &str) -> Result<&str, ApiError> {
    check_arn("SubscriptionArn", subscription_arn)?;
    match subscription_arn.rsplit_once(':') {
        Some((topic_arn, _)) if topic_arn.split(':').count() == 6 => Ok(topic_arn),
        _ => Err(errors::invalid("SubscriptionId")),
    }
}

/// Rejects an invalid ARN, in SNS's words.
///
/// # Errors
/// `InvalidParameter`.
pub(super) fn check_arn(parameter: &str, text: &str) -> Result<(), ApiError> {
    let elements = text.split(':').count();
    if elements < 6 {
        let reason = format!("{parameter} Reason: An ARN must have at least 6 elements, not {elements}");
        return Err(errors::invalid(reason));
    }
    match arn::Arn::parse(text) {
        Some(arn) if arn.service == "sns" => Ok(()),
        _ => Err(errors::invalid(parameter)),
    }
}
