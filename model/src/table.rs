//! The incident table: names that the template, the handler and the command line share.
//!
//! One table, whose only key is [`INCIDENT_ID`]. A write costs by the whole item's size, so an incident is several items:
//!
//! | key | holds | written |
//! |---|---|---|
//! | `inc-…` | the head: all attributes of an [`Incident`](crate::Incident), with its first failure | when its state changes |
//! | `inc-…#tally` | the [`Tally`](crate::tally::Tally): count and latest failure, at most 1 KB | with each batch of failures |
//! | `inc-…#timeline` | the [`LaterEntries`](crate::timeline::LaterEntries) of its history | after the first ten entries |
//! | `inc-…#analysis` | its [`Analysis`](crate::Analysis) | when an alert about it goes out |
//!
//! The handler's helper items have keys of their own kind (`event#…`, `open#…`, `trouble#…`, `alarm-of-function#…`,
//! `pending#…`, `budget#…`, `function#…`, `function-snapshots`, `trail`, `silences`, `calendar`) and no attribute of an index
//! key, so no index shows them.

/// Partition key of the table.
pub const INCIDENT_ID: &str = "incident_id";
/// Attribute of every item: the version of its format. An item without it is of [`FIRST_RECORD_VERSION`]. It increases
/// when older versions would misread an item; a new attribute or a new value of an enumeration alone does not count.
pub const RECORD_VERSION: &str = "record_version";
/// The version of items without [`RECORD_VERSION`].
pub const FIRST_RECORD_VERSION: u64 = 1;
/// The version that this program writes: since 2 the count of an incident is the sum of head and tally.
pub const CURRENT_RECORD_VERSION: u64 = 2;

/// Attribute of every head: the month in which the incident was created, `2026-11`. Partition key of
/// [`INDEX_BY_MONTH`]: a constant one would limit all readers together to the throughput of one partition.
pub const MONTH: &str = "month";
/// Index of all incidents by month and time of creation: `month`, `created_at`. It has what lists and statistics
/// filter and group by, and never changes when a failure is counted.
pub const INDEX_BY_MONTH: &str = "by-month";
/// Attribute of a head that is unresolved, or has a notice due: the name of its severity. Partition key of
/// [`INDEX_DUE`], so that the worst can be read first.
pub const DUE_QUEUE: &str = "due_queue";
/// Attribute of a head: when it is due, in seconds since 1970.
pub const DUE_AT: &str = "due_at";
/// The value of [`DUE_AT`] of an unresolved incident with nothing to come: 9999-12-31T23:59:59Z.
pub const NEVER_DUE: i64 = 253_402_300_799;
/// Index of what needs attention by severity and time: `due_queue`, `due_at`. The outbox, and all unresolved incidents.
pub const INDEX_DUE: &str = "due";
/// Attribute of a head: when it was first acknowledged, RFC 3339 in UTC.
pub const ACKNOWLEDGED_AT: &str = "acknowledged_at";
/// Attribute of a head: when it was resolved, RFC 3339 in UTC.
pub const RESOLVED_AT: &str = "resolved_at";
/// Key of the item that lists the months with incidents.
pub const CALENDAR: &str = "calendar";
/// String set of [`CALENDAR`]: the months with incidents.
pub const MONTHS: &str = "months";

/// Attribute of every head, for versions that read [`FORMER_INDEX_BY_CREATED`]: always [`RECORD_TYPE_INCIDENT`].
pub const RECORD_TYPE: &str = "record_type";
/// The value of [`RECORD_TYPE`].
pub const RECORD_TYPE_INCIDENT: &str = "incident";
/// Former index of all incidents by time of creation: `record_type`, `created_at`. While a table still has it, it shows
/// incidents that have no [`MONTH`] yet.
pub const FORMER_INDEX_BY_CREATED: &str = "by-created";
/// Former index of incidents in one status: `status`, `last_seen_at`.
pub const FORMER_INDEX_BY_STATUS: &str = "by-status";
/// Former index of the incidents that are due: `record_type`, `due_at`.
pub const FORMER_INDEX_BY_DUE: &str = "by-due";

