//! The outbox: sent mail as `.eml` files.

mod compose;
mod hand_over;
mod read;
mod storage;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::LocalConfig;
use crate::{ApiError, private};

use hand_over::MailServer;
pub use read::{StoredMail, read};
pub use storage::Trouble;

/// The outbox directory, and an optional mail server that receives a copy.
#[derive(Debug)]
pub struct Outbox {
    directory: PathBuf,
    server: Option<MailServer>,
    written: AtomicU64,
    /// Of the last mail, if it could not be written.
    trouble: Mutex<Option<Trouble>>,
}

/// One mail to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its kind.
    pub kind: MailKind,
    /// The recipient.
    pub to: String,
    /// Display name of the sender, which SNS takes from the topic.
    pub from_name: String,
    /// The subject line.
    pub subject: String,
    /// The plain-text body.
    pub body: String,
    /// The topic's ARN.
    pub topic_arn: String,
}

/// The kind of a mail, also in the header `X-Incidentctl-Kind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailKind {
    /// Asks the recipient to confirm a subscription.
    Confirmation {
        /// The confirmation link, also in the header `X-Incidentctl-Link`.
        link: String,
    },
    /// Delivers a message of a topic.
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
    /// The directory or a file in it is inaccessible.
    #[error("cannot access the outbox `{}`", path.display())]
    Storage {
        /// The directory or file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// An invalid address or header.
    #[error("cannot write a mail to `{to}`")]
    Compose {
        /// The recipient.
        to: String,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The configured mail server is invalid.
    #[error("cannot use the mail server `{address}`: it has to be host:port on this machine, such as 127.0.0.1:1025")]
    Server {
        /// The configured address.
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
    /// Opens the directory, creating it if needed.
    ///
    /// # Errors
    /// When the directory cannot be created, or the mail server is not on this machine.
    pub fn open(config: &LocalConfig) -> Result<Self, OutboxError> {
        let directory = config.directory.join("outbox");
        private::folder(&directory).map_err(|source| inaccessible(&directory, source))?;
        let server = config.smtp.as_deref().map(MailServer::parse).transpose()?;
        Ok(Self { directory, server, written: AtomicU64::new(0), trouble: Mutex::default() })
    }

    /// The outbox directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes a mail and returns its file. A configured mail server gets a copy; its failure is only logged, because
    /// the file remains.
    ///
    /// # Errors
    /// When the address is invalid, or the file cannot be written.
    pub async fn deliver(&self, mail: &Mail) -> Result<PathBuf, OutboxError> {
        let now = jiff::Timestamp::now();
        let message = compose::message(mail, now)?;
        let file = self.store(&file_stem(now, &mail.to), &message.formatted()).await?;
        if let Some(server) = &self.server
            && let Err(error) = server.send(message).await
        {
            tracing::warn!(%error, file = %file.display(), "the mail server rejected a mail; the outbox has it");
        }
        Ok(file)
    }

    /// Why mails cannot be written at the moment, or the last one could not. SNS repeats a delivery for a while only: what
    /// is not told here would vanish.
    pub fn trouble(&self) -> Option<Trouble> {
        let now = storage::probe(&self.directory).err().map(|error| Trouble::new(&self.directory, &error));
        now.or_else(|| self.last_trouble().clone())
    }

    fn last_trouble(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes atomically, under a unique, increasing number.
    async fn store(&self, stem: &(String, String), content: &[u8]) -> Result<PathBuf, OutboxError> {
        let stored = self.try_to_store(stem, content).await;
        *self.last_trouble() = match &stored {
            Err(OutboxError::Storage { source, .. }) => Some(Trouble::new(&self.directory, source)),
            _ => None,
        };
        stored
    }

    async fn try_to_store(&self, stem: &(String, String), content: &[u8]) -> Result<PathBuf, OutboxError> {
        let (time, recipient) = stem;
        let target = loop {
            let number = self.written.fetch_add(1, Ordering::Relaxed) + 1;
            let target = self.directory.join(format!("{time}-{number:06}-{recipient}.eml"));
            if !target.exists() {
                break target;
            }
        };
        let partial = target.with_extension("eml.partial");
        let written = match tokio::fs::write(&partial, content).await {
            Ok(()) => tokio::fs::rename(&partial, &target).await,
            Err(error) => Err(error),
        };
        if let Err(source) = written {
            // Half a mail would only take space; it may not even exist.
            let _ = tokio::fs::remove_file(&partial).await;
            return Err(inaccessible(&target, source));
        }
        Ok(target)
    }
}

/// A file name that sorts by time, with the recipient in characters safe on every file system.
fn file_stem(now: jiff::Timestamp, recipient: &str) -> (String, String) {
    let safe = |character: char| {
        if character.is_ascii_alphanumeric() || "@.-+".contains(character) { character } else { '_' }
    };
    (now.strftime("%Y%m%dT%H%M%S.%3fZ").to_string(), recipient.chars().take(64).map(safe).collect())
}

fn inaccessible(path: &Path, source: std::io::Error) -> OutboxError {
    OutboxError::Storage { path: path.to_owned(), source }
}
