//! The lines of a mail, and what may stand in them.

use super::MAX_BODY;
use crate::quotation::{one_line, without_links};

/// A line. Only links in our own words stay links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Words, of whomever.
    Words(String),
    /// Words of ours or of the rules, in which an event's words stand in quotation marks and without links.
    Ours(String),
}

impl Line {
    /// An empty line.
    pub(super) fn blank() -> Self {
        Self::Words(String::new())
    }

    /// Words that no event has chosen: an address of the console, a runbook or a recommendation of the rules.
    pub(super) fn ours(label: &str, text: &str) -> Self {
        Self::Ours(format!("{label} {text}"))
    }

    fn shown(&self) -> String {
        match self {
            Self::Words(text) => without_links(&one_line(text)),
            Self::Ours(text) => one_line(text),
        }
    }
}

impl<T: Into<String>> From<T> for Line {
    fn from(text: T) -> Self {
        Self::Words(text.into())
    }
}

/// Lines of another's words, each marked; none for an empty text.
pub(super) fn quoted(label: &str, text: &str) -> Vec<Line> {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(lines).map(|(label, line)| format!("> {label:8} {line}").into()).collect()
}

/// A command of ours about a stack; `None` if an argument is not what such a name can be.
pub(super) fn command(verb: &str, id: Option<&str>, stack: &str) -> Option<String> {
    let is_plain = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let id = match id {
        Some(id) if !is_plain(id) => return None,
        Some(id) => format!(" {id}"),
        None => String::new(),
    };
    is_plain(stack).then(|| format!("incidentctl {verb}{id} --stack {stack}"))
}

/// The body of these lines, truncated to [`MAX_BODY`] bytes.
pub(super) fn finished(lines: Vec<Line>) -> String {
    let mut body = String::new();
    for line in lines {
        body.push_str(&line.shown());
        body.push('\n');
    }
    if body.len() > MAX_BODY {
        let end = (0..=MAX_BODY).rev().find(|&end| body.is_char_boundary(end)).unwrap_or_default();
        body.truncate(end);
    }
    body
}
