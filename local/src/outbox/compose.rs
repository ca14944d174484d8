//! Converts a [`Mail`] to an RFC 5322 message.

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};

use super::{Mail, MailKind, OutboxError};

/// Header with [`MailKind::name`].
pub(super) const KIND_HEADER: &str = "X-Incidentctl-Kind";
/// Header with the confirmation link.
pub(super) const LINK_HEADER: &str = "X-Incidentctl-Link";
/// Header with the topic's ARN.
pub(super) const TOPIC_HEADER: &str = "X-Incidentctl-Topic";

const SENDER: &str = "no-reply@sns.local";

/// Formats a mail as a message.
///
/// # Errors
/// When the recipient's address is invalid.
pub(super) fn message(mail: &Mail, now: jiff::Timestamp) -> Result<Message, OutboxError> {
    let refuse =
        |source: Box<dyn std::error::Error + Send + Sync>| OutboxError::Compose { to: mail.to.clone(), source };
    let sender = SENDER.parse().map_err(|error| refuse(Box::new(error)))?;
    let recipient = mail.to.parse().map_err(|error| refuse(Box::new(error)))?;
    let mut builder = Message::builder()
        .from(Mailbox::new(Some(mail.from_name.clone()), sender))
        .to(Mailbox::new(None, recipient))
        .subject(mail.subject.as_str())
        .date(now.into())
        .message_id(Some(format!("<{}@sns.local>", uuid::Uuid::new_v4())))
        .header(ContentType::TEXT_PLAIN);
    builder = with_header(builder, KIND_HEADER, mail.kind.name());
    builder = with_header(builder, TOPIC_HEADER, &mail.topic_arn);
    if let MailKind::Confirmation { link } = &mail.kind {
        builder = with_header(builder, LINK_HEADER, link);
    }
    builder.body(mail.body.clone()).map_err(|error| refuse(Box::new(error)))
}

fn with_header(builder: MessageBuilder, name: &'static str, value: &str) -> MessageBuilder {
    builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned()))
}
