//! The zip that both functions run: the handler and the severity rules, with those of one's own if there are any.

mod archive;
mod binary;
mod find;
mod own_rules;
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
pub use find::{BuildError, Destination, Place, look};
use own_rules::OwnRules;
pub use own_rules::OwnRulesError;

/// The default rules, which ship in the zip.
pub const SEVERITY_RULES: &str = include_str!("../../../templates/severity-rules.yaml");

/// Code that is ready to be deployed.
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
    /// The handler would not run on Lambda.
    #[error("the handler {} would not run on Lambda", path.display())]
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
    /// The rules of one's own cannot be deployed.
    #[error(transparent)]
    Rules(#[from] OwnRulesError),
}

impl PackageError {
    /// What the person can do.
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
    /// Checks a handler and packs it. The same input gives the same bytes.
    ///
    /// # Errors
    /// A file that cannot be read, or that Lambda could not run.
    pub fn of(path: &Path) -> Result<Self, PackageError> {
        Self::pack(path, None, archive::pack)
    }

    /// The named handler, or the one that is found or, in a source checkout, built; with the named rules, if any, before
    /// those that come with the program.
    ///
    /// # Errors
    /// None found and none built; a file that cannot be read, or that Lambda could not run; rules that are wrong.
    pub async fn make(
        handler: Option<&Path>,
        rules: Option<&Path>,
        destination: Destination,
    ) -> Result<Self, PackageError> {
        let rules = rules.map(OwnRules::read).transpose()?;
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
        rules: Option<&OwnRules>,
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

    /// Waits until nobody else uploads the zip. A request holds it twice, as bytes and as text: two requests at once
    /// would take twice the memory, and no less time.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it, so there is always a turn.
        self.uploads.acquire().await.ok()
    }

    /// The zip.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The SHA-256 of the zip in Base64, as Lambda tells it.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The name of the zip in a bucket, which tells one build from another: `incident-handler-0123456789abcdef.zip`.
    pub fn key(&self) -> String {
        let digits: String = Sha256::digest(&self.bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("incident-handler-{digits}.zip")
    }

    /// What the handler was built for.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }
}
