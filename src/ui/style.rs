//! Colour by meaning, never by colour name. Words carry the meaning; colour only repeats it.

/// The meaning of a text.
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

/// The text, wrapped in the label's ANSI codes if colour is on.
pub(super) fn paint(label: Label, text: &str, colour: bool) -> String {
    match colour {
        true => format!("\u{1b}[{}m{text}\u{1b}[0m", label.code()),
        false => text.to_owned(),
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
