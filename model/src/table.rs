//! The incident table: names that the template, the handler and the command line share.
//!
//! One table holds the incidents and the handler's helper items. Helper items have keys of their own kind (`event#…`,
//! `open#…`, `open-resource#…`, `alarm-of-function#…`, `pending#…`, `budget#…`, `silences`), expire by [`EXPIRES_AT`],
//! and lack [`RECORD_TYPE`], so no index shows them.

/// Partition key of the table.
pub const INCIDENT_ID: &str = "incident_id";
/// Attribute of every item: the version of its format. An item without it is of [`FIRST_RECORD_VERSION`]. It increases
/// when older versions would misread an item; a new attribute or a new value of an enumeration alone does not count.
pub const RECORD_VERSION: &str = "record_version";
/// The version of items without [`RECORD_VERSION`].
pub const FIRST_RECORD_VERSION: u64 = 1;
/// The version that this program writes.
pub const CURRENT_RECORD_VERSION: u64 = 1;
/// Attribute that every incident has with the value [`RECORD_TYPE_INCIDENT`]; partition key of [`INDEX_BY_CREATED`].
pub const RECORD_TYPE: &str = "record_type";
/// The value of [`RECORD_TYPE`].
pub const RECORD_TYPE_INCIDENT: &str = "incident";
/// Index of all incidents by time of creation: `record_type`, `created_at`.
pub const INDEX_BY_CREATED: &str = "by-created";
/// Index of incidents in one status by the time of the newest failure: `status`, `last_seen_at`.
pub const INDEX_BY_STATUS: &str = "by-status";
/// Key of the item that points from a function to the incident of an alarm on its errors, so that the failure that
/// raised the alarm, which AWS reports minutes later, finds it.
pub fn alarm_of_function_key(function: &str) -> String {
    format!("alarm-of-function#{function}")
}

/// Index of the incidents that are due, by time: `record_type`, `due_at`. The outbox.
pub const INDEX_BY_DUE: &str = "by-due";
/// Key of the item with all silences: `silences` is the list, `version` increases with every change.
pub const SILENCES: &str = "silences";
/// Time-to-live attribute of helper items, in seconds since 1970.
pub const EXPIRES_AT: &str = "expires_at";

/// Key of an event's marker, which prevents its redelivery from being counted.
pub fn event_key(event_id: &str) -> String {
    format!("event#{event_id}")
}

/// Key of the item that points from a fingerprint to its unresolved incident.
pub fn open_key(fingerprint: &str) -> String {
    format!("open#{fingerprint}")
}

/// Key of the item that points from a trouble, usually a resource, to its newest incident. A recovery finds its
/// incident by it, and a second report of one failure (an alarm on a function's errors) the first.
pub fn trouble_key(source: &str, trouble: &str) -> String {
    format!("open-resource#{source}#{trouble}")
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

/// Key of the self-check's item.
pub const SELF_CHECK: &str = "self-check";
