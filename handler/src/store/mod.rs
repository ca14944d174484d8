//! What the handler asks of the incident table.

mod table;

use std::fmt;

use aws_sdk_dynamodb::error::SdkError;
use incident_model::{Incident, Reason, Silence};
pub use table::Table;

/// The operations that recording and notifying are made of. Each is atomic.
pub trait Store {
    /// What is known about an event, its fingerprint and its resource, and the silences: all that a decision needs.
    fn look(&self, lookup: &Lookup<'_>) -> impl Future<Output = Result<Snapshot, StoreError>>;

    /// Reads an incident.
    fn incident(&self, incident_id: &str) -> impl Future<Output = Result<Option<Incident>, StoreError>>;

    /// The newest incident of a trouble, resolved or not.
    fn newest_of_trouble(
        &self,
        source: &str,
        trouble: &str,
    ) -> impl Future<Output = Result<Option<Incident>, StoreError>>;

    /// Opens an incident with its first failure.
    fn open(&self, opening: &Opening<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Counts another failure for an incident that is not resolved.
    fn count(&self, occurrence: &Occurrence<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Resolves an incident that is not resolved.
    fn resolve(&self, resolution: &Resolution<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Remembers when a trouble ended last, for failures that are told of later than their end.
    fn remember_recovery(
        &self,
        source: &str,
        trouble: &str,
        at_milliseconds: i64,
    ) -> impl Future<Output = Result<(), StoreError>>;

    /// The incidents whose moment has come, the longest waiting first, at most `limit`. May lack what changed within the
    /// last moments.
    fn due(&self, now: i64, limit: usize) -> impl Future<Output = Result<Vec<Incident>, StoreError>>;

    /// Changes what is to be sent about an incident, if nobody else did since it was read. Says whether it was changed.
    fn set_outbox(&self, read: &Incident, outbox: &Outbox) -> impl Future<Output = Result<bool, StoreError>>;

    /// Writes that the notice that is due was accepted. Says whether the incident is worse than that notice said; then the
    /// notice of it is due now.
    fn mark_sent(&self, sent: &Sent<'_>) -> impl Future<Output = Result<bool, StoreError>>;

    /// Takes one of the mails that may go out in the time of a budget. False when there is none left.
    fn take(&self, budget: &Budget, now_milliseconds: i64) -> impl Future<Output = Result<bool, StoreError>>;

    /// All silences, also those that ended and were not told about yet.
    fn silences(&self) -> impl Future<Output = Result<Vec<Silence>, StoreError>>;

    /// Forgets silences that ended.
    fn forget_silences(&self, silence_ids: &[&str]) -> impl Future<Output = Result<(), StoreError>>;
}

/// What a failure asks the table.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a> {
    /// The event that tells of it.
    pub event_id: &'a str,
    /// Its fingerprint.
    pub fingerprint: &'a str,
    /// Kind of resource.
    pub source: &'a str,
    /// The trouble of it.
    pub trouble: &'a str,
    /// The function whose failure it is.
    pub function: Option<&'a str>,
}

/// What the table answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The incident that the event was counted for, if it was.
    pub counted_for: Option<String>,
    /// The newest incident of the fingerprint, resolved or not.
    pub newest: Option<Incident>,
    /// The incident that the fingerprint leads to, where it is gone or this version cannot read it: the next failure opens
    /// one that it can.
    pub lost: Option<String>,
    /// The newest incident of the trouble.
    pub newest_of_trouble: Option<String>,
    /// When the trouble ended last, in milliseconds since 1970.
    pub recovered_at: Option<i64>,
    /// The newest incident of an alarm on the function's errors.
    pub alarm_of_function: Option<Incident>,
    /// All silences.
    pub silences: Vec<Silence>,
}

/// What is to be sent about an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    /// The notice that is due.
    pub due: Option<Reason>,
    /// How many notices there were, with that one.
    pub notices: u64,
    /// When somebody has to look, in seconds since 1970.
    pub due_at: Option<i64>,
    /// The silence that holds the notice back.
    pub silenced_by: Option<String>,
}

impl Outbox {
    /// As it stands in an incident.
    pub fn of(incident: &Incident) -> Self {
        Self {
            due: incident.due,
            notices: incident.notices,
            due_at: incident.due_at,
            silenced_by: incident.silenced_by.clone(),
        }
    }

    /// The next notice of an incident, due at a moment.
    pub fn next(incident: &Incident, reason: Reason, due_at: i64) -> Self {
        Self { due: Some(reason), notices: incident.notices + 1, due_at: Some(due_at), silenced_by: None }
    }

    /// Puts it into an incident.
    pub fn put_into(self, incident: Incident) -> Incident {
        let Self { due, notices, due_at, silenced_by } = self;
        Incident { due, notices, due_at, silenced_by, ..incident }
    }
}

/// The first failure of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The event that tells of it.
    pub event_id: &'a str,
    /// The incident as it shall stand in the table.
    pub incident: &'a Incident,
    /// What the decision was made on.
    pub snapshot: &'a Snapshot,
    /// The function whose errors raised the alarm, if this is about one.
    pub alarm_on: Option<&'a str>,
    /// Whether the notice of the incident before is not worth sending any more.
    pub withdraws: bool,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Another failure of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Occurrence<'a> {
    /// The event that tells of it.
    pub event_id: &'a str,
    /// The incident as it was read.
    pub read: &'a Incident,
    /// The incident as it shows the failure.
    pub incident: &'a Incident,
    /// What is to be sent about it, if it became worse.
    pub escalation: Option<&'a Outbox>,
    /// With how many failures it becomes worse than it now is. Whoever counts that one has to know it.
    pub worse_at: Option<u64>,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// The end of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Resolution<'a> {
    /// The incident as it was read.
    pub read: &'a Incident,
    /// What is to be sent about it.
    pub outbox: &'a Outbox,
    /// State changes of the fingerprint that still count, with this one, in seconds since 1970.
    pub recent_changes: &'a [i64],
    /// What ended it, for the timeline.
    pub what: &'a str,
    /// Now, RFC 3339 in UTC.
    pub at: &'a str,
}

/// A notice that was accepted.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The incident as it was when the notice was written.
    pub incident: &'a Incident,
    /// When somebody has to look at it next, in seconds since 1970.
    pub next_look: Option<i64>,
    /// What was sent, for the timeline.
    pub what: &'a str,
    /// When, RFC 3339 in UTC.
    pub at: &'a str,
    /// When, in seconds since 1970.
    pub now: i64,
}

/// How many mails of a kind may go out in a time, whenever it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The kind.
    pub name: &'static str,
    /// How many.
    pub limit: usize,
    /// In which time, in milliseconds.
    pub milliseconds: i64,
}

impl Budget {
    /// So many in any sixty seconds.
    pub const fn of_a_minute(name: &'static str, limit: usize) -> Self {
        Self { name, limit, milliseconds: 60_000 }
    }
}

/// Why the table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster, or may have been: read again and decide anew.
    #[error("another invocation changed the same items")]
    Conflict,
    /// The table has too much to do: ask again later.
    #[error("the incident table is throttled: {code}: {message}")]
    Throttled {
        /// AWS's error code, or the reason for which it cancelled a transaction.
        code: String,
        /// AWS's message.
        message: String,
    },
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
    fn throttled(code: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Throttled { code: code.to_string(), message: message.to_string() }
    }

    fn unusable(code: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Unusable { code: code.to_string(), message: message.to_string() }
    }
}
