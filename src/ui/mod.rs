//! The only code that writes to a stream: data to standard output, messages to standard error.

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

    /// Prints data as text, with a line break, to standard output. Once the reader has closed it, nothing is written;
    /// that is not an error, and the command's own outcome decides its exit code.
    ///
    /// # Errors
    /// If standard output is full.
    pub fn print(&self, text: &str) -> Result<(), CommandError> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    /// Writes data unchanged to standard output.
    ///
    /// # Errors
    /// If standard output is full.
    pub fn bytes(&self, data: &[u8]) -> Result<(), CommandError> {
        let written = self.output.write(data);
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
        self.print(&text::escaped(&line))
    }

    /// Prints a message to standard error, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.report(text);
        }
    }

    /// Runs a closure while no progress is drawn on the terminal.
    pub(crate) fn without_progress<T>(&self, action: impl FnOnce() -> T) -> T {
        self.progress.suspend(action)
    }

    /// Reports one failure among several; a failure that ends the command is its `CommandError`.
    pub fn error_line(&self, text: &str) {
        self.report(&format!("{} {text}", self.label(Label::Error, "error:")));
    }

    /// Prints a warning.
    pub fn warn(&self, text: &str) {
        self.report(&format!("{} {text}", self.label(Label::Warning, "warning:")));
    }

    /// Prints a hint, unless `--quiet`.
    pub fn hint(&self, text: &str) {
        self.say(&format!("{} {text}", self.label(Label::Hint, "hint:")));
    }

    /// Writes to standard error regardless of flags.
    pub(crate) fn report(&self, text: &str) {
        // A closed standard error cannot be reported anywhere.
        let _ = writeln!(std::io::stderr().lock(), "{}", self.complete(text));
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

    /// A text for standard error, coloured by its label.
    pub fn label(&self, label: Label, text: &str) -> String {
        style::paint(label, text, self.stderr.colour)
    }

    /// A text for standard output, coloured by its label.
    pub fn data_label(&self, label: Label, text: &str) -> String {
        style::paint(label, text, self.stdout.colour)
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
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Otherwise it would report a closed standard error on standard error, and panic.
    let subscriber = subscriber.log_internal_errors(false).finish();
    // Only a second call in one process fails, and the first one's log serves as well.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
