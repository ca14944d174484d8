//! The meaning of AWS services' status words. They share a vocabulary but not its spelling: `FAILED`, `Failed`,
//! `TIMED_OUT`, `TimedOut`, `COMPLETED_WITH_ERRORS`, `Unsuccessful`.

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Failed,
    /// Ended by a user or superseded.
    Stopped,
    Succeeded,
    Underway,
    Unknown,
}

const FAILED: &[&str] = &[
    "abandoned",
    "aborted",
    "alarm",
    "blocked",
    "breach",
    "breached",
    "broken",
    "corrupt",
    "corrupted",
    "crash",
    "crashed",
    "deactivated",
    "degraded",
    "denied",
    "drifted",
    "err",
    "error",
    "errored",
    "errors",
    "evicted",
    "exceeded",
    "exception",
    "exhausted",
    "expiration",
    "expired",
    "fail",
    "failed",
    "failing",
    "fails",
    "failure",
    "failures",
    "fatal",
    "fault",
    "faulted",
    "impaired",
    "inaccessible",
    "incompatible",
    "interrupted",
    "invalid",
    "killed",
    "lost",
    "missed",
    "noncompliant",
    "oom",
    "oomkilled",
    "panic",
    "panicked",
    "quarantined",
    "rejected",
    "revoked",
    "rollback",
    "severe",
    "stalled",
    "stuck",
    "threat",
    "threats",
    "timedout",
    "timeout",
    "unavailable",
    "undeliverable",
    "undelivered",
    "unhealthy",
    "unreachable",
    "unsuccessful",
    "violation",
];
const STOPPED: &[&str] = &[
    "canceled",
    "cancelled",
    "cancelling",
    "disabled",
    "paused",
    "skipped",
    "stop",
    "stopped",
    "stopping",
    "superseded",
    "terminated",
    "terminating",
    "withdrawn",
];
const SUCCEEDED: &[&str] = &[
    "active",
    "available",
    "cleared",
    "closed",
    "complete",
    "completed",
    "compliant",
    "done",
    "enabled",
    "finished",
    "healthy",
    "ok",
    "passed",
    "ready",
    "recovered",
    "resolved",
    "steady",
    "succeed",
    "succeeded",
    "success",
    "successful",
    "successfully",
];
const UNDERWAY: &[&str] = &[
    "accepted",
    "building",
    "created",
    "creating",
    "deleting",
    "initiated",
    "inprogress",
    "pending",
    "preparing",
    "processing",
    "progress",
    "progressing",
    "provisioning",
    "queued",
    "ready",
    "resumed",
    "retry",
    "retrying",
    "runnable",
    "running",
    "scheduled",
    "start",
    "started",
    "starting",
    "submitted",
    "updating",
    "waiting",
];

/// Words that mean a failure as a whole status, but not in a phrase: `SCALE_DOWN`, `critical path`.
const FAILED_ALONE: &[&str] = &["critical", "down", "emergency", "red"];

/// Judges a status or a phrase by its words. A failing word wins over the others: `ROLLBACK_COMPLETE` is a failure.
pub(crate) fn verdict(status: &str) -> Verdict {
    let words = words(after_change(status));
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let is_failed_alone = matches!(words.as_slice(), [only] if FAILED_ALONE.contains(&only.as_str()));
    if is_failed_alone || has_failure(&words) {
        Verdict::Failed
    } else if has(STOPPED) {
        Verdict::Stopped
    } else if has(UNDERWAY) {
        Verdict::Underway
    } else if has(SUCCEEDED) {
        Verdict::Succeeded
    } else {
        Verdict::Unknown
    }
}

/// The state after a change: `Severe` of `health has transitioned from Ok to Severe`.
fn after_change(status: &str) -> &str {
    let change = status.split_once(" from ").and_then(|(_, change)| change.split_once(" to "));
    change.map_or(status, |(_, end)| end)
}

/// Two words that mean a failure together.
const FAILED_PAIRS: &[(&str, &str)] = &[
    ("action", "required"),
    ("non", "compliant"),
    ("not", "available"),
    ("not", "compliant"),
    ("not", "healthy"),
    ("not", "responding"),
    ("of", "memory"),
    ("of", "service"),
    ("rolled", "back"),
    ("rolling", "back"),
    ("timed", "out"),
    ("unable", "to"),
];

/// A failing word without a negation, or a failing pair.
fn has_failure(words: &[String]) -> bool {
    let mut before = ["", ""];
    for word in words.iter().map(String::as_str) {
        let [second, first] = before;
        let none = |word: &str| matches!(word, "no" | "without" | "zero" | "0");
        let negated = none(second) || none(first) || first == "not";
        if FAILED_PAIRS.contains(&(first, word)) || (!negated && FAILED.contains(&word)) {
            return true;
        }
        before = [first, word];
    }
    false
}

/// The words of a phrase or an identifier in lower case: splits at punctuation and at `camelCase` humps.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut after_lower = false;
    for character in text.chars() {
        let starts_hump = character.is_uppercase() && after_lower;
        if (starts_hump || !character.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_mean_what_aws_means() {
        for (status, expected) in [
            ("FAILED", Verdict::Failed),
            ("TIMED_OUT", Verdict::Failed),
            ("TimedOut", Verdict::Failed),
            ("UPDATE_ROLLBACK_COMPLETE", Verdict::Failed),
            ("TERMINATED_WITH_ERRORS", Verdict::Failed),
            ("non_compliant", Verdict::Failed),
            ("EC2 Instance Launch Unsuccessful", Verdict::Failed),
            ("COMPLETED_WITHOUT_ERRORS", Verdict::Succeeded),
            ("NO_ERROR", Verdict::Unknown),
            ("Success", Verdict::Succeeded),
            ("IN_PROGRESS", Verdict::Underway),
            ("STOPPING", Verdict::Stopped),
            ("CREATE_COMPLETE", Verdict::Succeeded),
            ("OutOfService", Verdict::Failed),
            ("DOWN", Verdict::Failed),
            ("SCALE_DOWN", Verdict::Unknown),
            ("0 failed", Verdict::Unknown),
            ("completed with no new errors", Verdict::Succeeded),
            ("health has transitioned from Ok to Severe", Verdict::Failed),
            ("health has transitioned from Severe to Ok", Verdict::Succeeded),
            ("Delivery Timed Out", Verdict::Failed),
            ("RETRYING", Verdict::Underway),
        ] {
            assert_eq!(verdict(status), expected, "{status}");
        }
    }
}
