//! Sns.

/// State of the service.
#[derive(Debug, Default)]
pub struct Sns {}
