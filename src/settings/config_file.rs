//! `incidentctl.yaml`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use incident_model::AlertPolicy;
use incident_model::analysis::AnalysisPolicy;
use serde::Deserialize;

use super::{
    Alarms, Concurrency, EmailAddress, Engine, EventPatterns, KmsKeyArn, LogRetention, MemorySize, PolicyArn, Schedule,
    SettingsError, StackName, Tags,
};

/// The default configuration file.
pub const CONFIG_FILE: &str = "incidentctl.yaml";

/// The keys of the file, all optional. An unknown key is an error: it would be a setting without effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) stack: Option<StackName>,
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    pub(super) engine: Option<Engine>,
    pub(super) emails: Option<Vec<EmailAddress>>,
    pub(super) rules: Option<PathBuf>,
    pub(super) events: Option<EventPatterns>,
    pub(super) log_retention_days: Option<LogRetention>,
    pub(super) handler_memory: Option<MemorySize>,
    pub(super) handler_concurrency: Option<Concurrency>,
    pub(super) schedule: Option<Schedule>,
    pub(super) alerts: Option<AlertPolicy>,
    pub(super) analysis: Option<AnalysisPolicy>,
    pub(super) alarms: Option<Alarms>,
    pub(super) tags: Option<Tags>,
    pub(super) kms_key: Option<KmsKeyArn>,
    pub(super) permissions_boundary: Option<PolicyArn>,
    pub(super) deletion_protection: Option<bool>,
}

impl ConfigFile {
    /// Reads the named file, or the default one if it exists.
    pub(super) fn load(named: Option<&Path>) -> Result<Self, SettingsError> {
        let path = named.unwrap_or(Path::new(CONFIG_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self::parse(path, &text)?.relative_to(path)),
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(SettingsError::Unreadable { path: path.to_owned(), source }),
        }
    }

    /// Resolves paths relative to the file's folder, wherever the program is run.
    fn relative_to(mut self, path: &Path) -> Self {
        self.rules = self.rules.map(|rules| path.parent().unwrap_or(Path::new("")).join(rules));
        self
    }

    /// Parses the text of a file; the path is for messages.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        // A file with only comments is an empty document; it means the same as an empty mapping.
        let file: Option<Self> =
            yaml_serde::from_str(text).map_err(|source| SettingsError::Malformed { path: path.to_owned(), source })?;
        Ok(file.unwrap_or_default())
    }
}
