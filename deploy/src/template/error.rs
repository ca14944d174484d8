//! What can be wrong with a template.

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not YAML, or a key stands twice.
    #[error("the template is not valid YAML")]
    Syntax(#[source] yaml_serde::Error),
    /// Something stands where it makes no sense or is not supported.
    #[error("template, {place}: {problem}")]
    Invalid {
        /// Logical id and path, such as `AlertTopic.Properties.Tags[0]`.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// Resources that need each other.
    #[error("template: these resources need each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// A parameter value that the template does not allow.
    #[error("parameter {name} is `{value}`, but must be one of {}", allowed.join(", "))]
    NotAllowed {
        /// The parameter.
        name: String,
        /// What was given.
        value: String,
        /// What the template allows.
        allowed: Vec<String>,
    },
    /// A parameter without default and without a value.
    #[error("parameter {0} has no value")]
    NoValue(String),
    /// A value for a parameter that the template does not have.
    #[error("the template has no parameter {0}")]
    UnknownParameter(String),
}

impl TemplateError {
    /// Something is wrong at a place.
    pub(super) fn at(place: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { place: place.to_owned(), problem: problem.into() }
    }
}
