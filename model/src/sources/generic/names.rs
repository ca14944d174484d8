//! The meaning of words in field names.

/// Last words in the names of status fields.
pub(super) const STATUS: &[&str] =
    &["status", "state", "result", "outcome", "conclusion", "event", "condition", "category"];
/// Words that make a field named `type` or `name` a status.
pub(super) const OF_EVENT: &[&str] =
    &["event", "status", "state", "compliance", "notification", "finding", "alert", "message"];
/// Words in the names of fields that do not describe this event.
pub(super) const BESIDE: &[&str] = &[
    "attempts",
    "configuration",
    "desired",
    "environment",
    "expected",
    "filter",
    "from",
    "history",
    "input",
    "labels",
    "last",
    "old",
    "parameters",
    "policy",
    "previous",
    "prior",
    "request",
    "retries",
    "schema",
    "tags",
    "template",
];
/// Words in the names of fields about potential errors: `maxErrors`, `actionOnFailure`, `errorTopic`.
pub(super) const NOT_YET: &[&str] = &[
    "action",
    "allowed",
    "handler",
    "ignore",
    "ignored",
    "limit",
    "max",
    "maximum",
    "no",
    "non",
    "notify",
    "on",
    "retry",
    "threshold",
    "tolerated",
    "without",
];
/// Words that may follow `error` in the name of an error field.
pub(super) const OF_ERROR: &[&str] = &[
    "cause",
    "class",
    "code",
    "codes",
    "count",
    "description",
    "detail",
    "details",
    "id",
    "info",
    "information",
    "kind",
    "list",
    "message",
    "messages",
    "name",
    "reason",
    "reasons",
    "text",
    "type",
];
/// Names of booleans that are false after a failure.
pub(super) const WELL: &[&str] = &["success", "succeeded", "successful", "ok", "healthy", "passed"];
/// Words in the names of fields that identify a problem of a resource: `alarm_id`, `alertType`, `configRuleName`.
pub(super) const ASPECT: &[&str] =
    &["alarm", "alert", "check", "finding", "insight", "issue", "problem", "resource", "rule"];
/// Last words in the names of naming fields.
pub(super) const NAMING: &[&str] = &["arn", "id", "identifier", "name", "type"];
