//! What is wrong with a template, in CloudFormation's words.

/// The message of a `ValidationError`.
pub(in super::super) type Broken = String;

/// A template that breaks the rules of the language.
pub(in super::super) fn format_error(problem: impl std::fmt::Display) -> Broken {
    format!("Template format error: {problem}")
}

/// A part of CloudFormation that this one lacks.
pub(super) fn lacks(what: impl std::fmt::Display) -> Broken {
    format!("Template error: the local AWS does not implement {what}")
}

/// A function whose arguments are not of the kind that it takes.
pub(super) fn takes(function: &str, arguments: &str) -> Broken {
    format!("Template error: every {function} object requires {arguments}")
}
