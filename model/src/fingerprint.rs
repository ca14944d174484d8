//! Fingerprints: which failures belong to one incident.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::normalise::normalise;
use crate::observation::Observation;

/// Changes with the algorithm, so that old and new fingerprints never collide.
const VERSION: &str = "v1";

/// A fingerprint and its inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// `v1:` and 32 hexadecimal digits.
    pub digest: String,
    /// The digest's inputs.
    pub inputs: FingerprintInputs,
}

/// The inputs of a fingerprint; `incidents show` prints them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FingerprintInputs {
    /// Kind of resource.
    pub source: String,
    /// The resource's name.
    pub resource: String,
    /// Class of the error.
    pub error_type: String,
    /// First line of the message without its variable parts, or the source's grouping.
    pub message: String,
    /// Innermost stack frame of application code.
    pub top_frame: String,
    /// The drill id, which gives every test its own incident.
    pub drill: String,
}

impl Fingerprint {
    /// The fingerprint of an observation without secrets.
    pub fn of(observation: &Observation) -> Self {
        let message = observation.grouping.clone().unwrap_or_else(|| normalise(&observation.error_message));
        let inputs = FingerprintInputs {
            source: observation.source.clone(),
            resource: observation.resource.clone(),
            error_type: observation.error_type.clone(),
            message,
            top_frame: observation.top_frame.clone(),
            drill: observation.drill.clone().unwrap_or_default(),
        };
        Self { digest: inputs.digest(), inputs }
    }
}

impl FingerprintInputs {
    fn digest(&self) -> String {
        let parts = [&self.source, &self.resource, &self.error_type, &self.message, &self.top_frame, &self.drill];
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
            prop_assert!(first.digest.starts_with("v1:") && first.digest.len() == 35);
        }

        #[test]
        fn function_class_template_and_frame_do(part in 0..4usize, other in "[g-z]{5,12}") {
            let mut parts = ["orders", "NotFound", "no order with this id", "find"];
            let first = of(parts[0], parts[1], parts[2], parts[3])?;
            parts[part] = &other;
            prop_assert_ne!(first.digest, of(parts[0], parts[1], parts[2], parts[3])?.digest);
        }
    }
}
