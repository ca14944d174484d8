//! Fingerprints: which failures belong to one incident.

#[cfg(test)]
mod pairs;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::normalise::normalise;
use crate::observation::Observation;
use crate::reduce::reduce;

/// Changes with the algorithm, so that fingerprints of two versions never collide.
const VERSION: &str = "v2";
/// The version before, whose unresolved incidents go on counting.
const FORMER_VERSION: &str = "v1";

/// A fingerprint and its inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// `v2:` and 32 hexadecimal digits.
    pub digest: String,
    /// The same failure's fingerprint of version 1.
    pub former: String,
    /// The digest's inputs.
    pub inputs: FingerprintInputs,
}

/// The inputs of a fingerprint; `incidents show` prints them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FingerprintInputs {
    /// Account of the resource.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// Region of the resource.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Kind of resource.
    pub source: String,
    /// The resource's name; empty if an id of the event identifies the failure.
    pub resource: String,
    /// Class of the error.
    pub error_type: String,
    /// What tells faults apart in the message, or the source's grouping.
    pub message: String,
    /// Innermost stack frame of application code.
    pub top_frame: String,
    /// The statement in that frame: its source code, or its position.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub statement: String,
    /// The drill id, which gives every test its own incident.
    pub drill: String,
}

impl Fingerprint {
    /// The fingerprint of an observation without secrets.
    pub fn of(observation: &Observation) -> Self {
        let statement = statement(observation);
        let inputs = FingerprintInputs {
            account: observation.account.clone(),
            region: observation.region.clone(),
            source: observation.source.clone(),
            resource: match observation.grouping.as_deref() {
                None | Some("") => observation.resource.clone(),
                Some(_) => String::new(),
            },
            error_type: observation.error_type.clone(),
            message: observation.grouping.clone().unwrap_or_else(|| message(observation, statement)),
            top_frame: observation.top_frame.place.clone(),
            statement: statement.to_owned(),
            drill: observation.drill.clone().unwrap_or_default(),
        };
        Self { digest: inputs.digest(), former: former(observation), inputs }
    }
}

/// The marks of the message; its words, too, if nothing says which statement failed.
fn message(observation: &Observation, statement: &str) -> String {
    let reduced = reduce(&observation.error_message);
    let is_told_apart =
        !observation.top_frame.place.is_empty() && (!statement.is_empty() || !is_general(&observation.error_type));
    if is_told_apart { reduced.marks } else { reduced.words }
}

/// The statement that failed. Its position counts only for errors of a general class, since deployments move it.
fn statement(observation: &Observation) -> &str {
    let frame = &observation.top_frame;
    match (frame.source_line.as_str(), is_general(&observation.error_type)) {
        ("", true) => &frame.position,
        (line, _) => line,
    }
}

/// Whether a class of errors says nothing about the fault: any statement can fail with it.
fn is_general(class: &str) -> bool {
    const GENERAL: &[&str] = &[
        "",
        "Error",
        "Exception",
        "IllegalArgumentException",
        "IllegalStateException",
        "InvalidOperationException",
        "NoMethodError",
        "NullPointerException",
        "NullReferenceException",
        "RangeError",
        "ReferenceError",
        "RuntimeError",
        "RuntimeException",
        "StandardError",
        "SyntaxError",
        "TypeError",
        "errorString",
        "wrapError",
    ];
    let name = class.trim_start_matches(['*', '&']);
    GENERAL.contains(&name.rsplit(['.', ':']).next().unwrap_or(name))
}

/// The fingerprint of version 1.
fn former(observation: &Observation) -> String {
    let message = observation.grouping.clone().unwrap_or_else(|| normalise(&observation.error_message));
    let drill = observation.drill.clone().unwrap_or_default();
    let parts = [
        &observation.source,
        &observation.resource,
        &observation.error_type,
        &message,
        &observation.top_frame.former,
        &drill,
    ];
    digest(&format!("{FORMER_VERSION}:"), parts.map(String::as_str))
}

