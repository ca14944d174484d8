#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::{Severity, TimelineEntry};

/// The required fields of a record, and a notice.
fn incident(summary: &str, region: &str) -> Incident {
    serde_json::from_value(serde_json::json!({
        "incident_id": "inc-0190a1b2-0000-7000-8000-0123456789ab", "status": "open", "severity": "HIGH",
        "summary": summary, "recommendation": "Raise the timeout.", "created_at": "2026-01-01T00:00:00Z",
        "last_seen_at": "2026-01-01T00:00:00Z", "occurrences": 1, "fingerprint": "v1:00", "source": "lambda",
        "resource": "orders", "account": "111111111111", "region": region, "error_type": "Sandbox.Timedout",
        "error_message": "Task timed out\nafter 1.00 seconds", "request_id": "r", "rule": "lambda-timeout", "notices": 1,
    }))
    .unwrap()
}

const NOTICE: Notice<'_> = Notice { number: 1, reason: Reason::Opened, stack: "devops" };

#[test]
fn the_first_five_lines_say_all_that_matters() {
    insta::assert_snapshot!(body(&incident("orders timed out", "eu-west-1"), &NOTICE), @r#"
    What:      HIGH - "orders timed out"
    Where:     lambda orders, account 111111111111, region eu-west-1
    Since:     2026-01-01T00:00:00Z
    How often: once so far
    Do this:   Raise the timeout.

    Incident:  inc-0190a1b2-0000-7000-8000-0123456789ab (notice 1)
    Severity:  HIGH by rule lambda-timeout

    The event says:
    > Error:   Sandbox.Timedout
    > Message: Task timed out
    >          after 1.00 seconds
    > Request: r

    Log group: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Forders/log-events$3Fstart$3D1767224400000$26end$3D1767225900000
    Function: https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/orders?tab=monitoring

    To acknowledge it:
      incidentctl incidents ack inc-0190a1b2-0000-7000-8000-0123456789ab --stack devops
    To see all details:
      incidentctl incidents show inc-0190a1b2-0000-7000-8000-0123456789ab --stack devops
    "#);
}

#[test]
fn the_fifth_line_is_one_sentence_and_the_whole_advice_follows() {
    let advice = "Read `v1.2 notes` in /aws/lambda/orders: was it 3.5 s? Raise the Timeout setting. It is 3 s.";
    let written = Incident { recommendation: advice.to_owned(), ..incident("s", "eu-west-1") };
    let text = body(&written, &NOTICE);
    let lines: Vec<&str> = text.lines().skip(4).take(4).collect();
    assert_eq!(lines[0], "Do this:   Read `v1.2 notes` in /aws/lambda/orders: was it 3.5 s?");
    assert_eq!(lines[1..], ["", format!("In full:   {advice}").as_str(), ""]);
    assert!(!body(&incident("s", "eu-west-1"), &NOTICE).contains("In full"), "one sentence is not said twice");
}

#[test]
fn links_lead_into_the_partition_of_the_region() {
    for (region, host) in [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
    ] {
        assert!(body(&incident("s", region), &NOTICE).contains(host), "{region}");
    }
    assert!(!body(&incident("s", ""), &NOTICE).contains("https://"));
}

proptest! {
    #[test]
    fn every_subject_is_one_that_sns_takes(summary in "(?s).{0,200}", number: u64) {
        let subject = subject(&incident(&summary, "eu-west-1"), &Notice { number, ..NOTICE });
        prop_assert!(subject.len() <= MAX_SUBJECT && !subject.is_empty() && !subject.starts_with(' '));
        prop_assert!(subject.chars().all(|character| (' '..='~').contains(&character)), "{:?}", subject);
    }

    #[test]
    fn no_control_character_gets_into_a_body(summary in "(?s).{0,100}") {
        let body = body(&incident(&summary, "eu-west-1"), &NOTICE);
        prop_assert!(body.chars().all(|character| character == '\n' || !character.is_control()));
    }
}

#[test]
fn each_reason_says_why_the_mail_comes() {
    let flapping = Incident {
        recent_changes: vec![1, 2, 3],
        previous_incident_id: Some("inc-0".to_owned()),
        timeline: vec![TimelineEntry { at: "2026-01-01T01:00:00Z".to_owned(), what: "recovered".to_owned() }],
        ..incident("orders timed out", "eu-west-1")
    };
    let written =
        [Reason::Opened, Reason::Flapping, Reason::Escalated, Reason::Reminder, Reason::Recovered].map(|reason| {
            let Mail { subject, body } = about(&flapping, &Notice { reason, ..NOTICE });
            let lines: Vec<&str> = body.lines().filter(|line| !line.starts_with("In full")).skip(2).take(6).collect();
            format!("{subject}\n{}\n", lines.join("\n"))
        });
    insta::assert_snapshot!(written.join("\n"), @r"
    [HIGH] orders timed out (456789ab #1)
    Since:     2026-01-01T00:00:00Z
    How often: once so far
    Do this:   Raise the timeout.

    It recurred; the previous incident is inc-0.


    [HIGH] FLAPPING: orders timed out (456789ab #1)
    Since:     2026-01-01T00:00:00Z
    How often: once so far
    Do this:   Raise the timeout.

    FLAPPING: it began and ended 2 times within 30 minutes. The next mail follows when the state has been stable for that long.
    It recurred; the previous incident is inc-0.

    [HIGH] ESCALATED: orders timed out (456789ab #1)
    Since:     2026-01-01T00:00:00Z
    How often: once so far
    Do this:   Raise the timeout.

    ESCALATED: it is HIGH now; it was lower in the previous mail.
    It recurred; the previous incident is inc-0.

    [HIGH] REMINDER: orders timed out (456789ab #1)
    Since:     2026-01-01T00:00:00Z
    How often: once so far
    Do this:   Raise the timeout.

    REMINDER: unacknowledged since 2026-01-01T00:00:00Z.
    It recurred; the previous incident is inc-0.

    [RECOVERED] orders timed out (456789ab #1)
    Since:     2026-01-01T00:00:00Z, over at 2026-01-01T01:00:00Z
    How often: once so far
    Do this:   nothing; the incident is resolved.

    Incident:  inc-0190a1b2-0000-7000-8000-0123456789ab (notice 1)
    Details:   incidentctl incidents show inc-0190a1b2-0000-7000-8000-0123456789ab --stack devops
    ");
}

#[test]
fn a_digest_begins_with_the_worst() {
    let low = Incident {
        severity: Severity::Low,
        occurrences: 7,
        due: Some(Reason::Reminder),
        incident_id: "inc-2".to_owned(),
        ..incident("alarm cpu was deleted", "eu-west-1")
    };
    let mail = digest(&[low, incident("orders timed out", "eu-west-1")], "devops");
    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.body), @r#"
    [DIGEST] 2 incidents (1 HIGH, 1 LOW): orders timed out

    What:      2 incidents (1 HIGH, 1 LOW)
    Where:     orders
    Since:     2026-01-01T00:00:00Z
    How often: 8 failures in all
    Do this:   start with the first below; they are sorted by severity.

    The mail limit per minute was reached, so this mail covers all of the following incidents.

    HIGH - "orders timed out"
      lambda orders, account 111111111111, region eu-west-1, since 2026-01-01T00:00:00Z, once so far
      Do this: Raise the timeout.
      inc-0190a1b2-0000-7000-8000-0123456789ab (notice 1)

    LOW reminder - "alarm cpu was deleted"
      lambda orders, account 111111111111, region eu-west-1, since 2026-01-01T00:00:00Z, 7 times, last at 2026-01-01T00:00:00Z
      Do this: Raise the timeout.
      inc-2 (notice 1)

    To see them all:
      incidentctl incidents list --stack devops
    "#);
}

#[test]
fn the_end_of_a_silence_says_what_it_hid() {
    let silence = crate::Silence {
        silence_id: "sil-1".to_owned(),
        by: "ada".to_owned(),
        reason: "maintenance".to_owned(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        until: "2026-01-01T02:00:00Z".to_owned(),
        pattern: serde_json::json!({}),
    };
    let over = Incident { due: Some(Reason::Recovered), ..incident("orders timed out", "eu-west-1") };
    let mail = silence_ended("sil-1", Some(&silence), std::slice::from_ref(&over), "devops");
    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.body), @r#"
    [SILENCE ENDED] 1 incident (1 HIGH): orders timed out

    What:      a silence ended; it hid 1 incident (1 HIGH)
    Where:     orders
    Since:     2026-01-01T00:00:00Z
    How often: one failure in all
    Do this:   nothing; all of them are resolved.

    The silence by ada from 2026-01-01T00:00:00Z to 2026-01-01T02:00:00Z has ended (maintenance; sil-1).

    HIGH recovered - "orders timed out"
      lambda orders, account 111111111111, region eu-west-1, since 2026-01-01T00:00:00Z, once so far
      Do this: nothing; the incident is resolved.
      inc-0190a1b2-0000-7000-8000-0123456789ab (notice 1)

    To see them all:
      incidentctl incidents list --stack devops
    "#);
    let unknown = silence_ended("sil-1", None, &[incident("orders timed out", "eu-west-1")], "devops");
    assert!(unknown.body.contains("Silence sil-1 has ended.") && unknown.body.contains("the 1 that are unresolved"));
}

#[test]
fn an_end_that_is_no_recovery_is_called_what_it_is() {
    let mut over = Incident { due: Some(Reason::Recovered), ..incident("alarm queue-age", "eu-west-1") };
    over.note(TimelineEntry::new("2026-01-01T00:05:00Z", "recovered: no data any more"));
    let mail = about(&over, &Notice { reason: Reason::Recovered, ..NOTICE });
    assert!(mail.subject.starts_with("[RESOLVED] no data any more: alarm queue-age"), "{}", mail.subject);
    for line in [
        "What:      no data any more - \"alarm queue-age\"\n",
        "Since:     2026-01-01T00:00:00Z, over at 2026-01-01T00:05:00Z\n",
        "Do this:   find out whether the failure is over: ",
    ] {
        assert!(mail.body.contains(line), "{line} is not in {}", mail.body);
    }
    let listed = digest(&[over.clone(), incident("orders timed out", "eu-west-1")], "devops").body;
    assert!(listed.contains("HIGH no data any more - \"alarm queue-age\""), "{listed}");
    // It went off again and recovered.
    over.note(TimelineEntry::new("2026-01-01T00:09:00Z", "recovered"));
    assert!(about(&over, &Notice { reason: Reason::Recovered, ..NOTICE }).subject.starts_with("[RECOVERED] "));
}

#[test]
fn the_longest_digest_is_one_that_sns_takes() {
    let many = vec![incident(&"long ".repeat(40), "eu-west-1"); 2000];
    let mail = digest(&many, "devops");
    assert!(mail.body.len() <= MAX_BODY && mail.subject.len() <= MAX_SUBJECT, "{}", mail.subject.len());
}

#[test]
fn many_incidents_of_one_resource_are_folded_and_none_is_left_out() {
    let numbered = |number: usize, resource: &str, severity| Incident {
        incident_id: format!("inc-{number:03}"),
        resource: resource.to_owned(),
        severity,
        ..incident("failed", "eu-west-1")
    };
    let mut many: Vec<Incident> = (0..300).map(|number| numbered(number, "orders", Severity::Medium)).collect();
    many.push(numbered(300, "orders", Severity::High));
    many.push(numbered(301, "bills", Severity::Critical));
    let body = digest(&many, "devops").body;
    assert!(many.iter().all(|incident| body.matches(&format!("{} (notice 1)", incident.incident_id)).count() == 1));
    assert_eq!(body.matches("Do this: Raise the timeout.").count(), 4, "{body}");
    let at = |text: &str| body.find(text).unwrap_or(usize::MAX);
    assert!(at("inc-301") < at("inc-300") && at("inc-300") < at("298 more of lambda orders, 298 MEDIUM:"), "{body}");
}

#[test]
fn a_subject_is_readable_in_any_script_and_with_any_name() {
    let subject = |resource: &str, summary: &str| {
        let incident = Incident { resource: resource.to_owned(), ..incident(summary, "eu-west-1") };
        about(&incident, &Notice { number: 1, reason: Reason::Opened, stack: "devops" }).subject
    };
    let japanese = subject("本番", "alarm 本番: 在庫 was greater than 5");
    assert!(!japanese.contains('?') && japanese.contains("was greater than 5"), "{japanese}");
    assert!(subject("größe", "größe failed: Überlauf").contains("grosse failed: Uberlauf"));
    let name = "orders-service-production-eu-west-1-nightly-reconciliation-worker";
    let long = subject(name, &format!("{name} cannot reach db.internal:5432: connection refused"));
    assert!(long.contains("orders-service-p...iation-worker cannot reach db.internal:5432"), "{long}");
    assert!(long.len() <= MAX_SUBJECT);
}
