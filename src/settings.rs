//! The settings of a command: flags, environment and configuration file, resolved once.

mod alarms;
mod args;
mod arn;
mod checked;
mod choice;
mod config_file;
mod connection;
mod email_address;
mod events;
mod invocation;
mod limits;
mod local_directory;
mod schedule;
mod stack_name;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use incident_deploy::engine::Engine;
use incident_model::AlertPolicy;
use incident_model::analysis::AnalysisPolicy;

use config_file::ConfigFile;

pub use alarms::Alarms;
pub use args::{ColorChoice, Format, GlobalArgs};
pub use arn::{KmsKeyArn, PolicyArn};
pub use choice::{Choice, Origin};
pub use config_file::CONFIG_FILE;
pub use connection::ConnectOptions;
pub use email_address::{EmailAddress, InvalidEmailAddress};
pub use events::EventPatterns;
pub use invocation::{Invocation, single_quoted};
pub use limits::{Concurrency, LogRetention, MemorySize};
pub use schedule::Schedule;
pub use stack_name::{InvalidStackName, StackName};
pub use tags::Tags;

/// Everything a command may depend on. A flag wins over its variable, both win over AWS's variables, and all of them
/// over the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Stack name, the prefix of every resource.
    pub stack: StackName,
    /// Profile for credentials and region: the flag, or `AWS_PROFILE`; `None` means the default profile.
    pub profile: Option<Choice>,
    /// Region: the flag, `AWS_REGION` or `AWS_DEFAULT_REGION`; `None` leaves it to the profile.
    pub region: Option<Choice>,
    /// Region of the local AWS: the flag, or the configuration file. The environment's region is meant for an account.
    pub local_region: Option<String>,
    /// Endpoint in place of AWS, from the flag; `None` leaves it to `AWS_ENDPOINT_URL` and the profile.
    pub endpoint_url: Option<String>,
    /// Whether to use the local AWS.
    pub local: bool,
    /// Whether to answer every question with yes.
    pub yes: bool,
    /// Addresses in the configuration file; those on the command line replace them.
    pub emails: Vec<EmailAddress>,
    /// Engine in the configuration file; a flag replaces it.
    pub engine: Option<Engine>,
    /// Rules file in the configuration file, applied before the built-in rules; a flag replaces it.
    pub rules: Option<PathBuf>,
    /// Patterns of events that are forwarded beside the stack's own.
    pub events: EventPatterns,
    /// How long log groups keep events.
    pub log_retention: LogRetention,
    /// Memory of the handler function.
    pub handler_memory: MemorySize,
    /// How many handlers may work on the queue of events at once.
    pub handler_concurrency: Concurrency,
    /// How often the handler sweeps.
    pub schedule: Schedule,
    /// When to send mails.
    pub alerts: AlertPolicy,
    /// Which evidence about failures the handler may gather.
    pub analysis: AnalysisPolicy,
    /// Which alarms to create.
    pub alarms: Alarms,
    /// Tags for every resource.
    pub tags: Tags,
    /// Key for table, topic and queues; `None` means the keys managed by the services.
    pub kms_key: Option<KmsKeyArn>,
    /// Permissions boundary of both roles.
    pub permissions_boundary: Option<PolicyArn>,
    /// Whether the incident table is protected from deletion.
    pub deletion_protection: bool,
    /// How the program was invoked.
    pub invocation: Invocation,
    /// Name of the user, for timelines.
    pub user: String,
    /// Where the local AWS keeps its files; `None` if the user has no home.
    pub local_directory: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stack: StackName::default(),
            profile: None,
            region: None,
            local_region: None,
            endpoint_url: None,
            local: false,
            yes: false,
            emails: Vec::new(),
            engine: None,
            rules: None,
            events: EventPatterns::default(),
            log_retention: LogRetention::default(),
            handler_memory: MemorySize::default(),
            handler_concurrency: Concurrency::default(),
            schedule: Schedule::default(),
            alerts: AlertPolicy::default(),
            analysis: AnalysisPolicy::default(),
            alarms: Alarms::default(),
            tags: Tags::default(),
            kms_key: None,
            permissions_boundary: None,
            deletion_protection: false,
            invocation: Invocation::default(),
            user: "unknown".to_owned(),
            local_directory: None,
        }
    }
}

impl Settings {
    /// Reads the environment and the configuration file, and applies the flags.
    ///
    /// # Errors
    /// If the configuration file is missing though named, unreadable, or invalid.
    pub fn resolve(args: &GlobalArgs) -> Result<Self, SettingsError> {
        let file = ConfigFile::load(args.config.as_deref())?;
        Ok(Self::merge(args, Environment::read(), file))
    }

    fn merge(args: &GlobalArgs, environment: Environment, file: ConfigFile) -> Self {
        let defaults = Self::default();
        let flag = |name, value: &Option<String>| value.clone().map(|value| Choice::new(value, Origin::Flag(name)));
        let in_file = |value: Option<String>| value.map(|value| Choice::new(value, Origin::File));
        let profile = flag("--profile", &args.profile).or(environment.profile).or_else(|| in_file(file.profile));
        let local_region = args.region.clone().or_else(|| file.region.clone());
        let region = flag("--region", &args.region).or(environment.region).or_else(|| in_file(file.region));
        Self {
            stack: args.stack.clone().or(file.stack).unwrap_or(defaults.stack),
            profile: profile.filter(|_| !args.local),
            region,
            local_region,
            endpoint_url: args.endpoint_url.clone().filter(|_| !args.local),
            local: args.local,
            yes: args.yes,
            emails: file.emails.unwrap_or_default(),
            engine: file.engine,
            rules: file.rules,
            events: file.events.unwrap_or_default(),
            log_retention: file.log_retention_days.unwrap_or_default(),
            handler_memory: file.handler_memory.unwrap_or_default(),
            handler_concurrency: file.handler_concurrency.unwrap_or_default(),
            schedule: file.schedule.unwrap_or_default(),
            alerts: file.alerts.unwrap_or_default(),
            analysis: file.analysis.unwrap_or_default(),
            alarms: file.alarms.unwrap_or_default(),
            tags: file.tags.unwrap_or_default(),
            kms_key: file.kms_key,
            permissions_boundary: file.permissions_boundary,
            deletion_protection: file.deletion_protection.unwrap_or_default(),
            invocation: Invocation::of(args, None),
            user: environment.user.unwrap_or(defaults.user),
            local_directory: environment.local_directory,
        }
    }

