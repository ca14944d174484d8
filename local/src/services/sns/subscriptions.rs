//! Subscription operations.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::Value;

use super::errors::{self, required};
use super::filter::FilterPolicy;
use super::state::{Confirmation, Protocol, Sns, Subscription, Topic, is_expired, topic_of};
use super::{mails, page, text_map};
use crate::config::ACCOUNT;
use crate::{ApiError, Call, Cloud, Output, Principal, arn};

/// The placeholder that lists show instead of a pending subscription's ARN.
const PENDING_ARN: &str = "PendingConfirmation";

/// Protocols of SNS that are not simulated.
const NOT_SIMULATED: [&str; 3] = ["application", "firehose", "sms"];

/// Subscribes an endpoint, or returns the existing subscription. Every call for a pending address mails the link again.
pub(super) async fn subscribe(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let topic_arn = required(call, "TopicArn")?;
    let protocol_name = required(call, "Protocol")?;
    if NOT_SIMULATED.contains(&protocol_name) {
        return Err(ApiError::not_implemented("sns", &format!("Subscribe with protocol {protocol_name}")));
    }
    let protocol = Protocol::parse(protocol_name)
        .ok_or_else(|| errors::invalid(format!("Amazon SNS does not support this protocol string: {protocol_name}")))?;
    let endpoint = call.input.text("Endpoint").unwrap_or_default();
    let attributes = text_map(&call.input, "Attributes");
    let (subscription, display_name) = cloud.sns.with_topic(topic_arn, |topic| {
        check_endpoint(topic, protocol, endpoint)?;
        for (name, value) in &attributes {
            check_attribute(protocol, name, value, &attributes).map_err(errors::invalid_attribute)?;
        }
        let subscription = find_or_add(topic, protocol, endpoint, attributes)?.clone();
        Ok((subscription, topic.attributes.get("DisplayName").cloned().unwrap_or_default()))
    })?;
    if let Confirmation::Pending { token, .. } = &subscription.confirmation {
        mails::ask_to_confirm(cloud, topic_arn, &display_name, &subscription, token).await?;
    }
    let shown = if subscription.is_confirmed() || call.input.flag("ReturnSubscriptionArn") == Some(true) {
        subscription.arn
    } else {
        "pending confirmation".to_owned()
    };
    Ok(Output::structure([("SubscriptionArn", Some(shown.into()))]))
}

fn check_endpoint(topic: &Topic, protocol: Protocol, endpoint: &str) -> Result<(), ApiError> {
    if topic.is_fifo() && protocol != Protocol::Sqs {
        return Err(errors::invalid(format!("Invalid protocol type: {}", protocol.name())));
    }
    if protocol == Protocol::Sqs && endpoint.ends_with(".fifo") && !topic.is_fifo() {
        return Err(errors::invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ));
    }
    let is_arn_of = |service: &str| arn::Arn::parse(endpoint).is_some_and(|arn| arn.service == service);
    match protocol {
        Protocol::Email | Protocol::EmailJson if !is_address(endpoint) => Err(errors::invalid("Email address")),
        Protocol::Sqs if !is_arn_of("sqs") => Err(errors::invalid("SQS endpoint ARN")),
        Protocol::Lambda if !is_arn_of("lambda") => Err(errors::invalid("Lambda endpoint ARN")),
        Protocol::Http if !endpoint.starts_with("http://") => Err(endpoint_mismatch()),
        Protocol::Https if !endpoint.starts_with("https://") => Err(endpoint_mismatch()),
        _ => Ok(()),
    }
}

fn endpoint_mismatch() -> ApiError {
    errors::invalid("Endpoint must match the specified protocol")
}

/// A deliverable address: what lettre accepts, with a dot in the domain, as SNS requires.
fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok_and(|address| {
        let labels: Vec<&str> = address.domain().split('.').collect();
        let legal = |label: &&str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
        };
        labels.len() >= 2 && labels.iter().all(legal)
    })
}

fn find_or_add<'t>(
    topic: &'t mut Topic,
    protocol: Protocol,
    endpoint: &str,
    attributes: BTreeMap<String, String>,
) -> Result<&'t Subscription, ApiError> {
    let same = |subscription: &Subscription| subscription.protocol == protocol && subscription.endpoint == endpoint;
    let index = match topic.subscriptions.iter().position(same) {
        Some(index) => {
            let existing = &topic.subscriptions[index];
            let unchanged = |(name, value): (&String, &String)| existing.attributes.get(name) == Some(value);
            if !attributes.iter().all(unchanged) {
                return Err(errors::invalid_attribute("Subscription already exists with different attributes"));
            }
            index
        }
        None => {
            topic.subscriptions.push(new_subscription(&topic.arn, protocol, endpoint, attributes));
            topic.subscriptions.len() - 1
        }
    };
    Ok(&topic.subscriptions[index])
}

