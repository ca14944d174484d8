//! A setting together with what set it.

use std::fmt;

use super::CONFIG_FILE;

/// A value that was chosen, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value.
    pub value: String,
    /// What chose it.
    pub by: Origin,
}

/// What a value comes from, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A flag, or the variable that stands for it.
    Flag(&'static str),
    /// A variable of AWS.
    Variable(&'static str),
    /// The configuration file.
    File,
}

impl Choice {
    pub(super) fn new(value: impl Into<String>, by: Origin) -> Self {
        Self { value: value.into(), by }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flag(name) | Self::Variable(name) => name,
            Self::File => CONFIG_FILE,
        })
    }
}
