//! The zip that both functions run: the handler, the default severity rules, and custom ones if any.

mod archive;
mod binary;
mod custom_rules;
mod find;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use object::read::ReadCache;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use zip::result::ZipResult;

use archive::Content;
pub use binary::{Architecture, BinaryError};
use custom_rules::CustomRules;
pub use custom_rules::CustomRulesError;
pub use find::{BuildError, Destination, Place, look};

/// The default severity rules, which ship in the zip.
pub const SEVERITY_RULES: &str = include_str!("../../../templates/severity-rules.yaml");

/// Code ready to deploy.
#[derive(Debug, Clone)]
pub struct Package {
    bytes: Bytes,
    sha256: String,
    architecture: Architecture,
    uploads: Arc<Semaphore>,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The handler cannot be read.
    #[error("cannot read the handler {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Lambda cannot run the handler.
    #[error("Lambda cannot run the handler {}", path.display())]
    Unsuitable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: BinaryError,
    },
    /// The zip cannot be written.
    #[error("cannot pack the handler")]
    Zip(#[from] zip::result::ZipError),
    /// The handler is missing and cannot be built.
    #[error("there is no handler to deploy")]
    Build(#[from] BuildError),
    /// The custom rules cannot be deployed.
    #[error(transparent)]
    Rules(#[from] CustomRulesError),
}

impl PackageError {
    /// The remedy.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable { .. } => Some("--handler names the binary `incident-handler`"),
            Self::Unsuitable { source, .. } => Some(source.hint()),
            Self::Zip(_) => None,
            Self::Build(error) => Some(error.hint()),
            Self::Rules(_) => Some("`incidentctl rules check FILE` finds what is wrong with a rules file"),
        }
    }
}

impl Package {
    /// Checks and packs a handler. Reproducible: equal input gives equal bytes.
    ///
    /// # Errors
    /// An unreadable file, or a handler that Lambda cannot run.
    pub fn of(path: &Path) -> Result<Self, PackageError> {
        Self::pack(path, None, archive::pack)
    }

    /// Packs the given handler, or the one that is found or, in a source checkout, built. The given rules, if any, take
    /// precedence over the default ones.
    ///
    /// # Errors
    /// No handler, an unreadable file, a handler that Lambda cannot run, or invalid rules.
    pub async fn make(
        handler: Option<&Path>,
        rules: Option<&Path>,
        destination: Destination,
    ) -> Result<Self, PackageError> {
        let rules = rules.map(CustomRules::read).transpose()?;
        if let Some(handler) = handler {
            return Self::pack(handler, rules.as_ref(), archive::pack);
        }
        let found = find::find(destination).await?;
        match &found.archive {
            Some(kept) => Self::pack(&found.handler, rules.as_ref(), |files| archive::pack_once(files, kept)),
            None => Self::pack(&found.handler, rules.as_ref(), archive::pack),
        }
    }

    fn pack(
        path: &Path,
        rules: Option<&CustomRules>,
        zip: impl FnOnce(&[(&str, Content<'_>)]) -> ZipResult<Vec<u8>>,
    ) -> Result<Self, PackageError> {
        let handler = File::open(path).map_err(|source| PackageError::Unreadable { path: path.to_owned(), source })?;
        let architecture = binary::check(&ReadCache::new(&handler))
            .map_err(|source| PackageError::Unsuitable { path: path.to_owned(), source })?;
        let mut files =
            vec![("bootstrap", Content::File(&handler)), ("severity-rules.yaml", Content::Text(SEVERITY_RULES))];
        files.extend(rules.map(|rules| ("own-rules.yaml", Content::Text(rules.text()))));
        let bytes = zip(&files)?;
        Ok(Self::packed(bytes, architecture))
    }

    fn packed(bytes: Vec<u8>, architecture: Architecture) -> Self {
        let sha256 = STANDARD.encode(Sha256::digest(&bytes));
        Self { bytes: bytes.into(), sha256, architecture, uploads: Arc::new(Semaphore::new(1)) }
    }

    /// Waits for other uploads of the zip. A request holds it twice, as bytes and as text: parallel uploads would
    /// double the memory and save no time.
    pub async fn upload_permit(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.uploads.acquire().await.ok()
    }

    /// The zip.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The SHA-256 of the zip in Base64, Lambda's `CodeSha256`.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The object key of the zip, unique per build: `incident-handler-0123456789abcdef.zip`.
    pub fn key(&self) -> String {
        let digits: String = Sha256::digest(&self.bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("incident-handler-{digits}.zip")
    }

    /// The handler's architecture.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }
}
