//! Tables: fitted to the width of a terminal, or plain aligned columns everywhere else.

use comfy_table::{Attribute, Color, ColumnConstraint, ContentArrangement, presets};

use super::harmless::Harmless;
use super::line::printable;
use super::{Label, Ui};
use crate::error::CommandError;

/// Spaces between columns.
const GAP: usize = 2;

/// A table with one heading per column.
#[derive(Debug, Clone)]
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

/// A text in a table, with its meaning.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    label: Option<Label>,
}

impl Cell {
    /// A labelled text.
    pub fn labelled(text: impl Into<String>, label: Label) -> Self {
        Self { text: text.into(), label: Some(label) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), label: None }
    }
}

impl Table {
    /// A table without rows.
    pub fn new(headings: impl IntoIterator<Item = &'static str>) -> Self {
        Self { headings: headings.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each heading. No text breaks its row or acts on a terminal.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells = cells.into_iter().map(|cell| Cell { text: one_line(&cell.text), ..cell });
        self.rows.push(cells.collect());
    }

    /// How many characters of a width the other columns leave to the last one.
    pub fn room_for_last(&self, width: Option<u16>) -> usize {
        let others = self.headings.len().saturating_sub(1);
        let of_column = |column: usize| {
            let texts = self.rows.iter().filter_map(|row| Some(row.get(column)?.text.chars().count()));
            texts.chain([self.headings[column].len()]).max().unwrap_or_default() + GAP
        };
        let taken: usize = (0..others).map(of_column).sum();
        width.map_or(usize::MAX, |width| usize::from(width).saturating_sub(taken))
    }

    /// Columns padded to their longest text, two spaces apart, for `awk`, `grep` and log files.
    pub fn plain(&self) -> String {
        let headings: Vec<String> = self.headings.iter().map(ToString::to_string).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(|cell| cell.text.clone()).collect());
        let lines: Vec<Vec<String>> = std::iter::once(headings).chain(rows).collect();
        let widths: Vec<usize> = (0..self.headings.len())
            .map(|column| lines.iter().filter_map(|line| line.get(column)).map(|text| text.chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        let aligned = |line: &Vec<String>| {
            let cells = line.iter().zip(&widths).map(|(text, width)| format!("{text:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        lines.iter().map(aligned).collect::<Vec<_>>().join("\n")
    }

    /// Columns within a width, if there is one; longer texts wrap.
    pub fn fitted(&self, width: Option<u16>, colour: bool) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        // Without a width it would take the terminal's, which may be 0.
        match width {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        if colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table.set_header(
            self.headings.iter().map(|heading| comfy_table::Cell::new(heading).add_attribute(Attribute::Bold)),
        );
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| styled(cell, colour)));
        }
        let last = self.headings.len().saturating_sub(1);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, GAP as u16));
            // IDs and times are copied and compared, so only the last column shrinks.
            if index < last {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }
}

impl Ui {
    /// Prints a table to standard output.
    ///
    /// # Errors
    /// If standard output is full.
    pub fn table(&self, table: &Table) -> Result<(), CommandError> {
        self.write(&Harmless::rendered(match self.stdout.terminal {
            true => table.fitted(self.width(), self.stdout.colour),
            false => table.plain(),
        }))
    }

    /// The terminal's width in columns, if there is one that knows it.
    pub fn width(&self) -> Option<u16> {
        comfy_table::Table::new().width().filter(|width| *width > 0)
    }
}

fn styled(cell: &Cell, colour: bool) -> comfy_table::Cell {
    let styled = comfy_table::Cell::new(&cell.text);
    match cell.label.filter(|_| colour) {
        Some(Label::Error) => styled.fg(Color::Red).add_attribute(Attribute::Bold),
        Some(Label::Warning) => styled.fg(Color::Yellow).add_attribute(Attribute::Bold),
        Some(Label::Hint) => styled.fg(Color::Cyan),
        Some(Label::Success) => styled.fg(Color::Green),
        Some(Label::Strong) => styled.add_attribute(Attribute::Bold),
        Some(Label::Faint) => styled.add_attribute(Attribute::Dim),
        None => styled,
    }
}

/// What separates words only separates.
fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
