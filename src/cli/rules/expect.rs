//! The expectations of `incidentctl rules test`: the result each event file must produce.

use std::path::{Path, PathBuf};

use incident_model::Severity;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::CommandError;

/// The expected result of one file. Only the given fields are compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expectation {
    /// The event file, relative to the folder of the expectations.
    pub(super) file: PathBuf,
    /// Expected fields of the result.
    fields: Map<String, Value>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    pub(super) field: String,
    pub(super) expected: Value,
    pub(super) actual: Value,
}

#[derive(Deserialize)]
struct Entry {
    file: Option<PathBuf>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// The fields an expectation may name: those of a result.
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
    "error_message",
    "reason",
];

/// Reads a list of expectations, in YAML or JSON.
pub(super) fn read(path: &Path) -> Result<Vec<Expectation>, CommandError> {
    let name = path.display();
    let wrong = || CommandError::user(format!("invalid expectations in {name}")).hint(FORM);
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::user(format!("cannot read the expectations {name}")).caused_by(error))?;
    let entries: Vec<Entry> = yaml_serde::from_str(&text).map_err(|error| wrong().caused_by(error))?;
    let problems: Vec<String> = entries.iter().enumerate().flat_map(|(at, entry)| entry.problems(at + 1)).collect();
    match (entries.is_empty(), problems.is_empty()) {
        (true, _) => Err(wrong().causes(["the list is empty".to_owned()])),
        (_, false) => Err(wrong().causes(problems)),
        (false, true) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            Ok(entries.into_iter().filter_map(|entry| entry.expectation(folder)).collect())
        }
    }
}

/// The format of an expectations file.
const FORM: &str = "write a list such as `- {file: event.json, outcome: incident, severity: HIGH}`";

impl Entry {
    /// The problems of the entry with this number.
    fn problems(&self, number: usize) -> Vec<String> {
        let mut problems = Vec::new();
        if self.file.is_none() {
            problems.push("`file` is missing".to_owned());
        }
        if self.fields.is_empty() {
            problems.push("it expects nothing".to_owned());
        }
        problems.extend(self.fields.iter().filter_map(|(field, expected)| problem(field, expected)));
        let file = self.file.as_ref().map(|file| format!(" ({})", file.display())).unwrap_or_default();
        problems.into_iter().map(|problem| format!("entry {number}{file}: {problem}")).collect()
    }

    fn expectation(self, folder: &Path) -> Option<Expectation> {
        Some(Expectation { file: folder.join(self.file?), fields: self.fields })
    }
}

/// Why no result can ever meet an expectation.
fn problem(field: &str, expected: &Value) -> Option<String> {
    let known: Vec<&str> = match field {
        "outcome" => vec!["incident", "recovery", "ignored"],
        "severity" => Severity::ALL.map(Severity::name).to_vec(),
        field if FIELDS.contains(&field) => return None,
        _ => return Some(format!("`{field}` is not a result field; the fields are {}", FIELDS.join(", "))),
    };
    // Only incidents have a severity.
    let is_possible = expected.is_null() || expected.as_str().is_some_and(|text| known.contains(&text));
    (!is_possible).then(|| format!("`{field}` cannot be {expected}; it is one of {}", known.join(", ")))
}

impl Expectation {
    /// Compares with the results of the file, one per event. One match is enough; otherwise returns the differences to
    /// the closest result.
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
