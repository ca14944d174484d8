//! What is wrong with a rules file, and where.

use std::fmt;

/// Something that is most likely not what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule, unless it has no name or the whole file is meant.
    pub rule: Option<String>,
    /// The key or value at fault, where the reader of YAML tells.
    pub position: Option<Position>,
    /// Its severity.
    pub level: Level,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The file is not used: it cannot be said what the rule means.
    Unreadable,
    /// The rule cannot do what it says.
    Error,
    /// Part of the rule is without effect.
    Warning,
}

impl Level {
    /// Whether it has to be mended before the rule does anything.
    pub fn is_error(self) -> bool {
        self != Self::Warning
    }

    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        if self.is_error() { "error" } else { "warning" }
    }
}

/// `error: rule ...: ...`, without the position.
impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.level.name())?;
        if let Some(rule) = &self.rule {
            write!(formatter, "rule `{rule}`: ")?;
        }
        formatter.write_str(&self.message)
    }
}

/// Why a text is no rules file: at least one problem that makes it unreadable, and all others that were found beside
/// it, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines().collect::<Vec<_>>().join("; "))]
pub struct RulesError {
    /// All of them.
    pub problems: Vec<Problem>,
}

impl RulesError {
    /// Each problem with its position, in words.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.problems.iter().map(|problem| match problem.position {
            Some(Position { line, column }) => format!("line {line}, column {column}: {problem}"),
            None => problem.to_string(),
        })
    }
}
