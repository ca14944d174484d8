//! How incidents are rendered.
#![expect(clippy::unwrap_used, reason = "tests")]

use incident_model::{FingerprintInputs, Incident, Severity};
use insta::assert_snapshot;
use serde_json::json;

use super::{Outlook, render};

/// The required fields of a record, plus a request, a notice and a timeline.
pub(super) fn incident(id: &str, severity: Severity) -> Incident {
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

#[test]
fn a_list_is_aligned_and_has_whole_ids() {
    let incidents = [incident("7bd2-8000-1", Severity::Critical), incident("7bd3-8000-2", Severity::Low)];
    assert_snapshot!(render::table(&incidents, false).plain(), @r#"
    ID                        TIME (UTC)           SEVERITY  STATUS  SOURCE  COUNT  SUMMARY
    inc-0199e7a1-7bd2-8000-1  2026-01-31 12:00:00  CRITICAL  open    lambda  3      devops-error-generator timed out after 3 s
    inc-0199e7a1-7bd3-8000-2  2026-01-31 12:00:00  LOW       open    lambda  3      devops-error-generator timed out after 3 s
    "#);
}

#[test]
fn a_terminal_gets_ids_as_long_as_they_have_to_be() {
    let apart = [incident("7bd2-8000-1", Severity::High), incident("7bd3-8000-2", Severity::Medium)];
    assert_snapshot!(render::table(&apart, true).fitted(Some(100), false), @r#"
    ID                 TIME (UTC)           SEVERITY  STATUS  SOURCE  COUNT  SUMMARY
    inc-0199e7a1-7bd2  2026-01-31 12:00:00  HIGH      open    lambda  3      devops-error-generator
                                                                             timed out after 3 s
    inc-0199e7a1-7bd3  2026-01-31 12:00:00  MEDIUM    open    lambda  3      devops-error-generator
                                                                             timed out after 3 s
    "#);
    let close = [incident("7bd2-8000-1", Severity::High), incident("7bd2-8000-2", Severity::Medium)];
    assert_snapshot!(render::table(&close, true).fitted(Some(100), false), @r#"
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
