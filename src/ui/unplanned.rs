//! What ends the program outside of a command: a wrong command line, a panic.

use std::io::IsTerminal;

use clap::error::{ContextValue, Error};

use super::harmless::Harmless;
use super::line::printable;
use super::{Label, Line, streams};

/// Prints clap's message. Help and version are our own words and keep clap's style; a mistake repeats what was typed.
pub fn usage_error(mut error: Error) {
    if !error.use_stderr() {
        // The stream may be closed, as in `incidentctl --help | head -1`.
        let _ = error.print();
        return;
    }
    keep_lines_whole(&mut error);
    let mut text = error.render().to_string();
    if let Some(why) = std::error::Error::source(&error).map(ToString::to_string) {
        text = text.replace(&why, &printable(&why));
    }
    let lines = text.trim_end().lines().map(|line| match line.strip_prefix("error:") {
        Some(rest) => Line::labelled(Label::Error, "error:").and(rest),
        None => line.into(),
    });
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    streams::report(&Harmless::lines(&lines.collect::<Vec<_>>(), colour));
}

/// Line breaks of what was typed begin no line of the message.
fn keep_lines_whole(error: &mut Error) {
    let context: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in context {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(printable(&text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| printable(text)).collect()),
            ContextValue::StyledStrs(texts) => {
                ContextValue::StyledStrs(texts.iter().map(|text| printable(&text.to_string()).into()).collect())
            }
            other => other,
        };
        error.insert(kind, value);
    }
}

/// Reports a panic like an error: its message may quote what the program was reading.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
        let text = format!(" the program panicked{place}: {what}");
        streams::report(&Harmless::lines([&Line::labelled(Label::Error, "error:").and(text)], false));
    }));
}
