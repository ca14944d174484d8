//! Problems of a rules file, and their positions.

use std::fmt;

/// A likely mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule; `None` without a name, or for the whole file.
    pub rule: Option<String>,
    /// Position of the key or value, if known.
    pub position: Option<Position>,
    /// Its severity.
    pub level: Level,
    /// The problem, and the correction.
    pub message: String,
}

/// A position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// The level of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The file is unusable: the meaning of the rule is unknown.
    Unreadable,
    /// The rule cannot have its intended effect.
    Error,
    /// Part of the rule has no effect.
    Warning,
}

impl Level {
    /// Whether it keeps the rule from having an effect.
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

/// Why a rules file is unusable: at least one problem that makes it unreadable, and all others, in the order of the
/// file.
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
