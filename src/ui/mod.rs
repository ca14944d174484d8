//! The only code that writes to a stream: data to standard output, words for people to standard error.

mod consent;
mod failure;
mod output;
mod progress;
mod style;
mod table;
mod text;

use std::io::{IsTerminal, Write};

use indicatif::MultiProgress;
use serde::Serialize;

use crate::error::CommandError;
use crate::settings::{ColorChoice, Format, GlobalArgs, Invocation};

use output::Output;
pub use progress::ProgressView;
pub use style::Label;
pub use table::{Cell, Table};
pub use text::{count, printable, wrap};

/// Where and how a command speaks.
#[derive(Debug, Clone)]
pub struct Ui {
    format: Format,
    quiet: bool,
    invocation: Invocation,
    stdout: Stream,
    stderr: Stream,
    /// The moving lines on standard error; nothing is drawn where it has none.
    progress: MultiProgress,
    output: Output,
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    terminal: bool,
    colour: bool,
}

impl Ui {
    /// The streams of this process, as the flags and the environment want them; also sends the log of `-v` to
    /// standard error.
    pub fn new(args: &GlobalArgs, invocation: Invocation) -> Self {
        start_log(args.verbose);
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let stream = |terminal: bool| Stream {
            terminal,
            colour: match args.color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => terminal && !no_color,
            },
        };
        Self {
            format: args.output,
            quiet: args.quiet,
            invocation,
            stdout: stream(std::io::stdout().is_terminal()),
            stderr: stream(std::io::stderr().is_terminal()),
            progress: MultiProgress::new(),
            output: Output::default(),
        }
    }

    /// A user interface that no colour or terminal disturbs, for tests of what is rendered.
    #[cfg(test)]
    pub(crate) fn plain(format: Format) -> Self {
        let stream = Stream { terminal: false, colour: false };
        Self {
            format,
            quiet: true,
            invocation: Invocation::default(),
            stdout: stream,
            stderr: stream,
            progress: MultiProgress::new(),
            output: Output::default(),
        }
    }

    /// Whether standard output is for a program.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether standard output is a terminal.
    pub fn stdout_is_terminal(&self) -> bool {
        self.stdout.terminal
    }

    /// Whether a person watches standard error, so that progress may move there.
    pub fn is_live(&self) -> bool {
        self.stderr.terminal && !self.quiet
    }

    /// Whether only warnings and errors are wanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes data in its text form and a line break to standard output. Once its reader has left, nothing is written, and
    /// that is no error: what becomes of the command is its own outcome.
    ///
    /// # Errors
    /// When standard output is full.
    pub fn print(&self, text: &str) -> Result<(), CommandError> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    /// Writes data as it is to standard output.
    ///
    /// # Errors
    /// When standard output is full.
    pub fn bytes(&self, data: &[u8]) -> Result<(), CommandError> {
        let written = self.output.write(data);
        written.map_err(|error| CommandError::failed("cannot write to standard output").caused_by(error))
    }

    /// Whether nobody reads standard output any more: the end of a command that does nothing but write to it.
    pub fn reader_left(&self) -> bool {
        self.output.reader_left()
    }

    /// Writes a value as one line of JSON to standard output.
    ///
    /// # Errors
    /// When standard output is full.
    pub fn json(&self, value: &impl Serialize) -> Result<(), CommandError> {
        let line = serde_json::to_string(value)
            .map_err(|error| CommandError::failed("cannot write the result as JSON").caused_by(error))?;
        self.print(&text::escaped(&line))
    }

    /// Tells the person something, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.report(text);
        }
    }

    /// Does something on the terminal while no progress moves there.
    pub(crate) fn without_progress<T>(&self, action: impl FnOnce() -> T) -> T {
        self.progress.suspend(action)
    }

    /// Tells the person of one failure among several things; a failure that ends the command is its `CommandError`.
    pub fn error_line(&self, text: &str) {
        self.report(&format!("{} {text}", self.label(Label::Error, "error:")));
    }

    /// Tells the person about something that may need them.
    pub fn warn(&self, text: &str) {
        self.report(&format!("{} {text}", self.label(Label::Warning, "warning:")));
    }

    /// Tells the person what they can do, unless `--quiet`.
    pub fn hint(&self, text: &str) {
        self.say(&format!("{} {text}", self.label(Label::Hint, "hint:")));
    }

    /// Writes to standard error whatever the flags say.
    pub(crate) fn report(&self, text: &str) {
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{}", self.complete(text));
    }

    /// A text whose commands between backticks have the flags of this one: `up` was told where, and so the next
    /// command has to be.
    pub(crate) fn complete(&self, text: &str) -> String {
        self.invocation.complete(text)
    }

    /// The same user interface for work on the local AWS, whatever the flags say.
    #[must_use]
    pub(crate) fn locally(&self) -> Self {
        Self { invocation: self.invocation.clone().locally(), ..self.clone() }
    }

    /// A text for standard error in the colour of what it is.
    pub fn label(&self, label: Label, text: &str) -> String {
        style::paint(label, text, self.stderr.colour)
    }

    /// A text for standard output in the colour of what it is.
    pub fn data_label(&self, label: Label, text: &str) -> String {
        style::paint(label, text, self.stdout.colour)
    }
}

/// Nothing, what this program does, or also what the SDK does.
fn start_log(verbose: u8) {
    let filter = match verbose {
        0 => return,
        1 => "incidentctl=debug,incident_local=debug",
        2 => "debug,hyper=info,hyper_util=info,h2=info,rustls=info",
        _ => "trace",
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // It would tell standard error that standard error is closed, and panic at that.
    let subscriber = subscriber.log_internal_errors(false).finish();
    // Only a second call in one process fails, and the first one's log is as good.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
