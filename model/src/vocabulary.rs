//! What AWS's services mean by their status words. They share a vocabulary but no spelling: `FAILED`, `Failed`,
//! `TIMED_OUT`, `TimedOut`, `COMPLETED_WITH_ERRORS`, `Unsuccessful`.

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Failed,
    /// Ended by a person or by something newer.
    Stopped,
    Succeeded,
    Underway,
    Unknown,
}

const FAILED: &[&str] = &[
    "abandoned",
    "aborted",
    "alarm",
    "broken",
    "corrupt",
    "corrupted",
    "crash",
    "crashed",
    "degraded",
    "denied",
    "deactivated",
    "drifted",
    "err",
    "error",
    "errored",
    "errors",
    "exceeded",
    "exception",
    "exhausted",
    "expired",
    "expiration",
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
    "incompatible",
    "inaccessible",
    "interrupted",
    "killed",
    "lost",
    "noncompliant",
    "panic",
    "panicked",
    "quarantined",
    "rejected",
    "rollback",
    "threat",
    "threats",
    "timedout",
    "timeout",
    "unavailable",
    "undeliverable",
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
    "skipped",
    "stopped",
    "stopping",
    "superseded",
    "terminated",
    "terminating",
    "paused",
];
const SUCCEEDED: &[&str] = &[
    "active",
    "available",
    "closed",
    "complete",
    "completed",
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
    "compliant",
];
const UNDERWAY: &[&str] = &[
    "accepted",
    "building",
    "created",
    "creating",
    "deleting",
    "initiated",
    "pending",
    "preparing",
    "progress",
    "provisioning",
    "queued",
    "ready",
    "resumed",
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

/// Judges a status or a phrase by its words. A failing word wins over the others: `ROLLBACK_COMPLETE` is a failure.
pub(crate) fn verdict(status: &str) -> Verdict {
    let words = words(status);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if has_failure(&words) {
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

/// A failing word that is not negated, or one of the failing pairs.
fn has_failure(words: &[String]) -> bool {
    let mut previous = "";
    for word in words {
        let pair = matches!(
            (previous, word.as_str()),
            ("timed", "out") | ("non", "compliant") | ("not", "compliant") | ("rolled", "back") | ("rolling", "back")
        );
        let negated = matches!(previous, "no" | "not" | "without" | "zero" | "0");
        if pair || (!negated && FAILED.contains(&word.as_str())) {
            return true;
        }
        previous = word;
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
        ] {
            assert_eq!(verdict(status), expected, "{status}");
        }
    }
}
