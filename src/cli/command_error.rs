//! How a command fails: what it tells the person, what it tells a program, and the exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::aws::{AwsError, ConnectError};
use crate::settings::SettingsError;
use crate::ui::{Label, Ui};

/// Whose turn it is after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The person's: something has to be different before another try helps.
    User,
    /// The person's: the command line or the configuration file says nothing that makes sense.
    Usage,
    /// Something that should have worked did not.
    Failed,
    /// The person stopped it.
    Interrupted,
    /// Whoever read standard output has read enough. Not an error, but a signal to end quietly.
    BrokenPipe,
}

/// A failed command.
#[derive(Debug)]
pub struct CommandError {
    kind: Kind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    details: serde_json::Map<String, Value>,
}

impl CommandError {
    /// Something the person has to change first.
    pub fn user(message: impl fmt::Display) -> Self {
        Self::new(Kind::User, message)
    }

    /// A command line or configuration file that makes no sense.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Something that should have worked.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// Stopped by the person.
    pub fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted")
    }

    /// An error of this kind with the message and the causes of another.
    pub fn from_error(kind: Kind, error: &dyn Error) -> Self {
        Self { causes: causes_of(error), ..Self::new(kind, error) }
    }

    fn new(kind: Kind, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        Self { kind, message, causes: Vec::new(), hints: Vec::new(), details: serde_json::Map::new() }
    }

    /// Adds what was underneath, and what was underneath that.
    #[must_use]
    pub fn caused_by(mut self, error: impl Error) -> Self {
        self.causes.push(error.to_string());
        self.causes.extend(causes_of(&error));
        self
    }

    /// Adds what the person can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a member to the JSON form of the result, beside `ok` and `error`.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Whose turn it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// 1 failed, 2 usage, 130 interrupted.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::BrokenPipe => ExitCode::SUCCESS,
            Kind::User | Kind::Failed => ExitCode::FAILURE,
            Kind::Usage => ExitCode::from(2),
            Kind::Interrupted => ExitCode::from(130),
        }
    }

    /// Tells the person on standard error and, when the command's JSON ends in a result line, the program on standard
    /// output.
    pub(super) fn report(&self, ui: &Ui, streams_result: bool) {
        if self.kind == Kind::BrokenPipe {
            return;
        }
        if streams_result && ui.is_json() {
            // Standard error below says the same, so a reader that went away misses nothing.
            let _ = ui.json(&self.to_json());
        }
        ui.report(&self.render(ui));
    }

    /// `error:`, its causes, its hints.
    fn render(&self, ui: &Ui) -> String {
        let mut text = format!("{} {}", ui.label(Label::Error, "error:"), self.message);
        for cause in &self.causes {
            text += &format!("\n  caused by: {cause}");
        }
        for hint in &self.hints {
            text += &format!("\n{} {hint}", ui.label(Label::Hint, "hint:"));
        }
        text
    }

    fn to_json(&self) -> Value {
        let mut result = json!({"type": "result", "ok": false});
        if let Some(members) = result.as_object_mut() {
            members.extend(self.details.clone());
            members.insert(
                "error".to_owned(),
                json!({
                    "kind": self.kind.name(),
                    "message": self.message,
                    "causes": self.causes,
                    "hints": self.hints,
                }),
            );
        }
        result
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Usage => "usage",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::BrokenPipe => "broken-pipe",
        }
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::new(Kind::BrokenPipe, error),
            _ => Self::from_error(Kind::Failed, &error),
        }
    }
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> Self {
        Self { hints: error.hints(), ..Self::from_error(Kind::Usage, &error) }
    }
}

impl From<AwsError> for CommandError {
    fn from(error: AwsError) -> Self {
        Self { hints: error.hint().map(str::to_owned).into_iter().collect(), ..Self::from_error(Kind::Failed, &error) }
    }
}

impl From<ConnectError> for CommandError {
    fn from(error: ConnectError) -> Self {
        Self { hints: error.hints(), ..Self::from_error(Kind::User, &error) }
    }
}

/// The messages below an error, outermost first.
fn causes_of(error: &dyn Error) -> Vec<String> {
    std::iter::successors(error.source(), |cause| (*cause).source()).map(ToString::to_string).collect()
}

/// Prints what clap has to say: help and version on standard output with exit code 0, mistakes on standard error with 2.
pub(super) fn exit_with_clap(error: &clap::Error) -> ExitCode {
    // The stream that clap prints to may be closed, as in `incidentctl --help | head -1`.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
