//! How incidents are rendered.
#![expect(clippy::unwrap_used, reason = "tests")]

use incident_model::{FingerprintInputs, Incident, Severity};
use insta::assert_snapshot;
use serde_json::json;

use super::{Outlook, render};

/// The required fields of a record, plus a request, a notice and a timeline.
pub(in crate::cli) fn incident(id: &str, severity: Severity) -> Incident {
    serde_json::from_value(json!({
        "incident_id": format!("inc-0199e7a1-{id}"), "status": "open", "severity": severity,
        "summary": "devops-error-generator timed out after 3 s",
        "recommendation": "Raise the timeout, or find out what the function waits for. Its log group shows the last \
                           line before it was stopped.",
        "created_at": "2026-01-31T12:00:00.123Z", "last_seen_at": "2026-01-31T12:30:00Z", "occurrences": 3,
        "fingerprint": "v1:0123", "source": "lambda", "resource": "devops-error-generator", "account": "000000000000",
        "region": "eu-west-1", "error_type": "Sandbox.Timedout", "error_message": "Task timed out after 3.00 seconds",
        "request_id": "6f1e", "rule": "lambda-timeout", "notices": 1, "timeline": [
            {"at": "2026-01-31T12:00:00Z", "what": "opened"},
            {"at": "2026-01-31T12:40:00Z", "what": "acknowledged by ada"},
        ],
    }))
    .unwrap()
}

/// The same, analysed.
pub(super) fn analysed(id: &str) -> Incident {
    let mut record = serde_json::to_value(incident(id, Severity::High)).unwrap();
    let own = json!({
        "error_type": "KeyError", "error_message": "'customer'", "cause": "deployment", "confidence": "likely",
        "earlier": {"times": 2, "incident_id": "inc-0199e7a1-0001", "resolved_at": "2026-01-01T12:12:00Z", "lasted": 720,
                    "note": "rolled back to v38"},
        "analysis": {
            "cause": "deployment", "confidence": "likely",
            "statement": "version 41 was deployed 4 min before the first failure",
            "evidence": [
                {"kind": "change", "at": "2026-01-31T11:56:00Z", "text": "code deployed: version 41, by role/ci"},
                {"kind": "rate", "text": "no error in the three hours before"},
            ],
            "missing": [{"kind": "execution", "reason": "late"}],
            "candidates": [{"cause": "input", "confidence": "possible", "statement": "one caller sends what fails"}],
            "advice": [
                "Roll back to version 40:",
                "aws lambda update-alias --function-name devops-error-generator --name live --function-version 40 --region eu-west-1",
            ],
            "context": [
                {"kind": "rate", "text": "312 of 340 calls fail since 12:00; none of 8000 before"},
                {"kind": "rate", "text": "errors of the last 3 h: ▁▁▁▁▁▇█"},
                {"kind": "related", "text": "4 functions began within 90 s with the same error"},
                {"kind": "earlier", "text": "resolved twice; the last note: rolled back to v38"},
            ],
            "lines": [
                {"at": "2026-01-31T12:00:00.100Z", "text": "reading order 4711"},
                {"at": "2026-01-31T12:00:00.120Z", "text": "[ERROR] KeyError: 'customer'\nTraceback: app.py, line 12"},
                {"at": "2026-01-31T12:00:00.130Z", "text": "REPORT Duration: 30 ms"},
            ],
            "error_line": 1, "shared_with": ["inc-0199e7a1-0002"], "failing_share": 0.9, "at": "2026-01-31T12:00:01Z",
        },
    });
    record.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    serde_json::from_value(record).unwrap()
}

