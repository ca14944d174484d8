//! What makes two failures the same incident.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::normalise::normalise;
use crate::observation::Observation;

/// Changes when the way of computing changes, so that old and new fingerprints cannot be confused.
const VERSION: &str = "v1";

/// A fingerprint and what went into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// `v1:` and 32 hexadecimal digits.
    pub digest: String,
    /// What was digested.
    pub inputs: FingerprintInputs,
}

/// What a fingerprint is made of; `incidents show` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FingerprintInputs {
    /// Kind of resource.
    pub source: String,
    /// The resource's name.
    pub resource: String,
    /// Class of the error.
    pub error_type: String,
    /// First line of the message without what varies, or what the source is grouped by.
    pub message: String,
    /// Innermost stack frame of the program's own code.
    pub top_frame: String,
    /// The drill, which makes every test an incident of its own.
    pub drill: String,
}

impl Fingerprint {
    /// Of an observation whose secrets are already gone.
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

/// A prefix and 32 hexadecimal digits that stand for some texts.
pub(crate) fn digest<'t>(prefix: &str, parts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        // Keeps `ab` + `c` from being `a` + `bc`.
        hash.update([0x1f]);
    }
    hash.finalize().iter().take(16).fold(prefix.to_owned(), |digest, byte| digest + &format!("{byte:02x}"))
}
