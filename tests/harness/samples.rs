//! The sample events: real, documented and composed.

use serde::Deserialize;
use serde_json::Value;

use super::{TestResult, repository};

/// A sample and its expected outcome.
pub(crate) struct Sample {
    pub(crate) file: String,
    /// `failure`, `recovery`, `suppressed`, `ambiguous` or `benign`.
    pub(crate) outcome: String,
    pub(crate) event: Value,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
    outcome: String,
}

/// All samples in `tests/events`.
pub(crate) fn samples() -> TestResult<Vec<Sample>> {
    let folder = repository("tests/events");
    let index: Vec<Entry> = serde_json::from_slice(&std::fs::read(folder.join("INDEX.json"))?)?;
    index
        .into_iter()
        .map(|Entry { file, outcome }| {
            let text = std::fs::read_to_string(folder.join(&file))?;
            // Some collected files begin with a byte order mark.
            let event = serde_json::from_str(text.trim_start_matches('\u{feff}'))
                .map_err(|error| format!("{file}: {error}"))?;
            Ok(Sample { file, outcome, event })
        })
        .collect()
}