/// Key of the item with all silences: `silences` is the list, `version` increases with every change.
pub const SILENCES: &str = "silences";
/// Time-to-live attribute of helper items, in seconds since 1970.
pub const EXPIRES_AT: &str = "expires_at";
/// Key of the self-check's item.
pub const SELF_CHECK: &str = "self-check";

/// The month of a time in RFC 3339, the value of [`MONTH`].
pub fn month_of(created_at: &str) -> String {
    created_at.chars().take("2026-11".len()).collect()
}

/// Key of the item with an incident's count and latest failure.
pub fn tally_key(incident_id: &str) -> String {
    format!("{incident_id}#tally")
}

/// Key of the item with the later entries of an incident's timeline.
pub fn timeline_key(incident_id: &str) -> String {
    format!("{incident_id}#timeline")
}

/// Key of the item with an incident's analysis. The head has its `cause` and `confidence`, which the index shows.
pub fn analysis_key(incident_id: &str) -> String {
    format!("{incident_id}#analysis")
}

/// Attribute of the item of [`analysis_key`]: who made the suspected change according to CloudTrail, such as `role/ci`; empty
/// if CloudTrail has no such change. An analysis without it may still be asked about.
pub const WHO: &str = "who";
/// Key of the item that reserves CloudTrail for one sweep.
pub const TRAIL: &str = "trail";

/// Key of the item with what the sweep knows of a function of the stack's account and region.
pub fn function_key(function: &str) -> String {
    format!("function#{function}")
}

/// Key of the item with the round of snapshots: what its next page is. Every function that existed at its `complete_since`,
/// in seconds since 1970, was seen at that time or later; its aliases and reserved concurrency at `beside.complete_since` or later.
pub const FUNCTION_SNAPSHOTS: &str = "function-snapshots";

/// Where a failure occurred: part of every key that is about a resource, because names repeat in other accounts and
/// regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Account, twelve digits; empty when unknown.
    pub account: &'a str,
    /// Region; empty when unknown.
    pub region: &'a str,
}

/// Key of an event's marker, which prevents its redelivery from being counted.
pub fn event_key(event_id: &str) -> String {
    format!("event#{event_id}")
}

/// Key of the item that points from a fingerprint to its unresolved incident.
pub fn open_key(place: Place<'_>, fingerprint: &str) -> String {
    format!("open#{}#{}#{fingerprint}", place.account, place.region)
}

/// Key of the item that points from a trouble, usually a resource, to its newest incident. A recovery finds its
/// incident by it, and a second report of one failure (an alarm on a function's errors) the first.
pub fn trouble_key(place: Place<'_>, source: &str, trouble: &str) -> String {
    format!("trouble#{}#{}#{source}#{trouble}", place.account, place.region)
}

/// Key of the item that points from a function to the incident of an alarm on its errors, so that the failure that
/// raised the alarm, which AWS reports minutes later, finds it.
pub fn alarm_of_function_key(place: Place<'_>, function: &str) -> String {
    format!("alarm-of-function#{}#{}#{function}", place.account, place.region)
}

/// Keys of version 1, without the place. They are read when there is no item with the key of today.
pub mod former {
    /// See [`open_key`](super::open_key).
    pub fn open_key(fingerprint: &str) -> String {
        format!("open#{fingerprint}")
    }

    /// See [`trouble_key`](super::trouble_key).
    pub fn trouble_key(source: &str, trouble: &str) -> String {
        format!("open-resource#{source}#{trouble}")
    }

    /// See [`alarm_of_function_key`](super::alarm_of_function_key).
    pub fn alarm_of_function_key(function: &str) -> String {
        format!("alarm-of-function#{function}")
    }
}

/// Key of the item with the times of a budget's latest mails.
pub fn budget_key(budget: &str) -> String {
    format!("budget#{budget}")
}

/// Key of the item that records since when an address is unconfirmed.
pub fn pending_key(address: &str) -> String {
    format!("pending#{}", address.to_lowercase())
}

/// Key of the item with what the handler knows of all functions' metrics between sweeps.
pub const FUNCTION_WATCH: &str = "function-watch";

/// Key of the item that counts the queries of a month, such as `2026-11`, for which functions fail: `metrics_read` by them
/// read, `asked_at` and `next_at` in seconds since 1970, and `budget_cents`.
pub fn query_budget_key(month: &str) -> String {
    format!("function-queries#{month}")
}
