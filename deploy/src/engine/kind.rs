//! The kinds of engines.

use std::fmt;

use clap::ValueEnum;
use serde::Deserialize;

/// How to deploy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Through each service's own API
    #[default]
    Direct,
    /// Through a CloudFormation stack
    #[value(name = "cloudformation")]
    CloudFormation,
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Direct => "direct",
            Self::CloudFormation => "cloudformation",
        })
    }
}