impl FingerprintInputs {
    fn digest(&self) -> String {
        let Self { account, region, source, resource, error_type, message, top_frame, statement, drill } = self;
        let parts = [account, region, source, resource, error_type, message, top_frame, statement, drill];
        digest(&format!("{VERSION}:"), parts.map(String::as_str))
    }
}

/// A prefix and a digest of 32 hexadecimal digits.
pub(crate) fn digest<'t>(prefix: &str, parts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        // Separates `ab` + `c` from `a` + `bc`.
        hash.update([0x1f]);
    }
    hash.finalize().iter().take(16).fold(prefix.to_owned(), |digest, byte| digest + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::sources::observe;

    use super::*;

    const ID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}";

    fn of(function: &str, class: &str, message: &str, frame: &str) -> Result<Fingerprint, TestCaseError> {
        let event: Value = json!({
            "version": "1.0", "timestamp": "2026-01-01T00:00:00Z",
            "requestContext": {
                "requestId": message, "condition": "RetriesExhausted",
                "functionArn": format!("arn:aws:lambda:eu-west-1:111111111111:function:{function}:3"),
            },
            "responsePayload": {"errorType": class, "errorMessage": message, "stackTrace": [format!("at {frame} (/var/task/a.js:3:9)")]},
        });
        let seen = observe(&event).map_err(|error| TestCaseError::fail(error.to_string()))?;
        Ok(Fingerprint::of(&seen[0].clone().without_secrets()))
    }

    proptest! {
        #[test]
        fn ids_times_and_numbers_make_no_new_incident(one in ID, other in ID, count in 0..99999u32) {
            let message = |id: &str, count: u32| format!("order {id} of 'x{id}' not found after {count} ms at 10.0.{}.1", count % 250);
            let first = of("orders", "NotFound", &message(&one, 1), "find")?;
            prop_assert_eq!(&first, &of("orders", "NotFound", &message(&other, count), "find")?);
            prop_assert!(first.digest.starts_with("v2:") && first.digest.len() == 35);
            prop_assert!(first.former.starts_with("v1:") && first.former.len() == 35);
        }

        #[test]
        fn function_class_code_and_frame_do(part in 0..4usize, other in "[g-z]{5,12}", status in 500..600) {
            let mut parts = ["orders", "NotFound", "status code 404", "find"];
            let first = of(parts[0], parts[1], parts[2], parts[3])?;
            let status = format!("status code {status}");
            parts[part] = if part == 2 { &status } else { &other };
            prop_assert_ne!(first.digest, of(parts[0], parts[1], parts[2], parts[3])?.digest);
        }

        #[test]
        fn words_do_where_nothing_better_says_what_failed(one in "[g-z]{5,12}", other in "[g-z]{5,12}") {
            let one_says_it = one == other;
            // A class of its own and a frame say it.
            prop_assert_eq!(of("orders", "NotFound", &one, "find")?.digest, of("orders", "NotFound", &other, "find")?.digest);
            let without_frame = |message: &str| {
                let event = json!({"source": "lambda", "detail": {
                    "requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:orders", "condition": "RetriesExhausted"},
                    "responsePayload": {"errorType": "NotFound", "errorMessage": message},
                }});
                let seen = observe(&event).map_err(|error| TestCaseError::fail(error.to_string()))?;
                Ok::<_, TestCaseError>(Fingerprint::of(&seen[0].clone().without_secrets()))
            };
            prop_assert_eq!(without_frame(&one)?.digest == without_frame(&other)?.digest, one_says_it);
        }
    }

    /// The digest of one failure as version 1 wrote it, recorded from that version.
    #[test]
    fn the_former_fingerprint_is_the_one_of_version_1() -> Result<(), TestCaseError> {
        let first = of("orders", "NotFound", "no order 17 of 'x'", "find")?;
        assert_eq!(first.former, "v1:1a8732dae68f6c54015b1d81281b3cc2");
        Ok(())
    }
}
