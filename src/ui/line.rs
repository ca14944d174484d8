//! Lines as commands make them: texts with their meaning. How they look, and that no text in them acts, is decided where they
//! are written.

use std::fmt;

use incident_model::unprintable::written_out;

/// The meaning of a text. Words carry it; colour only repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// The prefix of an error.
    Error,
    /// The prefix of a warning.
    Warning,
    /// The prefix of a hint.
    Hint,
    /// Success.
    Success,
    /// A heading, or the key word of a line.
    Strong,
    /// Secondary text.
    Faint,
}

/// One line of output. A text in it may come from anywhere: what a terminal would obey is written out, and a line break begins
/// no line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<Span>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    text: String,
    label: Option<Label>,
}

impl Line {
    /// A line of one labelled text.
    pub fn labelled(label: Label, text: impl Into<String>) -> Self {
        Self::default().and_labelled(label, text)
    }

    /// The line with more text.
    #[must_use]
    pub fn and(self, text: impl Into<String>) -> Self {
        self.with(text.into(), None)
    }

    /// The line with more text, which is labelled.
    #[must_use]
    pub fn and_labelled(self, label: Label, text: impl Into<String>) -> Self {
        self.with(text.into(), Some(label))
    }

    /// The line behind a text.
    #[must_use]
    pub fn indented(mut self, by: impl Into<String>) -> Self {
        self.0.insert(0, Span { text: by.into(), label: None });
        self
    }

    fn with(mut self, text: String, label: Option<Label>) -> Self {
        self.0.push(Span { text, label });
        self
    }

    /// The line with each text changed.
    pub(super) fn map(self, change: impl Fn(&str) -> String) -> Self {
        Self(self.0.into_iter().map(|span| Span { text: change(&span.text), ..span }).collect())
    }

    /// The line as a terminal may show it, labels as colours if there is colour.
    pub(super) fn shown(&self, colour: bool) -> String {
        let shown = |span: &Span| match span.label.filter(|_| colour) {
            Some(label) => format!("\u{1b}[{}m{}\u{1b}[0m", label.code(), printable(&span.text)),
            None => printable(&span.text),
        };
        self.0.iter().map(shown).collect()
    }
}

impl<T: Into<String>> From<T> for Line {
    fn from(text: T) -> Self {
        Self::default().and(text)
    }
}

/// Without colour.
impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown(false))
    }
}

impl Label {
    fn code(self) -> &'static str {
        match self {
            Self::Error => "1;31",
            Self::Warning => "1;33",
            Self::Hint => "1;36",
            Self::Success => "32",
            Self::Strong => "1",
            Self::Faint => "2",
        }
    }
}

/// A text in one line, in which a terminal obeys nothing: what it would obey is written out (`\u{1b}`, `\n`). Tabs stay.
pub(super) fn printable(text: &str) -> String {
    written_out(text, |character| character == '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_colour_and_no_text_acts_or_begins_a_line() {
        let line = Line::labelled(Label::Error, "a\u{1b}[2J").and("\t\nerror: b\r\u{9b}\u{202e}");
        assert_eq!(line.to_string(), "a\\u{1b}[2J\t\\nerror: b\\r\\u{9b}\\u{202e}");
        let coloured = "\u{1b}[1;31ma\\u{1b}[2J\u{1b}[0m\t\\nerror: b\\r\\u{9b}\\u{202e}";
        assert_eq!(line.shown(true), coloured);
        assert_eq!(Line::from("plain ü 日本").shown(true), "plain ü 日本");
    }
}
