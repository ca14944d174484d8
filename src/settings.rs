//! What a command works with: flags, environment and configuration file, resolved once.

mod config_file;
mod email_address;
mod stack_name;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cli::GlobalArgs;
use crate::local_session;
use config_file::ConfigFile;

pub use config_file::CONFIG_FILE;
pub use email_address::{EmailAddress, InvalidEmailAddress};
pub use stack_name::{InvalidStackName, StackName};

/// Everything a command may depend on. A flag wins over its variable, both win over the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name of the stack, the prefix of every resource.
    pub stack: StackName,
    /// Profile to take credentials and region from: the flag, or `AWS_PROFILE`; `None` leaves it to the SDK.
    pub profile: Option<String>,
    /// Region; `None` leaves it to the SDK, which must find one.
    pub region: Option<String>,
    /// Endpoint in place of AWS: the flag, or `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// Whether to use the local AWS.
    pub local: bool,
    /// Whether every question is answered with yes.
    pub yes: bool,
    /// Addresses of the configuration file; those on the command line take their place.
    pub emails: Vec<EmailAddress>,
    /// How long log groups keep events, in days.
    pub log_retention_days: u32,
    /// Memory of the handler function, in MB.
    pub handler_memory: u32,
    /// Tags for every resource.
    pub tags: BTreeMap<String, String>,
    /// Name of the person, for timelines.
    pub user: String,
    /// Where the local AWS keeps its files.
    pub local_directory: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stack: StackName::default(),
            profile: None,
            region: None,
            endpoint_url: None,
            local: false,
            yes: false,
            emails: Vec::new(),
            log_retention_days: 30,
            handler_memory: 256,
            tags: BTreeMap::new(),
            user: "somebody".to_owned(),
            local_directory: PathBuf::new(),
        }
    }
}

impl Settings {
    /// Reads the environment and the configuration file, and puts the flags over them.
    ///
    /// # Errors
    /// When the configuration file is absent though named, cannot be read, or says something that makes no sense.
    pub fn resolve(args: &GlobalArgs) -> Result<Self, SettingsError> {
        let file = ConfigFile::load(args.config.as_deref())?;
        Ok(Self::merge(args, Environment::read(), file))
    }

    fn merge(args: &GlobalArgs, environment: Environment, file: ConfigFile) -> Self {
        let defaults = Self::default();
        Self {
            stack: args.stack.clone().or(file.stack).unwrap_or(defaults.stack),
            profile: args.profile.clone().or(environment.profile).or(file.profile).filter(|_| !args.local),
            region: args.region.clone().or(file.region),
            endpoint_url: args.endpoint_url.clone().or(environment.endpoint_url).filter(|_| !args.local),
            local: args.local,
            yes: args.yes,
            emails: file.emails.unwrap_or_default(),
            log_retention_days: file.log_retention_days.unwrap_or(defaults.log_retention_days),
            handler_memory: file.handler_memory.unwrap_or(defaults.handler_memory),
            tags: file.tags.unwrap_or_default(),
            user: environment.user.unwrap_or(defaults.user),
            local_directory: environment.local_directory,
        }
    }

    /// The addresses to alert: those given on the command line, else those of the configuration file.
    pub fn emails_or(&self, given: &[EmailAddress]) -> Vec<EmailAddress> {
        if given.is_empty() { self.emails.clone() } else { given.to_vec() }
    }
}

/// What is read from the environment beside the variables of the flags.
#[derive(Debug, Clone, Default)]
struct Environment {
    endpoint_url: Option<String>,
    profile: Option<String>,
    user: Option<String>,
    local_directory: PathBuf,
}

impl Environment {
    fn read() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            endpoint_url: variable("AWS_ENDPOINT_URL"),
            profile: variable("AWS_PROFILE"),
            local_directory: local_session::directory(variable),
            user: variable("USER").or_else(|| variable("LOGNAME")).or_else(|| variable("USERNAME")),
        }
    }
}

/// Why settings cannot be resolved.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The configuration file that was named cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be; the source names key and line.
    #[error("the configuration file {} is wrong", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: yaml_serde::Error,
    },
    /// A value outside of what AWS allows.
    #[error("the configuration file {} is wrong: `{key}` is {value}, but has to be {allowed}", path.display())]
    OutOfRange {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What it says.
        value: u32,
        /// What AWS allows.
        allowed: &'static str,
    },
}

impl SettingsError {
    /// What the person can do.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreadable { .. } => vec!["`incidentctl init` writes one".to_owned()],
            Self::Malformed { .. } => vec!["`incidentctl init OTHER.yaml` writes a commented example".to_owned()],
            Self::OutOfRange { .. } => Vec::new(),
        }
    }
}
