//! `incidentctl.yaml`.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::{EmailAddress, SettingsError, StackName};

/// The file that is read when none is named.
pub const CONFIG_FILE: &str = "incidentctl.yaml";

/// What CloudWatch Logs accepts in `PutRetentionPolicy`.
const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The keys of the file, all optional. A key that is none of them is an error: it would be a setting without effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) stack: Option<StackName>,
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    pub(super) emails: Option<Vec<EmailAddress>>,
    pub(super) log_retention_days: Option<u32>,
    pub(super) handler_memory: Option<u32>,
    pub(super) tags: Option<BTreeMap<String, String>>,
}

impl ConfigFile {
    /// Reads the named file, or the usual one if there is one.
    pub(super) fn load(named: Option<&Path>) -> Result<Self, SettingsError> {
        let path = named.unwrap_or(Path::new(CONFIG_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(SettingsError::Unreadable { path: path.to_owned(), source }),
        }
    }

    /// Reads the text of a file; the path is for messages.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        // A file of comments only is an empty document, which is no mapping but means the same as an empty one.
        let file: Option<Self> =
            yaml_serde::from_str(text).map_err(|source| SettingsError::Malformed { path: path.to_owned(), source })?;
        let file = file.unwrap_or_default();
        file.check(path)?;
        Ok(file)
    }

    fn check(&self, path: &Path) -> Result<(), SettingsError> {
        let wrong = |key, value, allowed| SettingsError::OutOfRange { path: path.to_owned(), key, value, allowed };
        match (self.log_retention_days, self.handler_memory) {
            (Some(days), _) if !RETENTION_DAYS.contains(&days) => Err(wrong(
                "log_retention_days",
                days,
                "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400, or a number of years as CloudWatch Logs counts them",
            )),
            (_, Some(memory)) if !(128..=10_240).contains(&memory) => {
                Err(wrong("handler_memory", memory, "128 to 10240 MB"))
            }
            _ => Ok(()),
        }
    }
}