fn new_subscription(
    topic_arn: &str,
    protocol: Protocol,
    endpoint: &str,
    attributes: BTreeMap<String, String>,
) -> Subscription {
    let confirmation = if protocol.needs_confirmation() {
        pending()
    } else {
        Confirmation::Confirmed { token: None, authenticated: true }
    };
    Subscription {
        arn: format!("{topic_arn}:{}", uuid::Uuid::new_v4()),
        protocol,
        endpoint: endpoint.to_owned(),
        attributes,
        confirmation,
        unsubscribe_token: token(),
        recent: VecDeque::new(),
    }
}

/// A new pending confirmation.
pub(super) fn pending() -> Confirmation {
    Confirmation::Pending { token: token(), since: Timestamp::now() }
}

fn token() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

fn check_attribute(
    protocol: Protocol,
    name: &str,
    value: &str,
    others: &BTreeMap<String, String>,
) -> Result<(), String> {
    match name {
        "FilterPolicy" => {
            let scope = others.get("FilterPolicyScope").map(String::as_str);
            FilterPolicy::parse(value, scope).map(drop)
        }
        "FilterPolicyScope" if !["MessageAttributes", "MessageBody"].contains(&value) => Err(format!(
            "FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
        )),
        "RawMessageDelivery" if !["true", "false"].contains(&value.to_ascii_lowercase().as_str()) => {
            Err(format!("RawMessageDelivery: Invalid value [{value}]. Must be true or false."))
        }
        "RawMessageDelivery" if protocol.is_mail() || protocol == Protocol::Lambda => {
            if value.eq_ignore_ascii_case("true") {
                return Err(format!("Delivery protocol [{}] does not support raw message delivery.", protocol.name()));
            }
            Ok(())
        }
        "RedrivePolicy" => check_redrive_policy(value),
        "DeliveryPolicy" if !matches!(protocol, Protocol::Http | Protocol::Https) => {
            Err("DeliveryPolicy: is only valid for HTTP and HTTPS".to_owned())
        }
        "FilterPolicyScope" | "RawMessageDelivery" | "DeliveryPolicy" => Ok(()),
        _ => Err(format!("Unknown attribute: {name}")),
    }
}

fn check_redrive_policy(value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(());
    }
    let policy: Value = serde_json::from_str(value).map_err(|_| "RedrivePolicy: failed to parse JSON.".to_owned())?;
    match policy["deadLetterTargetArn"].as_str().and_then(arn::Arn::parse) {
        Some(arn) if arn.service == "sqs" => Ok(()),
        _ => Err("RedrivePolicy: deadLetterTargetArn is an invalid arn".to_owned()),
    }
}

pub(super) fn confirm(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let authenticated = call.input.flag("AuthenticateOnUnsubscribe").unwrap_or(false);
    if authenticated && call.principal == Principal::Anonymous {
        return Err(owner_only());
    }
    let arn = confirm_token(sns, required(call, "TopicArn")?, required(call, "Token")?, authenticated)?;
    Ok(Output::structure([("SubscriptionArn", Some(arn.into()))]))
}

/// Confirms the subscription a token belongs to and returns its ARN; idempotent.
///
/// # Errors
/// When the topic does not exist, or the token is unknown or older than two days.
pub(super) fn confirm_token(sns: &Sns, topic_arn: &str, token: &str, authenticated: bool) -> Result<String, ApiError> {
    let now = Timestamp::now();
    sns.with_topic(topic_arn, |topic| {
        for subscription in &mut topic.subscriptions {
            match &subscription.confirmation {
                Confirmation::Pending { token: expected, since } if expected == token && !is_expired(*since, now) => {
                    subscription.confirmation =
                        Confirmation::Confirmed { token: Some(token.to_owned()), authenticated };
                    return Ok(subscription.arn.clone());
                }
                Confirmation::Confirmed { token: Some(used), .. } if used == token => {
                    return Ok(subscription.arn.clone());
                }
                _ => {}
            }
        }
        Err(errors::invalid("Token"))
    })
}

/// `Unsubscribe`; deleting a missing subscription succeeds.
pub(super) fn unsubscribe(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let subscription_arn = required(call, "SubscriptionArn")?;
    let topic_arn = topic_of(subscription_arn)?;
    let mut topics = sns.topics();
    let Some(topic) = topics.get_mut(topic_arn) else { return Ok(Output::empty()) };
    let found = topic.subscriptions.iter().find(|subscription| subscription.arn == subscription_arn);
    match found.map(|subscription| &subscription.confirmation) {
        Some(Confirmation::Pending { .. }) => {
            return Err(errors::invalid(
                "This subscription is pending confirmation. Cannot unsubscribe a subscription that is pending confirmation",
            ));
        }
        Some(Confirmation::Confirmed { authenticated: true, .. }) if call.principal == Principal::Anonymous => {
            return Err(owner_only());
        }
        _ => {}
    }
    topic.remove_subscription(subscription_arn);
    Ok(Output::empty())
}

