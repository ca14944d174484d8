//! When two incidents are about the same trouble: the alarm that counts the errors of a function and the failure with the
//! cause; a composite alarm and one that turned it on.

use crate::incident::{Incident, Status};
use crate::time::seconds_of;

/// Maximum distance, in seconds, between an alarm and the failure that raised it. An error counts in the minute of its
/// invocation; a failure is reported after its retries, three minutes later.
const WITHIN_SECONDS: i64 = 10 * 60;
/// How long, in seconds, a mail in flight counts as sent.
const UNDERWAY_SECONDS: i64 = 60;

/// Whether a failure makes the alarm on its function's errors redundant.
pub fn explains(cause: &Incident, alarm: &Incident, now: i64) -> bool {
    cause.source == "lambda" && says_enough(cause, alarm, now)
}

/// Whether an alarm makes another one redundant, of which one is composite and names the other.
pub fn stands_for(reported: &Incident, other: &Incident, now: i64) -> bool {
    [reported, other].into_iter().all(|incident| incident.source == "cloudwatch") && says_enough(reported, other, now)
}

/// Both are recent and unacknowledged, and the cause is at least as severe, not a drill, and mailed now.
fn says_enough(cause: &Incident, alarm: &Incident, now: i64) -> bool {
    let is_recent =
        |incident: &Incident| seconds_of(&incident.last_seen_at).is_some_and(|at| (now - at).abs() <= WITHIN_SECONDS);
    let is_reported = cause.silenced_by.is_none()
        && (cause.notified_at.is_some() || cause.due_at.is_some_and(|at| at <= now + UNDERWAY_SECONDS));
    cause.drill.is_none()
        && cause.severity >= alarm.severity
        && [cause, alarm].into_iter().all(|incident| incident.status == Status::Open && is_recent(incident))
        && is_reported
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Severity, classify, rules::Rules, time::rfc3339};

    const NOW: i64 = 1_800_000_000;

    fn incident(severity: Severity) -> Result<Incident, Box<dyn std::error::Error>> {
        let failure = json!({
            "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
            "detail": {"requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:1:function:orders"}},
        });
        let seen = classify(&failure, &Rules::defaults()?)?;
        let incident = seen[0].incident("inc-1".to_owned(), rfc3339(NOW)).ok_or("no failure")?;
        Ok(Incident { severity, notified_at: Some(rfc3339(NOW)), ..incident })
    }

    #[test]
    fn a_failure_explains_an_alarm_only_without_loss_of_information() -> Result<(), Box<dyn std::error::Error>> {
        let ago = |seconds: i64| rfc3339(NOW - seconds);
        let alarm = Incident { source: "cloudwatch".to_owned(), ..incident(Severity::High)? };
        let cause = incident(Severity::High)?;
        let held_back = Incident { notified_at: None, due_at: Some(NOW + 1800), ..cause.clone() };
        for (what, cause, expected) in [
            ("the same", cause.clone(), true),
            ("worse", incident(Severity::Critical)?, true),
            ("three minutes ago", Incident { last_seen_at: ago(180), ..cause.clone() }, true),
            ("on its way", Incident { due_at: Some(NOW + 30), ..held_back.clone() }, true),
            ("less severe", incident(Severity::Medium)?, false),
            ("hours ago", Incident { last_seen_at: ago(36_000), ..cause.clone() }, false),
            ("acknowledged", Incident { status: Status::Acknowledged, ..cause.clone() }, false),
            ("resolved", Incident { status: Status::Resolved, ..cause.clone() }, false),
            ("a drill", Incident { drill: Some("d".to_owned()), ..cause.clone() }, false),
            ("silenced", Incident { silenced_by: Some("sil-1".to_owned()), ..cause.clone() }, false),
            ("held back", held_back, false),
            ("something else", Incident { source: "ecs".to_owned(), ..cause.clone() }, false),
        ] {
            assert_eq!(explains(&cause, &alarm, NOW), expected, "{what}");
        }
        let composite = Incident { source: "cloudwatch".to_owned(), ..cause.clone() };
        assert!(stands_for(&composite, &alarm, NOW) && !explains(&composite, &alarm, NOW));
        assert!(!stands_for(&cause, &alarm, NOW), "a failure is no alarm");
        let lower = Incident { severity: Severity::Low, ..composite.clone() };
        assert!(!stands_for(&lower, &alarm, NOW), "less severe");
        for (what, alarm) in [
            ("old", Incident { last_seen_at: ago(36_000), ..alarm.clone() }),
            ("taken", Incident { status: Status::Acknowledged, ..alarm.clone() }),
        ] {
            assert!(!explains(&cause, &alarm, NOW), "{what}");
        }
        Ok(())
    }
}
