//! The handler's interface to the incident table.

pub(crate) mod backoff;
pub mod budget;
mod table;

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_dynamodb::error::SdkError;
use incident_model::analysis::{Analysis, FunctionHistory};
use incident_model::table::Place;
use incident_model::{Incident, Reason, Severity, Silence, error_code};

pub use budget::{Budget, BudgetState, Charge};
pub use table::Table;

/// The operations for recording and notifying. Each is atomic.
pub trait Store {
    /// Reads everything that a decision needs: about events of one fingerprint, its resource, the silences and budgets.
    fn look(&self, lookup: &Lookup<'_>) -> impl Future<Output = Result<Snapshot, StoreError>>;

    /// Reads an incident.
    fn incident(&self, incident_id: &str) -> impl Future<Output = Result<Option<Incident>, StoreError>>;

    /// Reads incidents, in the order of their ids, as far as they exist and are readable.
    fn incidents(&self, incident_ids: &[String]) -> impl Future<Output = Result<Vec<Incident>, StoreError>>;

    /// The newest incident of a trouble, in any status.
    fn newest_of_trouble(&self, trouble: &Trouble<'_>) -> impl Future<Output = Result<Option<Incident>, StoreError>>;

    /// Opens an incident with its first failures.
    fn open(&self, opening: &Opening<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Counts further failures for an unresolved incident.
    fn count(&self, occurrence: &Occurrence<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Resolves an unresolved incident.
    fn resolve(&self, resolution: &Resolution<'_>) -> impl Future<Output = Result<(), StoreError>>;

    /// Records when a trouble last ended, for failures that are reported after their end.
    fn remember_recovery(
        &self,
        trouble: &Trouble<'_>,
        at_milliseconds: i64,
    ) -> impl Future<Output = Result<(), StoreError>>;

    /// The incidents that are due: the worst first, then the longest waiting, at most `limit`. An incident that became
    /// due a moment ago may be missing.
    fn due(&self, now: i64, limit: usize) -> impl Future<Output = Result<Vec<Incident>, StoreError>>;

    /// Changes an incident's outbox, unless it changed since it was read; returns whether it was changed.
    fn set_outbox(&self, read: &Incident, outbox: &Outbox) -> impl Future<Output = Result<bool, StoreError>>;

    /// Records that the due notice was accepted. Returns whether the incident became worse than the notice states, in
    /// which case an escalation is due now.
    fn mark_sent(&self, sent: &Sent<'_>) -> impl Future<Output = Result<bool, StoreError>>;

    /// Puts off the notice of an incident that shares its cause with another, unless the incident changed since it was read;
    /// returns whether it was put off. Asks once: whoever waits for it has an alert to send.
    fn fold(&self, folded: &Folded<'_>) -> impl Future<Output = Result<bool, StoreError>>;

    /// Writes an analysis beside its incident.
    fn put_analysis(&self, incident_id: &str, analysis: &Analysis) -> impl Future<Output = Result<(), StoreError>>;

    /// Writes an analysis beside its incident, and its cause into the incident, in one transaction; false if there is no such
    /// incident.
    fn keep_analysis(&self, incident_id: &str, analysis: &Analysis) -> impl Future<Output = Result<bool, StoreError>>;

    /// The analyses of these incidents, as far as they have one: by incident id.
    fn analyses(&self, incident_ids: &[String])
    -> impl Future<Output = Result<BTreeMap<String, Analysis>, StoreError>>;

    /// Marks an incident whose function does not exist, with an entry in its timeline, unless it is marked.
    fn mark_missing(&self, incident: &Incident, at: &str, what: &str) -> impl Future<Output = Result<(), StoreError>>;

    /// Takes that mark from an incident whose function exists now, with an entry in its timeline, if it is marked.
    fn unmark_missing(&self, incident: &Incident, at: &str, what: &str)
    -> impl Future<Output = Result<(), StoreError>>;

    /// Adds an entry to the timeline of an incident, if it exists.
    fn note(&self, incident: &Incident, at: &str, what: &str) -> impl Future<Output = Result<(), StoreError>>;

    /// The states of budgets, in the given order.
    fn budgets(&self, budgets: &[Budget]) -> impl Future<Output = Result<Vec<BudgetState>, StoreError>>;

    /// Takes a mail from a budget; false if it is used up, which costs no write.
    fn take(&self, budget: &Budget, now_milliseconds: i64) -> impl Future<Output = Result<bool, StoreError>>;

    /// All silences, including ended ones whose end was not reported yet.
    fn silences(&self) -> impl Future<Output = Result<Vec<Silence>, StoreError>>;

    /// Deletes ended silences.
    fn forget_silences(&self, silence_ids: &[&str]) -> impl Future<Output = Result<(), StoreError>>;
}

/// The identity of a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble<'a> {
    /// Where it is.
    pub place: Place<'a>,
    /// Kind of resource.
    pub source: &'a str,
    /// Its identity among those of its source.
    pub name: &'a str,
}

impl<'a> Trouble<'a> {
    /// The trouble of an incident.
    pub fn of(incident: &'a Incident) -> Self {
        Self { place: incident.place(), source: &incident.source, name: incident.trouble() }
    }
}

/// The table lookup for failures of one fingerprint.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a> {
    /// The events that report them, at most [`MOST_EVENTS`].
    pub event_ids: &'a [&'a str],
    /// Their fingerprint.
    pub fingerprint: &'a str,
    /// Their fingerprint of version 1: an incident that it opened counts them until it is resolved.
    pub former_fingerprint: Option<&'a str>,
    /// Their trouble.
    pub trouble: Trouble<'a>,
    /// What an earlier alarm may be about: the failing function, or an alarm that a composite one names.
    pub subject: Option<&'a str>,
    /// The failing function, if it is one of this account and region.
    pub function: Option<&'a str>,
    /// The budgets that a mail about them may use.
    pub budgets: &'a [Budget],
}

/// Maximum number of events of one lookup or write. BatchGetItem takes 100 keys, TransactWriteItems 100 actions
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>); the rest is for the
/// incident and its helper items.
pub const MOST_EVENTS: usize = 80;

/// The result of a lookup.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// From events that are counted already to their incidents.
    pub counted_for: BTreeMap<String, String>,
    /// The newest incident of the fingerprint, in any status; `None` also if it was deleted or is unreadable for this
    /// version: the next failure opens a new one.
    pub newest: Option<Incident>,
    /// The incident that the fingerprint's item points to.
    pub open_pointer: Option<String>,
    /// The newest incident of the trouble.
    pub newest_of_trouble: Option<String>,
    /// The trouble's item.
    pub trouble_pointer: TroublePointer,
    /// When the trouble last ended, in milliseconds since 1970.
    pub recovered_at: Option<i64>,
    /// The newest incident of an alarm about the subject: on the function's errors, or a composite one.
    pub alarm_of_subject: Option<Incident>,
    /// What the sweep knows of the failing function.
    pub function: Option<FunctionHistory>,
    /// All silences.
    pub silences: Vec<Silence>,
    /// The states of the budgets, in the order of the lookup.
    pub budgets: Vec<BudgetState>,
}

/// The item of a trouble, as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TroublePointer {
    /// The incident that it points to.
    pub leads_to: Option<String>,
    /// When the trouble last ended, in milliseconds since 1970.
    pub recovered_at: Option<i64>,
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

/// The first failures of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The events that report them, at most [`MOST_EVENTS`].
    pub event_ids: &'a [&'a str],
    /// The incident to write.
    pub incident: &'a Incident,
    /// The basis of the decision.
    pub snapshot: &'a Snapshot,
    /// What it is about, if it is an alarm: the function whose errors raised it, or the alarms that a composite one names.
    pub alarm_on: &'a [String],
    /// Whether the previous incident's notice is obsolete.
    pub withdraws: bool,
    /// The mail that it takes from a budget.
    pub charge: Option<&'a Charge>,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Further failures of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Occurrence<'a> {
    /// The events that report them, at most [`MOST_EVENTS`].
    pub event_ids: &'a [&'a str],
    /// How many failures they report.
    pub failures: u64,
    /// The incident as it was read.
    pub read: &'a Incident,
    /// The incident with the failures.
    pub incident: &'a Incident,
    /// The escalation, if it became worse.
    pub escalation: Option<&'a Outbox>,
    /// The number of failures at which it escalates next; the write that reaches it must escalate.
    pub worse_at: Option<u64>,
    /// The mail that the escalation takes from a budget.
    pub charge: Option<&'a Charge>,
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
    /// The mail that the notice takes from a budget.
    pub charge: Option<&'a Charge>,
    /// Now, RFC 3339 in UTC.
    pub at: &'a str,
}

