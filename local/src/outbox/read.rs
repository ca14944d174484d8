//! Reads the outbox.

use std::path::{Path, PathBuf};

use mail_parser::{Message, MessageParser};
use serde::Serialize;

use super::{OutboxError, compose, inaccessible};

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredMail {
    /// The file.
    pub file: PathBuf,
    /// The kind: [`super::MailKind::CONFIRMATION`], [`super::MailKind::NOTIFICATION`], or empty for a mail that the
    /// local AWS did not write.
    pub kind: Option<String>,
    /// The recipient; empty when missing.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// When it was sent.
    pub date: Option<jiff::Timestamp>,
    /// The confirmation link.
    pub link: Option<String>,
    /// The topic's ARN.
    pub topic: Option<String>,
    /// The plain text.
    pub body: String,
}

/// All mails in a directory, oldest first. A missing directory is empty; files that are not mails are skipped.
///
/// # Errors
/// When the directory or a mail in it cannot be read.
pub fn read(directory: &Path) -> Result<Vec<StoredMail>, OutboxError> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(inaccessible(directory, error)),
    };
    let mut files = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| inaccessible(directory, error))?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "eml") && file.is_file());
    files.sort();
    let mut mails = Vec::with_capacity(files.len());
    for file in files {
        let content = std::fs::read(&file).map_err(|error| inaccessible(&file, error))?;
        mails.extend(MessageParser::default().parse(&content).map(|message| stored(file, &message)));
    }
    Ok(mails)
}

fn stored(file: PathBuf, message: &Message<'_>) -> StoredMail {
    let header = |name| message.header_raw(name).map(|value| value.trim().to_owned());
    let recipient = message.to().and_then(|address| address.first()).and_then(|address| address.address());
    StoredMail {
        file,
        kind: header(compose::KIND_HEADER),
        to: recipient.unwrap_or_default().to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        date: message.date().and_then(|date| jiff::Timestamp::from_second(date.to_timestamp()).ok()),
        link: header(compose::LINK_HEADER),
        topic: header(compose::TOPIC_HEADER),
        // Mails use CRLF.
        body: message.body_text(0).map(|text| text.replace("\r\n", "\n")).unwrap_or_default(),
    }
}
