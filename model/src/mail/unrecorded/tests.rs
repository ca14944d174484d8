#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::mail::MAX_BODY;

fn incident(number: usize, severity: &str, failures: u64) -> Incident {
    serde_json::from_value(serde_json::json!({
        "incident_id": "", "status": "open", "severity": severity, "summary": format!("orders-{number} timed out"),
        "recommendation": "Raise the timeout. It is 3 s.", "created_at": format!("2026-01-01T00:00:{:02}Z", number % 60),
        "last_seen_at": "2026-01-01T01:00:00Z", "occurrences": failures, "fingerprint": format!("v1:{number}"),
        "source": "lambda", "resource": format!("orders-{number}"), "account": "111111111111", "region": "eu-west-1",
        "error_type": "Sandbox.Timedout", "error_message": "Task timed out", "request_id": "r", "rule": "lambda-timeout",
        "notices": 0,
    }))
    .unwrap()
}

#[test]
fn a_mail_says_what_fails_and_where_it_is_kept() {
    let (worst, other) = (incident(1, "CRITICAL", 1), incident(2, "LOW", 11));
    let failures = [Unrecorded { incident: &worst, is_kept: true }, Unrecorded { incident: &other, is_kept: false }];
    let why = "the incident table cannot be used: AccessDeniedException: denied, password=hunter2hunter2";
    let mail = not_recorded(&failures, why, "devops");
    assert_eq!(mail.subject, "NOT RECORDED: 12 failures (1 CRITICAL, 11 LOW): orders-1 timed out");
    insta::assert_snapshot!(mail.body, @r#"
    What:      12 failures (1 CRITICAL, 11 LOW) cannot be recorded
    Where:     orders-1, orders-2
    Since:     2026-01-01T00:00:01Z
    How often: 12 failures with 2 fingerprints
    Do this:   make the incident table usable again.

    NOT RECORDED: those marked `in this mail only` are kept nowhere else; the others are kept in the queue of events, and are recorded when the table can be used again.

    The table says:
    > Error:   the incident table cannot be used: AccessDeniedException: denied, password=[redacted]

    CRITICAL - "orders-1 timed out"
      lambda orders-1, account 111111111111, region eu-west-1, since 2026-01-01T00:00:01Z, once so far
      Do this: Raise the timeout.
      Request: r

    LOW - "orders-2 timed out"
      lambda orders-2, account 111111111111, region eu-west-1, since 2026-01-01T00:00:02Z, 11 times, last at 2026-01-01T01:00:00Z, in this mail only
      Do this: Raise the timeout.
      Request: r

    To see the state of the alert path:
      incidentctl status --stack devops
    "#);
}

#[test]
fn more_than_fifty_are_folded_into_numbers() {
    let incidents: Vec<Incident> =
        (0..1_000).map(|number| incident(number, if number < 60 { "HIGH" } else { "LOW" }, 2)).collect();
    let failures: Vec<_> = incidents.iter().map(|incident| Unrecorded { incident, is_kept: true }).collect();
    let body = not_recorded(&failures, "gone", "devops").body;
    assert_eq!(body.lines().filter(|line| line.starts_with("HIGH - ")).count(), MOST_LISTED);
    assert!(body.contains("\nand 950 more (20 HIGH, 1880 LOW)\n") && !body.contains("LOW - "), "{body}");
    let exactly = not_recorded(&failures[..MOST_LISTED], "gone", "devops").body;
    assert!(!exactly.contains("more ("), "{exactly}");
}

proptest! {
    #[test]
    fn every_mail_is_one_that_sns_takes(summary in "(?s).{0,300}", why in "(?s).{0,300}", number in 1_usize..60) {
        let incidents: Vec<Incident> =
            (0..number).map(|at| Incident { summary: summary.clone(), ..incident(at, "HIGH", 1) }).collect();
        let failures: Vec<_> = incidents.iter().map(|incident| Unrecorded { incident, is_kept: true }).collect();
        let Mail { subject, body } = not_recorded(&failures, &why, "devops");
        prop_assert!(subject.len() <= MAX_SUBJECT && subject.chars().all(|one| (' '..='~').contains(&one)));
        prop_assert!(body.len() <= MAX_BODY && body.chars().all(|one| one == '\n' || !one.is_control()));
    }
}
