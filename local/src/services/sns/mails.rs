//! SNS's mails.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::delivery::Notification;
use super::state::{Protocol, Subscription};
use crate::outbox::{Mail, MailKind};
use crate::{ApiError, Cloud};

/// Default sender and subject, as on AWS.
const DEFAULT_SENDER: &str = "AWS Notifications";
const DEFAULT_SUBJECT: &str = "AWS Notification Message";

/// Mails the confirmation link.
///
/// # Errors
/// When the mail cannot be written.
pub(super) async fn ask_to_confirm(
    cloud: &Cloud,
    topic_arn: &str,
    display_name: &str,
    subscription: &Subscription,
    token: &str,
) -> Result<(), ApiError> {
    if !subscription.protocol.is_mail() {
        return Ok(());
    }
    let link = confirmation_link(cloud, topic_arn, token, &subscription.endpoint);
    let body = format!(
        "You have chosen to subscribe to the topic:\n{topic_arn}\n\n\
         To confirm this subscription, click or visit the link below within two days \
         (If this was in error no action is necessary):\n{link}\n\n\
         Please do not reply directly to this email.\n"
    );
    let mail = Mail {
        kind: MailKind::Confirmation { link },
        to: subscription.endpoint.clone(),
        from_name: sender(display_name),
        subject: "AWS Notification - Subscription Confirmation".to_owned(),
        body,
        topic_arn: topic_arn.to_owned(),
    };
    cloud.outbox.deliver(&mail).await.map(drop).map_err(Into::into)
}

/// Mails a published message.
///
/// # Errors
/// When the mail cannot be written.
pub(super) async fn notify(
    cloud: &Cloud,
    notification: &Notification,
    subscription: &Subscription,
) -> Result<(), ApiError> {
    let body = match subscription.protocol {
        Protocol::EmailJson => notification.envelope(cloud, subscription).to_string(),
        protocol => with_footer(notification.bodies.text_for(protocol.name()), &unsubscribe_link(cloud, subscription)),
    };
    let mail = Mail {
        kind: MailKind::Notification,
        to: subscription.endpoint.clone(),
        from_name: sender(&notification.display_name),
        subject: notification.subject.clone().unwrap_or_else(|| DEFAULT_SUBJECT.to_owned()),
        body,
        topic_arn: notification.topic_arn.clone(),
    };
    cloud.outbox.deliver(&mail).await.map(drop).map_err(Into::into)
}

fn with_footer(message: &str, unsubscribe: &str) -> String {
    format!(
        "{message}\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to \
         unsubscribe:\n{unsubscribe}\n\nPlease do not reply directly to this email.\n"
    )
}

fn sender(display_name: &str) -> String {
    if display_name.is_empty() { DEFAULT_SENDER.to_owned() } else { display_name.to_owned() }
}

fn confirmation_link(cloud: &Cloud, topic_arn: &str, token: &str, endpoint: &str) -> String {
    format!(
        "{}/confirmation.html?TopicArn={}&Token={token}&Endpoint={}",
        cloud.endpoint,
        encoded(topic_arn),
        encoded(endpoint)
    )
}

/// The unsubscribe link.
pub(super) fn unsubscribe_link(cloud: &Cloud, subscription: &Subscription) -> String {
    format!(
        "{}/unsubscribe.html?SubscriptionArn={}&Token={}",
        cloud.endpoint,
        encoded(&subscription.arn),
        subscription.unsubscribe_token
    )
}

/// Characters of ARNs and addresses that a query string may hold unencoded.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

fn encoded(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, ESCAPED)
}
