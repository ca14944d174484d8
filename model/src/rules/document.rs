//! A rules file as values with their places in the text.

mod reader;

use std::cell::Cell;

use serde::de::DeserializeSeed;
use serde_json::Value;

use super::problem::{Level, Position, Problem};
use reader::Reader;

/// A parsed YAML text.
pub(super) struct Document<'t> {
    text: &'t str,
    pub(super) root: Node,
}

/// A key or value, by its number in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(usize);

/// A value.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

/// The content of a value.
#[derive(Debug)]
pub(super) enum Content {
    /// Neither a list nor a map.
    Scalar(Value),
    List(Vec<Node>),
    /// As written, including repeated keys.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) key: String,
    pub(super) value: Node,
}

impl<'t> Document<'t> {
    /// Parses a text; invalid YAML is one problem.
    pub(super) fn read(text: &'t str) -> Result<Self, Problem> {
        let count = Cell::new(0);
        let reader = Reader { count: &count, wanted: None };
        match reader.deserialize(yaml_serde::Deserializer::from_str(text)) {
            Ok(root) => Ok(Self { text, root }),
            Err(error) => Err(unreadable(text, &error)),
        }
    }

    /// The position of a place. The YAML parser reports positions of errors only, so the text is parsed again with an
    /// error raised at the place.
    pub(super) fn position(&self, place: Place) -> Option<Position> {
        let count = Cell::new(0);
        let reader = Reader { count: &count, wanted: Some(place) };
        let stopped = reader.deserialize(yaml_serde::Deserializer::from_str(self.text)).err()?;
        position(&stopped)
    }

    /// `line 7`.
    pub(super) fn line(&self, place: Place) -> String {
        self.position(place).map_or_else(|| "the same file".to_owned(), |position| format!("line {}", position.line))
    }
}

impl Node {
    /// The entry of a map.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().rev().find(|entry| entry.key == key),
            Content::Scalar(_) | Content::List(_) => None,
        }
    }

    /// The element of a list.
    pub(super) fn element(&self, at: usize) -> Option<&Node> {
        match &self.content {
            Content::List(elements) => elements.get(at),
            Content::Scalar(_) | Content::Map(_) => None,
        }
    }

    /// The value without places; the last value of a repeated key.
    pub(super) fn json(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(elements) => elements.iter().map(Self::json).collect(),
            Content::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect(),
        }
    }

    /// Whether it is empty or `null`.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.content, Content::Scalar(Value::Null))
    }

    /// Its kind, in words.
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Scalar(Value::Null) => "empty",
            Content::Scalar(Value::Bool(_)) => "true or false",
            Content::Scalar(Value::Number(_)) => "a number",
            Content::Scalar(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }
}

fn position(error: &yaml_serde::Error) -> Option<Position> {
    error.location().map(|location| Position { line: location.line(), column: location.column() })
}

fn unreadable(text: &str, error: &yaml_serde::Error) -> Problem {
    let position = position(error);
    let mut message = error.to_string();
    let mut advice = "";
    if let Some(Position { line, column }) = position {
        message = message.replacen(&format!(" at line {line} column {column}"), "", 1);
        let line = text.lines().nth(line - 1).unwrap_or_default();
        let indentation = line.len() - line.trim_start().len();
        if line[..indentation].contains('\t') {
            advice = "; this line starts with a tab, but YAML is indented with spaces";
        }
    }
    Problem { rule: None, position, level: Level::Unreadable, message: format!("invalid YAML: {message}{advice}") }
}