/// Unsubscribes by the link in a mail.
///
/// # Errors
/// When the link is invalid, or only the account itself may unsubscribe.
pub(super) fn unsubscribe_by_link(sns: &Sns, subscription_arn: &str, token: &str) -> Result<(), ApiError> {
    sns.with_subscription(subscription_arn, |subscription| {
        if subscription.unsubscribe_token != token {
            return Err(errors::invalid("Token"));
        }
        match subscription.confirmation {
            Confirmation::Confirmed { authenticated: true, .. } => Err(owner_only()),
            _ => Ok(()),
        }
    })?;
    if let Some(topic) = sns.topics().get_mut(topic_of(subscription_arn)?) {
        topic.remove_subscription(subscription_arn);
    }
    Ok(())
}

fn owner_only() -> ApiError {
    ApiError::new("AuthorizationError", "This subscription asks for a signed request").with_status(403)
}

pub(super) fn attributes(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let arn = required(call, "SubscriptionArn")?;
    let topic_arn = topic_of(arn)?;
    sns.with_subscription(arn, |subscription| {
        let authenticated = matches!(subscription.confirmation, Confirmation::Confirmed { authenticated: true, .. });
        let mut attributes = BTreeMap::from(
            [
                ("SubscriptionArn", subscription.arn.clone()),
                ("TopicArn", topic_arn.to_owned()),
                ("Owner", ACCOUNT.to_owned()),
                ("Protocol", subscription.protocol.name().to_owned()),
                ("Endpoint", subscription.endpoint.clone()),
                ("PendingConfirmation", (!subscription.is_confirmed()).to_string()),
                ("ConfirmationWasAuthenticated", authenticated.to_string()),
                ("RawMessageDelivery", "false".to_owned()),
                ("SubscriptionPrincipal", format!("arn:aws:iam::{ACCOUNT}:root")),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        if subscription.attributes.contains_key("FilterPolicy") {
            attributes.insert("FilterPolicyScope".to_owned(), "MessageAttributes".to_owned());
        }
        attributes.extend(subscription.attributes.clone());
        Ok(Output::structure([("Attributes", Some(Output::string_map(attributes)))]))
    })
}

pub(super) fn set_attribute(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let name = required(call, "AttributeName")?;
    let value = call.input.text("AttributeValue").unwrap_or_default();
    sns.with_subscription(required(call, "SubscriptionArn")?, |subscription| {
        check_attribute(subscription.protocol, name, value, &subscription.attributes).map_err(|reason| {
            if reason.starts_with("Unknown") { errors::invalid("AttributeName") } else { errors::invalid(reason) }
        })?;
        if value.is_empty() || (name == "FilterPolicy" && value.trim() == "{}") {
            subscription.attributes.remove(name);
        } else {
            subscription.attributes.insert(name.to_owned(), value.to_owned());
        }
        Ok(Output::empty())
    })
}

pub(super) fn list(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let region = format!("arn:aws:sns:{}:", call.region);
    let topics = sns.topics();
    let in_region = topics.values().filter(|topic| topic.arn.starts_with(&region));
    let members = in_region.flat_map(|topic| topic.subscriptions.iter().map(|each| listed(topic, each))).collect();
    listing(members, call)
}

pub(super) fn list_by_topic(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let members = sns.with_topic(required(call, "TopicArn")?, |topic| {
        Ok(topic.subscriptions.iter().map(|subscription| listed(topic, subscription)).collect())
    })?;
    listing(members, call)
}

fn listing(members: Vec<Output>, call: &Call) -> Result<Output, ApiError> {
    let (members, next) = page(members, call)?;
    Ok(Output::structure([("Subscriptions", Some(Output::List(members))), ("NextToken", next.map(Into::into))]))
}

fn listed(topic: &Topic, subscription: &Subscription) -> Output {
    let arn = if subscription.is_confirmed() { &subscription.arn } else { PENDING_ARN };
    Output::structure([
        ("SubscriptionArn", Some(arn.into())),
        ("Owner", Some(ACCOUNT.into())),
        ("Protocol", Some(subscription.protocol.name().into())),
        ("Endpoint", Some(subscription.endpoint.as_str().into())),
        ("TopicArn", Some(topic.arn.as_str().into())),
    ])
}
