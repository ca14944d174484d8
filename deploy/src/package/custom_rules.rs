//! Custom severity rules, which take precedence over the default ones.

use std::path::{Path, PathBuf};

use incident_model::{Rules, RulesError};

/// The text of a valid rules file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CustomRules(String);

/// Why a rules file cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub enum CustomRulesError {
    /// The file does not exist or cannot be read.
    #[error("cannot read the rules {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The handler would fall back to the default rules.
    #[error("the rules {} are invalid", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// All problems, with their positions.
        source: RulesError,
    },
}

impl CustomRules {
    /// Reads and checks a file.
    pub(super) fn read(path: &Path) -> Result<Self, CustomRulesError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| CustomRulesError::Unreadable { path: path.to_owned(), source })?;
        Rules::parse(&text).map_err(|source| CustomRulesError::Wrong { path: path.to_owned(), source })?;
        Ok(Self(text))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}
