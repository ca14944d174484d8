//! How a command fails: its message for people, its form for programs, and the exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use serde_json::Value;

use crate::dead_letters::DeadLettersError;
use crate::drill::GeneratorError;
use crate::handler_control::ControlError;
use crate::incidents::IncidentsError;
use crate::local_session::LocalError;
use crate::session::ConnectError;
use crate::settings::SettingsError;
use crate::subscriptions::SubscriptionsError;
use crate::watch::WatchError;
use incident_deploy::aws::AwsError;

/// Who has to act after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The user: something must change before another attempt can succeed.
    User,
    /// The user: the command line or the configuration file is invalid.
    Usage,
    /// Something that should have worked failed.
    Failed,
    /// The user interrupted the command.
    Interrupted,
}

/// A failed command. Boxed, because every command function returns one and few fail.
#[derive(Debug)]
pub struct CommandError(Box<Failure>);

#[derive(Debug)]
struct Failure {
    kind: Kind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    details: serde_json::Map<String, Value>,
}

impl CommandError {
    /// Something the user has to change first.
    pub fn user(message: impl fmt::Display) -> Self {
        Self::new(Kind::User, message)
    }

    /// An invalid command line or configuration file.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Something that should have worked.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// Interrupted by the user.
    pub fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted")
    }

    /// An error of this kind, with the message and causes of another.
    pub fn from_error(kind: Kind, error: &dyn Error) -> Self {
        let mut failed = Self::new(kind, error);
        failed.0.causes = causes_of(error);
        failed
    }

    fn new(kind: Kind, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        let details = serde_json::Map::new();
        Self(Box::new(Failure { kind, message, causes: Vec::new(), hints: Vec::new(), details }))
    }

    /// Adds the cause, and its causes.
    #[must_use]
    pub fn caused_by(mut self, error: impl Error) -> Self {
        self.0.causes.push(error.to_string());
        self.0.causes.extend(causes_of(&error));
        self
    }

    /// Adds several parallel causes.
    #[must_use]
    pub fn causes(mut self, causes: impl IntoIterator<Item = String>) -> Self {
        self.0.causes.extend(causes);
        self
    }

    /// Adds a hint: what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// Adds several hints.
    #[must_use]
    pub fn hints(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.0.hints.extend(hints);
        self
    }

    /// Adds a field to the JSON result, beside `ok` and `error`.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.details.insert(name.to_owned(), value.into());
        self
    }

    /// The first hint.
    pub fn first_hint(&self) -> Option<&str> {
        self.0.hints.first().map(String::as_str)
    }

    /// Who has to act.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// 1 for failures, 2 for usage errors, 130 for interrupts.
    pub fn exit_code(&self) -> ExitCode {
        match self.0.kind {
            Kind::User | Kind::Failed => ExitCode::FAILURE,
            Kind::Usage => ExitCode::from(2),
            Kind::Interrupted => ExitCode::from(130),
        }
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The causes, outermost first.
    pub fn underlying(&self) -> &[String] {
        &self.0.causes
    }

    /// The hints.
    pub fn advice(&self) -> &[String] {
        &self.0.hints
    }

    /// Further fields of the JSON result.
    pub fn details(&self) -> &serde_json::Map<String, Value> {
        &self.0.details
    }
}

/// The message and its causes in one line.
impl fmt::Display for CommandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)?;
        self.0.causes.iter().try_for_each(|cause| write!(formatter, ": {cause}"))
    }
}

impl Kind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Usage => "usage",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::from_error(Kind::Failed, &error)
    }
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> Self {
        Self::from_error(Kind::Usage, &error).hints(error.hints())
    }
}

impl From<serde_json::Error> for CommandError {
    fn from(error: serde_json::Error) -> Self {
        Self::from_error(Kind::Failed, &error)
    }
}

impl From<AwsError> for CommandError {
    fn from(error: AwsError) -> Self {
        Self::from_error(Kind::Failed, &error).hints(error.hint().map(str::to_owned))
    }
}

impl From<IncidentsError> for CommandError {
    fn from(error: IncidentsError) -> Self {
        let kind = match error {
            IncidentsError::Aws(_) | IncidentsError::Malformed(_) => Kind::Failed,
            _ => Kind::User,
        };
        Self::from_error(kind, &error).hints(error.hints())
    }
}

impl From<GeneratorError> for CommandError {
    fn from(error: GeneratorError) -> Self {
        let kind = match error {
            GeneratorError::NoStack { .. } | GeneratorError::LittleMemory { .. } => Kind::User,
            GeneratorError::Aws(_) | GeneratorError::OtherCode { .. } | GeneratorError::Zip(_) => Kind::Failed,
        };
        Self::from_error(kind, &error).hints(error.hints())
    }
}

impl From<ControlError> for CommandError {
    fn from(error: ControlError) -> Self {
        let kind = match error {
            ControlError::Aws(_) | ControlError::Failed { .. } => Kind::Failed,
            ControlError::NoStack { .. } | ControlError::Unhealthy { .. } | ControlError::Older { .. } => Kind::User,
        };
        Self::from_error(kind, &error).hints(error.hints())
    }
}

impl From<DeadLettersError> for CommandError {
    fn from(error: DeadLettersError) -> Self {
        Self::from_error(Kind::User, &error).hints(error.hints())
    }
}

impl From<SubscriptionsError> for CommandError {
    fn from(error: SubscriptionsError) -> Self {
        let kind = match error {
            SubscriptionsError::Aws(_) => Kind::Failed,
            SubscriptionsError::Neither | SubscriptionsError::NoConfirmationLink => Kind::Usage,
            _ => Kind::User,
        };
        Self::from_error(kind, &error).hints(error.hints())
    }
}

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        let kind = match error {
            WatchError::Aws(_) => Kind::Failed,
            _ => Kind::User,
        };
        Self::from_error(kind, &error).hints(error.hints())
    }
}

impl From<LocalError> for CommandError {
    fn from(error: LocalError) -> Self {
        let hint = match &error {
            LocalError::Aws(error) => error.hint().map(str::to_owned),
            LocalError::Daemon(error) => error.hint(),
            _ => None,
        };
        Self::from_error(Kind::Failed, &error).hints(hint)
    }
}

impl From<ConnectError> for CommandError {
    fn from(error: ConnectError) -> Self {
        Self::from_error(Kind::User, &error).hints(error.hints())
    }
}

/// The messages of an error's sources, outermost first.
fn causes_of(error: &dyn Error) -> Vec<String> {
    std::iter::successors(error.source(), |cause| (*cause).source()).map(ToString::to_string).collect()
}
