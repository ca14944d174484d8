//! A setting and its origin.

use std::fmt;

use super::CONFIG_FILE;

/// A chosen value and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value.
    pub value: String,
    /// Its origin.
    pub by: Origin,
}

/// The origins of values, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A flag, or its variable.
    Flag(&'static str),
    /// A variable defined by AWS.
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
