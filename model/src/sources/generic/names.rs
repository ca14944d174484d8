//! What the words in the names of fields tell about their values.

/// Last words of the names of fields that hold a status.
pub(super) const STATUS: &[&str] =
    &["status", "state", "result", "outcome", "conclusion", "event", "condition", "category"];
/// What a field named `type` or `name` has to be the type or name of, to be a status.
pub(super) const OF_EVENT: &[&str] =
    &["event", "status", "state", "compliance", "notification", "finding", "alert", "message"];
/// Words of the names of fields that speak of something else than what just happened.
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
/// Words of the names of fields that speak of errors to come: `maxErrors`, `actionOnFailure`, `errorTopic`.
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
/// What may follow the word `error` in the name of a field that tells of one.
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
/// Names of flags that are false when something failed.
pub(super) const WELL: &[&str] = &["success", "succeeded", "successful", "ok", "healthy", "passed"];
/// Words of the names of fields that name what is wrong with a resource: `alarm_id`, `alertType`, `configRuleName`.
pub(super) const ASPECT: &[&str] =
    &["alarm", "alert", "check", "finding", "insight", "issue", "problem", "resource", "rule"];
/// Last words of the names of fields that name something.
pub(super) const NAMING: &[&str] = &["arn", "id", "identifier", "name", "type"];
