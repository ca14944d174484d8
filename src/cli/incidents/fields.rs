//! Named texts, one below the other, with their names in a column of their own.

use crate::ui::{Label, Line, wrap};

/// Maximum text width, however wide the terminal: long lines are hard to read.
const TEXT_WIDTH: usize = 96;
const NAME_WIDTH: usize = 14;

/// The fields so far, as lines.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<Line>);

impl Fields {
    /// A text wrapped beside its name; none for an empty text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.put(name, wrap(text, TEXT_WIDTH - NAME_WIDTH));
    }

    /// A text in its own lines, however long: what is copied, or aligned, must not be wrapped.
    pub(super) fn verbatim(&mut self, name: &str, text: &str) {
        self.put(name, text.lines().map(str::to_owned).collect());
    }

    /// The lines.
    pub(super) fn lines(self) -> Vec<Line> {
        self.0
    }

    fn put(&mut self, name: &str, lines: Vec<String>) {
        for (number, line) in lines.into_iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            self.0.push(match line.is_empty() {
                true => Line::labelled(Label::Faint, name),
                false => Line::labelled(Label::Faint, format!("{name:NAME_WIDTH$}")).and(line),
            });
        }
    }
}