#[test]
fn a_list_is_aligned_and_has_whole_ids() {
    let incidents = [incident("7bd2-8000-1", Severity::Critical), incident("7bd3-8000-2", Severity::Low)];
    assert_snapshot!(render::table(&incidents).plain(), @r#"
    ID                        TIME (UTC)           SEVERITY  STATUS  SOURCE  COUNT  SUMMARY
    inc-0199e7a1-7bd2-8000-1  2026-01-31 12:00:00  CRITICAL  open    lambda  3      devops-error-generator timed out after 3 s
    inc-0199e7a1-7bd3-8000-2  2026-01-31 12:00:00  LOW       open    lambda  3      devops-error-generator timed out after 3 s
    "#);
}

#[test]
fn a_terminal_gets_ids_as_long_as_they_have_to_be() {
    let apart = [incident("7bd2-8000-1", Severity::High), incident("7bd3-8000-2", Severity::Medium)];
    assert_snapshot!(render::table_on_terminal(&apart, Some(100)).fitted(Some(100), false), @r#"
    ID                 TIME (UTC)           SEVERITY  STATUS  SOURCE  COUNT  SUMMARY
    inc-0199e7a1-7bd2  2026-01-31 12:00:00  HIGH      open    lambda  3      devops-error-generator
                                                                             timed out after 3 s
    inc-0199e7a1-7bd3  2026-01-31 12:00:00  MEDIUM    open    lambda  3      devops-error-generator
                                                                             timed out after 3 s
    "#);
    let close = [incident("7bd2-8000-1", Severity::High), incident("7bd2-8000-2", Severity::Medium)];
    assert_snapshot!(render::table_on_terminal(&close, Some(100)).fitted(Some(100), false), @r#"
    ID                        TIME (UTC)           SEVERITY  STATUS  SOURCE  COUNT  SUMMARY
    inc-0199e7a1-7bd2-8000-1  2026-01-31 12:00:00  HIGH      open    lambda  3      devops-error-gener
                                                                                    ator timed out
                                                                                    after 3 s
    inc-0199e7a1-7bd2-8000-2  2026-01-31 12:00:00  MEDIUM    open    lambda  3      devops-error-gener
                                                                                    ator timed out
                                                                                    after 3 s
    "#);
}

#[test]
fn all_of_one_incident() {
    let incident = Incident {
        previous_incident_id: Some("inc-0199e7a1-0000-8000-1".to_owned()),
        fingerprint_inputs: FingerprintInputs {
            source: "lambda".to_owned(),
            resource: "devops-error-generator".to_owned(),
            error_type: "Sandbox.Timedout".to_owned(),
            message: "Task timed out after # seconds".to_owned(),
            ..FingerprintInputs::default()
        },
        ..incident("7bd2-8000-1", Severity::High)
    };
    let outlook = Outlook::of(&incident, &[], 0);
    let lines: Vec<String> = render::details(&incident, &outlook).iter().map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    HIGH  devops-error-generator timed out after 3 s

    what to do    Raise the timeout, or find out what the function waits for. Its log group shows
                  the last line before it was stopped.
    error         Sandbox.Timedout: Task timed out after 3.00 seconds
    resource      lambda · devops-error-generator · eu-west-1 · 000000000000
    id            inc-0199e7a1-7bd2-8000-1
    status        open
    occurrences   3, first 2026-01-31 12:00:00, last 2026-01-31 12:30:00
    request       6f1e
    rule          lambda-timeout
    before        inc-0199e7a1-0000-8000-1, the same failure, resolved
    fingerprint   v1:0123
                  source: lambda
                  resource: devops-error-generator
                  error: Sandbox.Timedout
                  message: Task timed out after # seconds
    mails         none yet
    timeline      2026-01-31 12:00:00 opened
                  2026-01-31 12:40:00 acknowledged by ada
    "#);
}

#[test]
fn causes_are_listed_where_the_summary_has_room_beside_them() {
    let mut possible = analysed("7bd3-8000-2");
    possible.confidence = Some(incident_model::Confidence::Possible);
    let incidents = [analysed("7bd2-8000-1"), possible, incident("7bd4-8000-3", Severity::Low)];
    assert_snapshot!(render::table(&incidents).plain(), @r#"
    ID                        TIME (UTC)           SEVERITY  STATUS  SOURCE  COUNT  CAUSE        SUMMARY
    inc-0199e7a1-7bd2-8000-1  2026-01-31 12:00:00  HIGH      open    lambda  3      deployment   devops-error-generator timed out after 3 s
    inc-0199e7a1-7bd3-8000-2  2026-01-31 12:00:00  HIGH      open    lambda  3      deployment?  devops-error-generator timed out after 3 s
    inc-0199e7a1-7bd4-8000-3  2026-01-31 12:00:00  LOW       open    lambda  3      -            devops-error-generator timed out after 3 s
    "#);
    assert_snapshot!(render::table_on_terminal(&incidents, Some(120)).fitted(Some(120), false), @r#"
    ID                 TIME (UTC)           SEVERITY  STATUS  SOURCE  COUNT  CAUSE        SUMMARY
    inc-0199e7a1-7bd2  2026-01-31 12:00:00  HIGH      open    lambda  3      deployment   devops-error-generator timed out
                                                                                          after 3 s
    inc-0199e7a1-7bd3  2026-01-31 12:00:00  HIGH      open    lambda  3      deployment?  devops-error-generator timed out
                                                                                          after 3 s
    inc-0199e7a1-7bd4  2026-01-31 12:00:00  LOW       open    lambda  3      -            devops-error-generator timed out
                                                                                          after 3 s
    "#);
    let narrow = render::table_on_terminal(&incidents, Some(80)).fitted(Some(80), false);
    assert!(!narrow.contains("CAUSE") && narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
}

#[test]
fn an_analysis_stands_above_the_facts() {
    let incident = analysed("7bd2-8000-1");
    let outlook = Outlook::of(&incident, &[], 0);
    let lines: Vec<String> = render::details(&incident, &outlook).iter().map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    HIGH  devops-error-generator timed out after 3 s

    cause         deployment, likely: version 41 was deployed 4 min before the first failure
    evidence      change 2026-01-31 11:56:00: code deployed: version 41, by role/ci
                  rate: no error in the three hours before
    or            input, possible: one caller sends what fails
    advice        Roll back to version 40:
                  aws lambda update-alias --function-name devops-error-generator --name live --function-version 40 --region eu-west-1
    what to do    Raise the timeout, or find out what the function waits for. Its log group shows
                  the last line before it was stopped.
    error         KeyError: 'customer'
    log           2026-01-31 12:00:00  reading order 4711
                  2026-01-31 12:00:00  [ERROR] KeyError: 'customer'
                                       Traceback: app.py, line 12
    how bad       312 of 340 calls fail since 12:00; none of 8000 before
                  errors of the last 3 h: ▁▁▁▁▁▇█
    also broke    4 functions began within 90 s with the same error
    last time     resolved twice; the last note: rolled back to v38
    same cause    inc-0199e7a1-0002
    missing       execution: late, it did not arrive in time
    resource      lambda · devops-error-generator · eu-west-1 · 000000000000
    id            inc-0199e7a1-7bd2-8000-1
    status        open
    occurrences   3, first 2026-01-31 12:00:00, last 2026-01-31 12:30:00
    request       6f1e
    rule          lambda-timeout
    fingerprint   v1:0123
    mails         none yet
    timeline      2026-01-31 12:00:00 opened
                  2026-01-31 12:40:00 acknowledged by ada
    "#);
}
