//! The handler's interface to the incident table.

mod table;

use std::fmt;

use aws_sdk_dynamodb::error::SdkError;
use incident_model::{Incident, Reason, Silence};
pub use table::Table;

/// The operations for recording and notifying. Each is atomic.
pub trait Store {
    /// Reads everything that a decision needs: about an event, its fingerprint and its resource, and the silences.
    fn look(&self, lookup: &Lookup<'_>) -> impl Future<Output = Result<Snapshot, StoreError>>;

    /// Reads an incident.
    fn incident(&self, incident_id: &str) -> impl Future<Output = Result<Option<Incident>, StoreError>>;

    /// The newest incident of a trouble, in any status.
    fn newest_of_trouble(
        &self,
        source: &str,
        trouble: &str,
    ) -> impl Future<Output = Result<Option<Incident>, StoreError>>;

    /// Opens an incident with its first failure.
    fn open(&self, opening: &Opening<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Counts another failure for an unresolved incident.
    fn count(&self, occurrence: &Occurrence<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Resolves an unresolved incident.
    fn resolve(&self, resolution: &Resolution<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Records when a trouble last ended, for failures that are reported after their end.
    fn remember_recovery(
        &self,
        source: &str,
        trouble: &str,
        at_milliseconds: i64,
    ) -> impl Future<Output = Result<(), StoreError>>;

    /// The incidents that are due, the longest waiting first, at most `limit`. Eventually consistent.
    fn due(&self, now: i64, limit: usize) -> impl Future<Output = Result<Vec<Incident>, StoreError>>;

    /// Changes an incident's outbox, unless it changed since it was read; returns whether it was changed.
    fn set_outbox(&self, read: &Incident, outbox: &Outbox) -> impl Future<Output = Result<bool, StoreError>>;

    /// Records that the due notice was accepted. Returns whether the incident became worse than the notice states, in
    /// which case an escalation is due now.
    fn mark_sent(&self, sent: &Sent<'_>) -> impl Future<Output = Result<bool, StoreError>>;

    /// Takes a mail from a budget; false if it is used up.
    fn take(&self, budget: &Budget, now_milliseconds: i64) -> impl Future<Output = Result<bool, StoreError>>;

    /// All silences, including ended ones whose end was not reported yet.
    fn silences(&self) -> impl Future<Output = Result<Vec<Silence>, StoreError>>;

    /// Deletes ended silences.
    fn forget_silences(&self, silence_ids: &[&str]) -> impl Future<Output = Result<(), StoreError>>;
}

/// The table lookup for a failure.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a> {
    /// The event that reports it.
    pub event_id: &'a str,
    /// Its fingerprint.
    pub fingerprint: &'a str,
    /// Kind of resource.
    pub source: &'a str,
    /// Its trouble.
    pub trouble: &'a str,
    /// The failing function.
    pub function: Option<&'a str>,
}

/// The result of a lookup.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The incident that already counts the event, if any.
    pub counted_for: Option<String>,
    /// The newest incident of the fingerprint, in any status.
    pub newest: Option<Incident>,
    /// The incident that the fingerprint points to, if it was deleted or is unreadable for this version: the next
    /// failure opens a new one.
    pub lost: Option<String>,
    /// The newest incident of the trouble.
    pub newest_of_trouble: Option<String>,
    /// When the trouble last ended, in milliseconds since 1970.
    pub recovered_at: Option<i64>,
    /// The newest incident of an alarm on the function's errors.
    pub alarm_of_function: Option<Incident>,
    /// All silences.
    pub silences: Vec<Silence>,
}

/// The pending notice of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    /// The due notice.
    pub due: Option<Reason>,
    /// The number of notices, including that one.
    pub notices: u64,
    /// When it is due, in seconds since 1970.
    pub due_at: Option<i64>,
    /// The silence that holds the notice back.
    pub silenced_by: Option<String>,
}

impl Outbox {
    /// The outbox of an incident.
    pub fn of(incident: &Incident) -> Self {
        Self {
            due: incident.due,
            notices: incident.notices,
            due_at: incident.due_at,
            silenced_by: incident.silenced_by.clone(),
        }
    }

    /// The next notice of an incident, due at a given time.
    pub fn next(incident: &Incident, reason: Reason, due_at: i64) -> Self {
        Self { due: Some(reason), notices: incident.notices + 1, due_at: Some(due_at), silenced_by: None }
    }

    /// Sets it in an incident.
    pub fn put_into(self, incident: Incident) -> Incident {
        let Self { due, notices, due_at, silenced_by } = self;
        Incident { due, notices, due_at, silenced_by, ..incident }
    }
}

/// The first failure of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The event that reports it.
    pub event_id: &'a str,
    /// The incident to write.
    pub incident: &'a Incident,
    /// The basis of the decision.
    pub snapshot: &'a Snapshot,
    /// The function whose errors raised the alarm, if it is one.
    pub alarm_on: Option<&'a str>,
    /// Whether the previous incident's notice is obsolete.
    pub withdraws: bool,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Another failure of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Occurrence<'a> {
    /// The event that reports it.
    pub event_id: &'a str,
    /// The incident as it was read.
    pub read: &'a Incident,
    /// The incident with the failure.
    pub incident: &'a Incident,
    /// The escalation, if it became worse.
    pub escalation: Option<&'a Outbox>,
    /// The number of failures at which it escalates next; the write that reaches it must escalate.
    pub worse_at: Option<u64>,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// The end of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Resolution<'a> {
    /// The incident as it was read.
    pub read: &'a Incident,
    /// The notice of its end.
    pub outbox: &'a Outbox,
    /// Recent state changes of the fingerprint, including this one, in seconds since 1970.
    pub recent_changes: &'a [i64],
    /// The cause of its end, for the timeline.
    pub what: &'a str,
    /// Now, RFC 3339 in UTC.
    pub at: &'a str,
}

/// An accepted notice.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The incident at the time of the notice.
    pub incident: &'a Incident,
    /// When it is due next, in seconds since 1970.
    pub next_look: Option<i64>,
    /// What was sent, for the timeline.
    pub what: &'a str,
    /// When, RFC 3339 in UTC.
    pub at: &'a str,
    /// When, in seconds since 1970.
    pub now: i64,
}

/// How many mails of a kind may be sent within a sliding time window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The kind.
    pub name: &'static str,
    /// How many.
    pub limit: usize,
    /// The window, in milliseconds.
    pub milliseconds: i64,
}

impl Budget {
    /// This many in any sixty seconds.
    pub const fn of_a_minute(name: &'static str, limit: usize) -> Self {
        Self { name, limit, milliseconds: 60_000 }
    }
}

/// Why a table operation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another invocation was faster, or may have been: read and decide again.
    #[error("another invocation changed the same items")]
    Conflict,
    /// The table is throttled: retry later.
    #[error("the incident table is throttled: {code}: {message}")]
    Throttled {
        /// AWS's error code, or the cancellation reason of a transaction.
        code: String,
        /// AWS's message.
        message: String,
    },
    /// The table is unusable.
    #[error("the incident table cannot be used: {code}: {message}")]
    Unusable {
        /// AWS's error code, or the kind of failure without a response.
        code: String,
        /// AWS's message.
        message: String,
    },
}

/// The kind of a failure without a code from AWS.
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
    fn throttled(code: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Throttled { code: code.to_string(), message: message.to_string() }
    }

    fn unusable(code: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Unusable { code: code.to_string(), message: message.to_string() }
    }
}
