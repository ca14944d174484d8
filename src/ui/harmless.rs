//! The only texts that the streams take.

use incident_model::unprintable::{is_unprintable, written_out};

use super::Line;

/// A text, with its last line break, in which a terminal obeys nothing but the labels of a [`Line`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Harmless(String);

impl Harmless {
    /// Lines of output.
    pub(super) fn lines<'l>(lines: impl IntoIterator<Item = &'l Line>, colour: bool) -> Self {
        Self(lines.into_iter().map(|line| line.shown(colour) + "\n").collect())
    }

    /// A document whose line breaks are its own: LF or CRLF.
    pub(super) fn document(text: &str) -> Self {
        let mut safe = String::with_capacity(text.len() + 1);
        for line in text.split_inclusive('\n') {
            let (body, end) = match (line.strip_suffix("\r\n"), line.strip_suffix('\n')) {
                (Some(body), _) => (body, "\r\n"),
                (None, Some(body)) => (body, "\n"),
                (None, None) => (line, "\n"),
            };
            safe.push_str(&written_out(body, |character| character == '\t'));
            safe.push_str(end);
        }
        Self(safe)
    }

    /// A line of JSON with the same value: what a terminal would obey stands only in its strings, where JSON has an escape for
    /// every character, and serde uses it for those of C0 only.
    pub(super) fn json(line: &str) -> Self {
        let mut safe = String::with_capacity(line.len() + 1);
        for character in line.chars() {
            match is_unprintable(character) {
                true => safe.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
                false => safe.push(character),
            }
        }
        safe.push('\n');
        Self(safe)
    }

    /// What a renderer made of parts that are harmless already.
    pub(super) fn rendered(text: String) -> Self {
        Self(text + "\n")
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "red\u{1b}[31m \u{9b}2J\u{7f}\r\u{202e}txt\u{200b} \u{e0041}é\nnext";

    #[test]
    fn json_keeps_its_value() {
        let Harmless(line) = Harmless::json(&serde_json::to_string(TEXT).unwrap_or_default());
        assert!(!line.trim_end_matches('\n').chars().any(is_unprintable), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).ok().as_deref(), Some(TEXT));
    }

    #[test]
    fn a_document_keeps_its_line_breaks_only() {
        let Harmless(text) = Harmless::document("a\tb\r\nc\rd\n\u{1b}e");
        assert_eq!(text, "a\tb\r\nc\\rd\n\\u{1b}e\n");
    }
}
