//! Delivers mail to a local SMTP server.

use std::time::Duration;

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::OutboxError;

/// An unresponsive server must not hold up a delivery.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A mail server such as MailHog or Mailpit. The connection is not encrypted, so it must be on this machine.
pub(super) struct MailServer {
    address: String,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl MailServer {
    /// Parses `host:port`.
    ///
    /// # Errors
    /// When it is malformed, or the host is not this machine.
    pub(super) fn parse(address: &str) -> Result<Self, OutboxError> {
        let refuse = || OutboxError::Server { address: address.to_owned() };
        let (host, port) = address.rsplit_once(':').ok_or_else(refuse)?;
        let port = port.parse().map_err(|_| refuse())?;
        if !["127.0.0.1", "localhost", "[::1]"].contains(&host) {
            return Err(refuse());
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.trim_matches(['[', ']']))
            .port(port)
            .timeout(Some(TIMEOUT))
            .build();
        Ok(Self { address: address.to_owned(), transport })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the server is unreachable or rejects it.
    pub(super) async fn send(&self, message: Message) -> Result<(), lettre::transport::smtp::Error> {
        self.transport.send(message).await.map(drop)
    }
}

impl std::fmt::Debug for MailServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("MailServer").field(&self.address).finish()
    }
}
