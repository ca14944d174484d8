//! Whether the alert names the cause that the test is about.

use incident_model::Incident;
use serde_json::{Value, json};

use crate::drill::FailureKind;
use crate::ui::Ui;

/// The generator's error about a kind that is new to it.
const UNKNOWN_KIND: &str = "UnknownKind";

/// Adds the cause to the result, and whether it is the expected one.
pub(super) fn add(result: &mut Value, kind: FailureKind, incident: &Incident) {
    result["cause"] = json!(incident.cause);
    result["confidence"] = json!(incident.confidence);
    result["statement"] = json!(incident.analysis.as_ref().map(|analysis| &analysis.statement));
    if let Some(expected) = kind.expected_cause() {
        result["cause_as_expected"] = json!(incident.cause == Some(expected));
    }
}

/// Warns about an alert that does not name the cause.
pub(super) fn warn(kind: FailureKind, incident: &Incident, ui: &Ui) {
    let Some(warning) = complaint(kind, incident) else { return };
    ui.warn(&warning);
    ui.hint(match (incident.error_type.as_str(), incident.cause) {
        (UNKNOWN_KIND, _) | (_, None) => "`incidentctl up` updates the stack",
        _ => "a test just before, which changed the generator, may be named: `incidentctl incidents show` has the evidence",
    });
}

fn complaint(kind: FailureKind, incident: &Incident) -> Option<String> {
    let expected = kind.expected_cause()?;
    if incident.error_type == UNKNOWN_KIND {
        return Some(format!("the deployed error generator does not know the kind {}", kind.name()));
    }
    match incident.cause {
        Some(cause) if cause == expected => None,
        Some(cause) => Some(format!("the alert names the cause `{cause}`, not `{expected}`")),
        None => Some(format!("the alert names no cause; it should be `{expected}`")),
    }
}

#[cfg(test)]
mod tests {
    use incident_model::{Cause, Confidence, Severity};

    use super::*;
    use crate::cli::incidents::recorded;

    #[test]
    fn an_alert_without_the_cause_is_no_failure_and_is_said() {
        let with = |cause| Incident { cause, confidence: Some(Confidence::Likely), ..recorded("1", Severity::High) };
        let unknown = Incident { error_type: UNKNOWN_KIND.to_owned(), ..with(None) };
        for (kind, incident, said, as_expected) in [
            (FailureKind::BadDeploy, with(Some(Cause::Deployment)), None, json!(true)),
            (FailureKind::ConfigChange, with(Some(Cause::Configuration)), None, json!(true)),
            (
                FailureKind::Dependency,
                with(Some(Cause::Limit)),
                Some("the alert names the cause `limit`, not `dependency`"),
                json!(false),
            ),
            (
                FailureKind::BadDeploy,
                with(None),
                Some("the alert names no cause; it should be `deployment`"),
                json!(false),
            ),
            (
                FailureKind::Dependency,
                unknown,
                Some("the deployed error generator does not know the kind dependency"),
                json!(false),
            ),
            (FailureKind::Oom, with(Some(Cause::Unknown)), None, Value::Null),
        ] {
            assert_eq!(complaint(kind, &incident).as_deref(), said);
            let mut result = json!({"ok": true});
            add(&mut result, kind, &incident);
            assert_eq!((&result["cause_as_expected"], &result["ok"]), (&as_expected, &json!(true)));
            assert_eq!(result["confidence"], "likely");
        }
    }
}
