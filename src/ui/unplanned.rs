//! What ends the program outside of a command: a wrong command line, a panic.

use std::io::IsTerminal;

use clap::builder::StyledStr;
use clap::error::{ContextValue, Error};

use super::harmless::Harmless;
use super::line::printable;
use super::{Label, Line, streams};

/// Prints clap's message. Help and version are our own words and keep clap's style; a mistake repeats what was typed.
pub fn usage_error(error: Error) {
    if !error.use_stderr() {
        // The stream may be closed, as in `incidentctl --help | head -1`.
        let _ = error.print();
        return;
    }
    let text = message(error);
    let lines = text.trim_end().lines().map(|line| match line.strip_prefix("error:") {
        Some(rest) => Line::labelled(Label::Error, "error:").and(rest),
        None => line.into(),
    });
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    streams::report(&Harmless::lines(&lines.collect::<Vec<_>>(), colour));
}

/// The message without styles. All of what was typed is in it, but its line breaks begin no line.
fn message(mut error: Error) -> String {
    keep_lines_whole(&mut error);
    // Without styles it would lack every escape sequence, also one that was typed.
    let mut text = error.render().ansi().to_string();
    if let Some(why) = std::error::Error::source(&error).map(ToString::to_string) {
        text = text.replace(&why, &printable(&why));
    }
    StyledStr::from(text).to_string()
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

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::*;

    #[test]
    fn a_mistake_is_shown_as_it_was_typed() {
        let typed = "a\u{1b}[7;31m\u{7}\u{9b}b\r\nFORGED";
        let refuse = |text: &str| Err::<String, _>(format!("`{text}` is wrong"));
        let command = Command::new("x").arg(Arg::new("email").long("email").value_parser(refuse));
        for arguments in [&["x", "--email", typed][..], &["x", typed]] {
            let text = command.clone().try_get_matches_from(arguments).err().map(message).unwrap_or_default();
            assert!(text.contains("a\\u{1b}[7;31m\\u{7}\\u{9b}b\\r\\nFORGED"), "{text}");
            assert!(!text.lines().any(|line| line.starts_with("FORGED")), "{text}");
        }
    }
}
