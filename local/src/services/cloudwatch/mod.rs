//! Cloudwatch.

/// State of the service.
#[derive(Debug, Default)]
pub struct Cloudwatch {}
