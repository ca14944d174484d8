//! The expectations of `incidentctl rules test`: what has to come out of which event file.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cli::CommandError;

/// What has to come out of one file. Only what is written is compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expectation {
    /// The event file, found from the folder of the file of expectations.
    pub(super) file: PathBuf,
    /// Fields of the result and their values.
    fields: Map<String, Value>,
}

/// A field that came out otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    pub(super) field: String,
    pub(super) expected: Value,
    pub(super) actual: Value,
}

#[derive(Deserialize)]
struct Entry {
    file: PathBuf,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// The fields that an expectation may name: those of a result.
const FIELDS: &[&str] = &[
    "outcome",
    "severity",
    "summary",
    "recommendation",
    "fingerprint",
    "rule",
    "source",
    "resource",
    "error_type",
    "reason",
];

/// Reads a list of expectations, in YAML or JSON.
pub(super) fn read(path: &Path) -> Result<Vec<Expectation>, CommandError> {
    let name = path.display();
    let wrong = || CommandError::user(format!("the expectations {name} are wrong"));
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::user(format!("cannot read the expectations {name}")).caused_by(error))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let entries: Vec<Entry> = yaml_serde::from_str(&text).map_err(|error| wrong().caused_by(error))?;
    for Entry { file, fields } in &entries {
        let unknown = fields.keys().find(|field| !FIELDS.contains(&field.as_str()));
        if let Some(field) = unknown {
            let file = file.display();
            return Err(
                wrong().hint(format!("`{field}` of {file} is no field of a result; known are {}", FIELDS.join(", ")))
            );
        }
    }
    Ok(entries.into_iter().map(|Entry { file, fields }| Expectation { file: folder.join(file), fields }).collect())
}

impl Expectation {
    /// Compares with the results of the file, one for each event in it. One that is as expected is enough; else the
    /// differences to the one that is nearest.
    pub(super) fn differences(&self, results: &[Value]) -> Vec<Difference> {
        let nothing = Value::Null;
        let results = if results.is_empty() { std::slice::from_ref(&nothing) } else { results };
        results.iter().map(|result| self.against(result)).min_by_key(Vec::len).unwrap_or_default()
    }

    fn against(&self, result: &Value) -> Vec<Difference> {
        let differs = |(field, expected): (&String, &Value)| {
            let actual = result.get(field).unwrap_or(&Value::Null);
            (actual != expected).then(|| Difference {
                field: field.clone(),
                expected: expected.clone(),
                actual: actual.clone(),
            })
        };
        self.fields.iter().filter_map(differs).collect()
    }
}