    /// The next command with this invocation's flags, for hints: `incidentctl up --stack payments --local`.
    pub fn command(&self, command: &str) -> String {
        self.invocation.command(command)
    }

    /// Where the local AWS keeps its files.
    ///
    /// # Errors
    /// If the user has no home, and names no other place.
    pub fn local_directory(&self) -> Result<&Path, SettingsError> {
        self.local_directory.as_deref().ok_or(SettingsError::NoHome)
    }

    /// The same settings for the local AWS, without questions.
    #[must_use]
    pub fn locally(&self) -> Self {
        let invocation = self.invocation.clone().locally();
        Self { local: true, yes: true, profile: None, endpoint_url: None, invocation, ..self.clone() }
    }

    /// The template's parameter values.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let switches = [
            ("RuleDeadLetterAlarmEnabled", self.alarms.rule_dlq_depth),
            ("HandlerDeadLetterAlarmEnabled", self.alarms.handler_dlq_depth),
            ("NotRecordedAlarmEnabled", self.alarms.not_recorded),
            ("EventDepthAlarmEnabled", self.alarms.events_depth),
            ("EventAgeAlarmEnabled", self.alarms.events_age),
            ("HandlerErrorAlarmEnabled", self.alarms.handler_errors),
            ("AlertDeliveryAlarmEnabled", self.alarms.alert_delivery),
            ("FunctionErrorAlarmEnabled", self.alarms.function_errors),
            ("FunctionThrottleAlarmEnabled", self.alarms.function_throttles),
            ("FunctionDestinationAlarmEnabled", self.alarms.function_destinations),
            ("LogEvidenceEnabled", self.analysis.logs),
            ("ChangeEvidenceEnabled", self.analysis.changes),
            ("MetricEvidenceEnabled", self.analysis.metrics),
            ("ExecutionEvidenceEnabled", self.analysis.executions),
            ("AuthorEvidenceEnabled", self.analysis.who),
        ];
        let others = [
            ("LogRetentionInDays", self.log_retention.days().to_string()),
            ("HandlerMemorySize", self.handler_memory.megabytes().to_string()),
            ("HandlerConcurrency", self.handler_concurrency.handlers().to_string()),
            ("SweepSchedule", self.schedule.expression().to_owned()),
            ("AlertSettings", rendered(&self.alerts)),
            ("KmsKeyArn", self.kms_key.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("PermissionsBoundaryArn", self.permissions_boundary.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("DeletionProtection", self.deletion_protection.to_string()),
        ];
        let switches = switches.into_iter().map(|(name, enabled)| (name, enabled.to_string()));
        switches.chain(others).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The addresses to alert: from the command line, else from the configuration file.
    pub fn emails_or(&self, given: &[EmailAddress]) -> Vec<EmailAddress> {
        if given.is_empty() { self.emails.clone() } else { given.to_vec() }
    }
}

/// The handler's format: JSON, or empty for the defaults.
fn rendered(alerts: &AlertPolicy) -> String {
    if *alerts == AlertPolicy::default() {
        return String::new();
    }
    // Numbers and texts always serialize.
    serde_json::to_string(alerts).unwrap_or_default()
}

/// What the environment contributes beside the variables of the flags.
#[derive(Debug, Clone, Default)]
struct Environment {
    profile: Option<Choice>,
    region: Option<Choice>,
    user: Option<String>,
    local_directory: Option<PathBuf>,
}

impl Environment {
    fn read() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// An empty variable counts as unset.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let choice = |name| variable(name).map(|value| Choice::new(value, Origin::Variable(name)));
        Self {
            profile: choice("AWS_PROFILE"),
            // In this order: https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
            region: choice("AWS_REGION").or_else(|| choice("AWS_DEFAULT_REGION")),
            local_directory: local_directory::local_directory(variable, std::env::home_dir),
            user: variable("USER").or_else(|| variable("LOGNAME")).or_else(|| variable("USERNAME")),
        }
    }
}

/// Why settings cannot be resolved.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The named configuration file cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is invalid; the source names the key.
    #[error("invalid configuration file {}{}", path.display(), in_line(source))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The cause, with its place.
        source: yaml_serde::Error,
    },
    /// There is no place for the local AWS's files.
    #[error("the local AWS has no place for its files: the user has no home directory")]
    NoHome,
}

/// `, line 7`. The YAML parser's message lacks it if the file begins with the mistake.
fn in_line(error: &yaml_serde::Error) -> String {
    // For a repeated key, the parser reports the place of the surrounding map.
    let location = error.location().filter(|_| !error.to_string().contains("duplicate field"));
    location.map_or_else(String::new, |location| format!(", line {}", location.line()))
}

impl SettingsError {
    /// The hints.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreadable { .. } => vec!["`incidentctl init` writes one".to_owned()],
            Self::NoHome => vec!["set INCIDENTCTL_LOCAL_DIR to a directory of yours".to_owned()],
            Self::Malformed { .. } => vec!["`incidentctl init OTHER.yaml` writes a commented example".to_owned()],
        }
    }
}
