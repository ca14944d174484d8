//! Sequences of events to a running handler, and their expected outcome. They are in `handler/tests/sequences`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

impl Sequence {
    /// Its row in the documentation.
    fn row(&self) -> String {
        let incidents = self.incidents.iter().map(|incident| {
            let severity = incident.severity.as_deref().unwrap_or_default();
            let counted =
                if incident.occurrences == 1 { String::new() } else { format!(" ×{}", incident.occurrences) };
            format!("{severity} {}{counted}", incident.status.name())
        });
        let cell = |texts: Vec<String>| if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
        let mails = self.mails.iter().map(|mail| format!("`{}`", kind_of(mail)));
        format!("| {} | {} | {} |", self.what, cell(incidents.collect()), cell(mails.collect()))
    }
}

/// The beginning of a subject that says why the mail was sent: `[HIGH] ESCALATED:`, `[RESOLVED] no data any more:`.
fn kind_of(subject: &str) -> &str {
    let tag = subject.find("] ").map_or(subject.len(), |at| at + 1);
    let is_word = |text: &str| text.chars().all(|character| character.is_ascii_uppercase());
    let word = subject[tag..].trim_start().split_once(':').map(|(word, _)| word);
    let says_why = &subject[..tag] == "[RESOLVED]" || word.is_some_and(is_word);
    let end = subject[tag..].find(':').filter(|_| says_why).map_or(tag, |at| tag + at + 1);
    &subject[..end]
}

/// `UPDATE_DOCS=1` writes the table.
#[test]
fn the_documentation_has_a_row_for_every_sequence() -> TestResult {
    const MARKS: [&str; 2] = ["<!-- outcomes -->\n", "<!-- end of outcomes -->"];
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    let text = std::fs::read_to_string(&path)?;
    let (before, rest) = text.split_once(MARKS[0]).ok_or("no table")?;
    let (table, after) = rest.split_once(MARKS[1]).ok_or("no end of the table")?;
    let rows: Vec<String> = sequences()?.values().map(Sequence::row).collect();
    let expected = format!("| what happens | incidents | mails |\n|---|---|---|\n{}\n", rows.join("\n"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return Ok(std::fs::write(&path, [before, MARKS[0], &expected, MARKS[1], after].concat())?);
    }
    assert_eq!(table, expected);
    Ok(())
}

/// All sequences, by the name of their files.
fn sequences() -> TestResult<BTreeMap<PathBuf, Sequence>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sequences");
    let mut sequences = BTreeMap::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        sequences.insert(path.clone(), serde_json::from_slice(&std::fs::read(&path)?)?);
    }
    Ok(sequences)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sequence_ends_as_it_has_to() -> TestResult {
    let (mut tried, mut problems) = (0, Vec::new());
    for (path, sequence) in sequences()? {
        tried += 1;
        if let Err(problem) = play(&sequence).await {
            problems.push(format!("{}: {}: {problem}", path.display(), sequence.what));
        }
    }
    assert!(tried >= 25, "{tried} sequences");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

async fn play(sequence: &Sequence) -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    for event in &sequence.events {
        let event = event.to_string().replace("${GENERATOR}", &account.generator());
        account.delivered_by_lambda(&handler, &serde_json::from_str(&event)?).await?;
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
