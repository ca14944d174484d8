//! Errors in templates.

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not YAML, or has a duplicate key.
    #[error("the template is not valid YAML")]
    Syntax(#[source] yaml_serde::Error),
    /// Something is misplaced or not supported.
    #[error("template, {place}: {problem}")]
    Invalid {
        /// Logical id and path, such as `AlertTopic.Properties.Tags[0]`.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// Resources that depend on each other.
    #[error("template: these resources depend on each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// A parameter value outside the allowed ones.
    #[error("parameter {name} is `{value}`, but must be one of {}", allowed.join(", "))]
    NotAllowed {
        /// The parameter.
        name: String,
        /// The value.
        value: String,
        /// The allowed values.
        allowed: Vec<String>,
    },
    /// A parameter without a default or a value.
    #[error("parameter {0} has no value")]
    NoValue(String),
    /// A value for an unknown parameter.
    #[error("the template has no parameter {0}")]
    UnknownParameter(String),
}

impl TemplateError {
    /// An error at a place.
    pub(super) fn at(place: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { place: place.to_owned(), problem: problem.into() }
    }
}
