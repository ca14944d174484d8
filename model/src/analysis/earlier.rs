//! What helped last time: the resolutions of the same fingerprint before.

use serde::{Deserialize, Serialize};

/// How often it was resolved before, and how the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// How many resolved incidents of the fingerprint came before.
    pub times: u64,
    /// Id of the last one.
    pub incident_id: String,
    /// When it was resolved, RFC 3339 in UTC.
    pub resolved_at: String,
    /// How long it lasted, in seconds.
    pub lasted: i64,
    /// The note of whoever resolved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
