//! The only code that writes to a stream: data to standard output, messages to standard error.
//!
//! Commands hand over a [`Line`], a [`Table`], a document or JSON. Whatever the text, what reaches a stream is `Harmless`: only
//! labels style, only lines break. A command cannot print in any other way.

mod consent;
mod failure;
mod harmless;
mod line;
mod progress;
mod streams;
mod table;
mod text;
mod unplanned;

use std::io::IsTerminal;

use indicatif::MultiProgress;
use serde::Serialize;

use crate::error::CommandError;
use crate::settings::{ColorChoice, Format, GlobalArgs, Invocation};

#[cfg(test)]
pub(crate) use failure::failure_lines;
use harmless::Harmless;
pub use line::{Label, Line};
pub use progress::ProgressView;
use streams::Output;
pub use table::{Cell, Table};
pub use text::{count, wrap};
pub use unplanned::{report_panics, usage_error};

/// Where and how a command prints.
#[derive(Debug, Clone)]
pub struct Ui {
    format: Format,
    quiet: bool,
    invocation: Invocation,
    stdout: Stream,
    stderr: Stream,
    /// The progress bars on standard error; hidden without a terminal.
    progress: MultiProgress,
    output: Output,
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    terminal: bool,
    colour: bool,
}

impl Ui {
    /// The streams of this process, configured by the flags and the environment; also sends the log of `-v` to
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

    /// A user interface without colour or terminal, for tests of rendering.
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

    /// Whether standard output is JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether standard output is a terminal.
    pub fn stdout_is_terminal(&self) -> bool {
        self.stdout.terminal
    }

    /// Whether standard error is a terminal, where progress may be animated.
    pub fn is_live(&self) -> bool {
        self.stderr.terminal && !self.quiet
    }

    /// Whether to print only warnings and errors.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a line of data to standard output. Once the reader has closed it, nothing is written; that is not an error, and
    /// the command's own outcome decides its exit code.
    ///
    /// # Errors
    /// If standard output is full.
    pub fn print(&self, line: impl Into<Line>) -> Result<(), CommandError> {
        self.print_all([line.into()])
    }

    /// Prints lines of data to standard output.
    ///
    /// # Errors
    /// If standard output is full.
    pub fn print_all(&self, lines: impl IntoIterator<Item = Line>) -> Result<(), CommandError> {
        let lines: Vec<Line> = lines.into_iter().collect();
        self.write(&Harmless::lines(&lines, self.stdout.colour))
    }

    /// Prints a document in a format of its own to standard output. Its line breaks are its own; no other character acts.
    ///
    /// # Errors
    /// If standard output is full.
    pub fn document(&self, text: &str) -> Result<(), CommandError> {
        self.write(&Harmless::document(text))
    }

    fn write(&self, text: &Harmless) -> Result<(), CommandError> {
        let written = self.output.write(text);
        written.map_err(|error| CommandError::failed("cannot write to standard output").caused_by(error))
    }

    /// Whether the reader of standard output has left, which ends commands that only write.
    pub fn reader_left(&self) -> bool {
        self.output.reader_left()
    }

    /// Prints a value as one line of JSON to standard output.
    ///
    /// # Errors
    /// If standard output is full.
    pub fn json(&self, value: &impl Serialize) -> Result<(), CommandError> {
        let line = serde_json::to_string(value)
            .map_err(|error| CommandError::failed("cannot write the result as JSON").caused_by(error))?;
        self.write(&Harmless::json(&line))
    }

    /// Prints a message to standard error, unless `--quiet`.
    pub fn say(&self, line: impl Into<Line>) {
        self.say_all([line.into()]);
    }

    /// Prints a message of several lines to standard error, unless `--quiet`.
    pub fn say_all(&self, lines: impl IntoIterator<Item = Line>) {
        if !self.quiet {
            self.report_all(lines);
        }
    }

    /// Runs a closure while no progress is drawn on the terminal.
    pub(crate) fn without_progress<T>(&self, action: impl FnOnce() -> T) -> T {
        self.progress.suspend(action)
    }

    /// Reports one failure among several; a failure that ends the command is its `CommandError`.
    pub fn error_line(&self, text: &str) {
        self.report_all([Line::labelled(Label::Error, "error:").and(" ").and(text)]);
    }

    /// Prints a warning.
    pub fn warn(&self, text: &str) {
        self.report_all([Line::labelled(Label::Warning, "warning:").and(" ").and(text)]);
    }

    /// Prints a hint, unless `--quiet`.
    pub fn hint(&self, text: &str) {
        self.say(Line::labelled(Label::Hint, "hint:").and(" ").and(text));
    }

    /// Writes to standard error regardless of flags.
    fn report_all(&self, lines: impl IntoIterator<Item = Line>) {
        let lines: Vec<Line> = lines.into_iter().map(|line| line.map(|text| self.complete(text))).collect();
        streams::report(&Harmless::lines(&lines, self.stderr.colour));
    }

    /// Completes the commands between backticks with the flags of this invocation, so that the next command works
    /// on the same stack.
    pub(crate) fn complete(&self, text: &str) -> String {
        self.invocation.complete(text)
    }

    /// The same user interface for work on the local AWS, regardless of flags.
    #[must_use]
    pub(crate) fn locally(&self) -> Self {
        Self { invocation: self.invocation.clone().locally(), ..self.clone() }
    }
}

/// The log filter: nothing, this program, or also the SDK.
fn start_log(verbose: u8) {
    let filter = match verbose {
        0 => return,
        1 => "incidentctl=debug,incident_local=debug",
        2 => "debug,hyper=info,hyper_util=info,h2=info,rustls=info",
        _ => "trace",
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| streams::Log);
    // Otherwise it would report a closed standard error on standard error, and panic.
    let subscriber = subscriber.log_internal_errors(false).finish();
    // Only a second call in one process fails, and the first one's log serves as well.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
