//! The way from one service to the operations of the others.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::{ApiError, Call};

/// What stands before the services and performs a call as if it had come over the network: counted by fault rules,
/// held against its caller's policies, recorded. The gateway is one; services know this trait and never the gateway.
#[async_trait]
pub(crate) trait Front: Send + Sync {
    /// Performs a call; the reply as JSON, null where an operation answers nothing.
    ///
    /// # Errors
    /// What the service or a fault rule answers, and [`NO_ANSWER`] where a fault rule drops the connection.
    async fn perform(self: Arc<Self>, call: Call) -> Result<Value, ApiError>;
}

/// Code of the error that stands for a connection that ended without a reply.
pub(crate) const NO_ANSWER: &str = "NoAnswer";
