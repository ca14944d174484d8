//! Severity rules of one's own, which decide before those that come with the program.

use std::path::{Path, PathBuf};

use incident_model::{Rules, RulesError};

/// The text of a rules file that the handler will understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnRules(String);

/// Why a rules file cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub enum OwnRulesError {
    /// There is no such file, or it may not be read.
    #[error("cannot read the rules {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The handler would fall back to the rules that come with the program.
    #[error("the rules {} are invalid", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong, and where.
        source: RulesError,
    },
}

impl OwnRules {
    /// Reads and checks a file.
    pub(super) fn read(path: &Path) -> Result<Self, OwnRulesError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| OwnRulesError::Unreadable { path: path.to_owned(), source })?;
        Rules::parse(&text).map_err(|source| OwnRulesError::Wrong { path: path.to_owned(), source })?;
        Ok(Self(text))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}