/// What an analysis changed in an incident, which has the new severity and judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejudged {
    /// The severity before.
    pub former: Severity,
    /// Whether a rule judged it anew; otherwise only the severity is another one.
    pub by_rule: bool,
    /// Why, for the timeline.
    pub what: String,
}

/// A notice that goes into one mail with others of its cause.
#[derive(Debug, Clone, Copy)]
pub struct Folded<'a> {
    /// The incident as it was read.
    pub read: &'a Incident,
    /// The incident with its analysis.
    pub analysed: &'a Incident,
    /// What the analysis changed.
    pub rejudged: Option<&'a Rejudged>,
    /// The incident with the same cause whose alert goes out, or went.
    pub shares_cause_with: &'a str,
    /// When the notice is due, in seconds since 1970.
    pub due_at: i64,
    /// Now, RFC 3339 in UTC.
    pub at: &'a str,
}

/// An accepted notice.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The incident at the time of the notice, as the notice states it.
    pub incident: &'a Incident,
    /// What an analysis changed in it, which is recorded with the notice.
    pub rejudged: Option<&'a Rejudged>,
    /// When it is due next, in seconds since 1970.
    pub next_look: Option<i64>,
    /// What was sent, for the timeline.
    pub what: &'a str,
    /// When, RFC 3339 in UTC.
    pub at: &'a str,
    /// When, in seconds since 1970.
    pub now: i64,
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
    /// Whether the table does not take a write for what it says.
    pub(crate) fn is_invalid(&self) -> bool {
        matches!(self, Self::Unusable { code, .. } if error_code::is_same(code, "ValidationException"))
    }

    fn throttled(code: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Throttled { code: code.to_string(), message: message.to_string() }
    }

    fn unusable(code: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Unusable { code: code.to_string(), message: message.to_string() }
    }
}
