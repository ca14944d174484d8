//! Sequences of events to a running handler, and their expected outcome. They are in `handler/tests/sequences`.

use std::path::Path;

use incident_model::{Incident, Status};
use serde::Deserialize;
use serde_json::Value;

use crate::account::{Account, TestResult};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sequence {
    /// The expected outcome, in words.
    what: String,
    events: Vec<Value>,
    /// In the order in which they are opened.
    incidents: Vec<Expected>,
    /// The starts of the mails' subjects, in order.
    mails: Vec<String>,
}

/// An incident afterwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    resource: String,
    status: Status,
    occurrences: u64,
    severity: Option<String>,
    rule: Option<String>,
    /// A part of the message.
    says: Option<String>,
}

impl Expected {
    fn is(&self, found: &Incident) -> bool {
        let fits = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| wanted == text);
        self.resource == found.resource
            && self.status == found.status
            && self.occurrences == found.occurrences
            && fits(&self.severity, found.severity.name())
            && fits(&self.rule, &found.rule)
            && self.says.as_ref().is_none_or(|says| found.error_message.contains(says))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sequence_ends_as_it_has_to() -> TestResult {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sequences");
    let (mut tried, mut problems) = (0, Vec::new());
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let sequence: Sequence = serde_json::from_slice(&std::fs::read(&path)?)?;
        tried += 1;
        if let Err(problem) = play(&sequence).await {
            problems.push(format!("{}: {}: {problem}", path.display(), sequence.what));
        }
    }
    assert!(tried >= 6, "{tried} sequences");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

async fn play(sequence: &Sequence) -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    for event in &sequence.events {
        account.delivered_by_lambda(&handler, event).await?;
    }
    let mut incidents = account.settled().await?;
    incidents.sort_by(|one, other| one.incident_id.cmp(&other.incident_id));
    let fits = |(expected, found): (&Expected, &Incident)| expected.is(found);
    if incidents.len() != sequence.incidents.len() || !sequence.incidents.iter().zip(&incidents).all(fits) {
        return Err(format!("{incidents:#?} instead of {:#?}", sequence.incidents).into());
    }
    let subjects = account.subjects().await?;
    let begins = |(begin, subject): (&String, &String)| subject.starts_with(begin);
    if subjects.len() != sequence.mails.len() || !sequence.mails.iter().zip(&subjects).all(begins) {
        return Err(format!("{subjects:?} instead of {:?}", sequence.mails).into());
    }
    Ok(())
}
