//! Mail that left the local AWS, as `.eml` files that any mail program opens.

mod compose;
mod hand_over;
mod read;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::config::LocalConfig;
use crate::{ApiError, private};

use hand_over::MailServer;
pub use read::{StoredMail, read};

/// The folder of sent mail, and the mail server that gets a copy if there is one.
#[derive(Debug)]
pub struct Outbox {
    directory: PathBuf,
    server: Option<MailServer>,
    written: AtomicU64,
}

/// One mail to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What it is for.
    pub kind: MailKind,
    /// The recipient.
    pub to: String,
    /// Display name of the sender, as SNS takes it from the topic.
    pub from_name: String,
    /// The subject line.
    pub subject: String,
    /// The plain-text body.
    pub body: String,
    /// The topic that it comes from.
    pub topic_arn: String,
}

/// What a mail is for. Tools read it from the header `X-Incidentctl-Kind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailKind {
    /// Asks the recipient to confirm a subscription.
    Confirmation {
        /// What to open, also in the header `X-Incidentctl-Link`.
        link: String,
    },
    /// Carries a message of a topic.
    Notification,
}

impl MailKind {
    /// Header value of a confirmation.
    pub const CONFIRMATION: &'static str = "confirmation";
    /// Header value of a notification.
    pub const NOTIFICATION: &'static str = "notification";

    /// The value of the header `X-Incidentctl-Kind`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Confirmation { .. } => Self::CONFIRMATION,
            Self::Notification => Self::NOTIFICATION,
        }
    }
}

/// Why a mail cannot be sent or read.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The folder or a file in it.
    #[error("cannot access the outbox `{}`", path.display())]
    Storage {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An address or a header that no mail can have.
    #[error("cannot write a mail to `{to}`")]
    Compose {
        /// The recipient.
        to: String,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The mail server of the configuration cannot be used.
    #[error("cannot use the mail server `{address}`: it has to be host:port on this machine, such as 127.0.0.1:1025")]
    Server {
        /// The address as configured.
        address: String,
    },
}

impl From<OutboxError> for ApiError {
    fn from(error: OutboxError) -> Self {
        let cause = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        Self::new("InternalFailure", format!("{error}{cause}")).with_status(500)
    }
}

impl Outbox {
    /// Opens the folder, making it when absent.
    ///
    /// # Errors
    /// When the folder cannot be made, or the mail server is not one on this machine.
    pub fn open(config: &LocalConfig) -> Result<Self, OutboxError> {
        let directory = config.directory.join("outbox");
        private::folder(&directory).map_err(|source| storage(&directory, source))?;
        let server = config.smtp.as_deref().map(MailServer::parse).transpose()?;
        Ok(Self { directory, server, written: AtomicU64::new(0) })
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes a mail into the folder and returns the file. A mail server that is configured gets it as well; its
    /// failure is logged and does not matter, because the file stays.
    ///
    /// # Errors
    /// When the address is not one, or the file cannot be written.
    pub async fn deliver(&self, mail: &Mail) -> Result<PathBuf, OutboxError> {
        let now = jiff::Timestamp::now();
        let message = compose::message(mail, now)?;
        let file = self.store(&file_stem(now, &mail.to), &message.formatted()).await?;
        if let Some(server) = &self.server
            && let Err(error) = server.send(message).await
        {
            tracing::warn!(%error, file = %file.display(), "the mail server did not take a mail; the outbox keeps it");
        }
        Ok(file)
    }

    /// A reader never sees half a mail, and no mail replaces another: the number in the name only grows.
    async fn store(&self, stem: &(String, String), content: &[u8]) -> Result<PathBuf, OutboxError> {
        let (time, recipient) = stem;
        let target = loop {
            let number = self.written.fetch_add(1, Ordering::Relaxed) + 1;
            let target = self.directory.join(format!("{time}-{number:06}-{recipient}.eml"));
            if !target.exists() {
                break target;
            }
        };
        let partial = target.with_extension("eml.partial");
        tokio::fs::write(&partial, content).await.map_err(|source| storage(&partial, source))?;
        tokio::fs::rename(&partial, &target).await.map_err(|source| storage(&target, source))?;
        Ok(target)
    }
}

/// The time, which makes names sort as the mails were sent, and the recipient in characters that every file system
/// takes.
fn file_stem(now: jiff::Timestamp, recipient: &str) -> (String, String) {
    let safe = |character: char| {
        if character.is_ascii_alphanumeric() || "@.-+".contains(character) { character } else { '_' }
    };
    (now.strftime("%Y%m%dT%H%M%S.%3fZ").to_string(), recipient.chars().take(64).map(safe).collect())
}

fn storage(path: &Path, source: std::io::Error) -> OutboxError {
    OutboxError::Storage { path: path.to_owned(), source }
}
