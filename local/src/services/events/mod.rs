//! Events.

/// State of the service.
#[derive(Debug, Default)]
pub struct Events {}
