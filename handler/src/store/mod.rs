//! What the handler asks of the incident table.

mod table;

use std::fmt;

use aws_sdk_dynamodb::error::SdkError;
use incident_model::{Incident, Observation};
pub use table::Table;

/// The operations that recording and notifying are made of. Each is atomic.
pub trait Store {
    /// The incident that an event was counted for, if it was.
    fn counted(&self, event_id: &str) -> impl Future<Output = Result<Option<String>, StoreError>>;

    /// The newest incident of a fingerprint, resolved or not.
    fn newest(&self, fingerprint: &str) -> impl Future<Output = Result<Option<Stored>, StoreError>>;

    /// The newest incident of a resource, resolved or not.
    fn newest_of_resource(
        &self,
        source: &str,
        resource: &str,
    ) -> impl Future<Output = Result<Option<Stored>, StoreError>>;

    /// Reads an incident.
    fn incident(&self, incident_id: &str) -> impl Future<Output = Result<Option<Stored>, StoreError>>;

    /// Opens an incident with its first failure. The opener holds the lease on its mail. `replaced` is the resolved
    /// incident that the fingerprint pointed to.
    fn open(&self, opening: &Opening<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Counts another failure for an incident that is not resolved.
    fn count(&self, occurrence: &Occurrence<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// The incidents that are not resolved, were seen since then, and are not marked as mailed.
    fn unsent(&self, since: &str) -> impl Future<Output = Result<Vec<Incident>, StoreError>>;

    /// Takes the lease on the mail of an incident that was not mailed. False when another holds it or the mail is out.
    fn claim(&self, incident_id: &str, now: i64, until: i64) -> impl Future<Output = Result<bool, StoreError>>;

    /// Gives the lease back after a mail that was not accepted.
    fn release(&self, incident_id: &str) -> impl Future<Output = Result<(), StoreError>>;

    /// Writes that the mail was accepted.
    fn mark_notified(&self, incident_id: &str, at: &str) -> impl Future<Output = Result<(), StoreError>>;

    /// Resolves an incident that is not resolved.
    fn resolve(&self, incident_id: &str, event_id: &str, at: &str) -> impl Future<Output = Result<(), StoreError>>;

    /// Writes that the mail about the recovery was accepted.
    fn mark_recovery_notified(&self, incident_id: &str, at: &str) -> impl Future<Output = Result<(), StoreError>>;
}

/// An incident and what only the handler keeps with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The incident.
    pub incident: Incident,
    /// The event that resolved it, if an event did.
    pub recovered_by: Option<String>,
    /// When the mail about its recovery was accepted.
    pub recovery_notified_at: Option<String>,
}

/// The first failure of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The event that tells of it.
    pub event_id: &'a str,
    /// The incident as it shall stand in the table.
    pub incident: &'a Incident,
    /// The resolved incident that the fingerprint points to.
    pub replaced: Option<&'a str>,
    /// Now, in seconds since 1970.
    pub now: i64,
    /// Until when the opener alone may mail, in seconds since 1970.
    pub lease_until: i64,
}

/// Another failure of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Occurrence<'a> {
    /// The event that tells of it.
    pub event_id: &'a str,
    /// The incident that it is counted for.
    pub incident_id: &'a str,
    /// What the event says.
    pub observation: &'a Observation,
    /// Now, RFC 3339 in UTC.
    pub at: &'a str,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Why the table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster, or may have been: read again and decide anew.
    #[error("another invocation changed the same items")]
    Conflict,
    /// The table cannot be used.
    #[error("the incident table cannot be used: {code}: {message}")]
    Unusable {
        /// AWS's error code, or the kind of failure when there was no answer.
        code: String,
        /// AWS's message.
        message: String,
    },
}

/// The kind of a failure that AWS gives no code for.
pub(crate) fn kind<E, R>(error: &SdkError<E, R>) -> &'static str {
    match error {
        SdkError::TimeoutError(_) => "Timeout",
        SdkError::DispatchFailure(_) => "NotConnected",
        SdkError::ResponseError(_) => "BrokenAnswer",
        SdkError::ConstructionFailure(_) => "BrokenRequest",
        _ => "Unknown",
    }
}

impl StoreError {
    fn unusable(code: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Unusable { code: code.to_string(), message: message.to_string() }
    }
}
