//! Iam.

/// State of the service.
#[derive(Debug, Default)]
pub struct Iam {}
