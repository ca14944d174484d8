//! Colour by what a text is, never by the name of a colour. Words carry the meaning; colour only repeats it.

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// The word before a failure.
    Error,
    /// The word before a warning.
    Warning,
    /// The word before advice.
    Hint,
    /// Something that went well.
    Success,
    /// A heading, or the one word that matters in a line.
    Strong,
    /// Something that need not be read.
    Faint,
}

/// The text, wrapped in the label's ANSI codes when colour is wanted.
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
