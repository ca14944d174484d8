//! The handler's situation at a fault, and the invariants afterwards.

use std::collections::BTreeSet;

use incident_local::gateway::faults::{Action, Rule};
use incident_local::outbox::StoredMail;
use incident_model::{Incident, Status};
use serde_json::Value;

use crate::account::{Account, TestResult};
use crate::events::{alarm, failure, failure_of_all, sweep};

/// More incidents than the mail budget of a minute.
const MANY: usize = 8;

/// Incidents of one cause.
const FOLDED: usize = 4;

/// The handler's situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation {
    /// Opening an incident.
    Opening,
    /// Counting a failure for an open one.
    Counting,
    /// Recognising an event that was delivered before.
    Repeating,
    /// Resolving an incident.
    Recovering,
    /// Sending a mail after a crash.
    Sweeping,
    /// Sending a notice over the budget.
    Digesting,
    /// Opening an incident whose cause was alerted.
    Folding,
    /// Sending the notices that waited for others of their cause.
    SendingFolded,
}

impl Situation {
    pub(crate) const ALL: [Self; 8] = [
        Self::Opening,
        Self::Counting,
        Self::Repeating,
        Self::Recovering,
        Self::Sweeping,
        Self::Digesting,
        Self::Folding,
        Self::SendingFolded,
    ];

    /// What happens before.
    pub(crate) async fn prepare(self, account: &Account) -> TestResult {
        let before = match self {
            Self::Opening => Vec::new(),
            Self::Counting | Self::Repeating => vec![failure("orders", "e1")],
            Self::Recovering => vec![alarm("e1", "ALARM")],
            Self::Sweeping => return without_mails(account).await,
            Self::Folding => vec![failure_of_all(&function(0), "e0")],
            Self::SendingFolded => return folded(account).await,
            Self::Digesting => (0..MANY).map(|number| failure(&function(number), &format!("e{number}"))).collect(),
        };
        let handler = account.handler()?;
        for event in before {
            account.delivered_by_lambda(&handler, &event).await?;
        }
        Ok(())
    }

    /// The event of the fault.
    pub(crate) fn event(self) -> Value {
        match self {
            Self::Opening | Self::Repeating => failure("orders", "e1"),
            Self::Counting => failure("orders", "e2"),
            Self::Folding => failure_of_all(&function(1), "e1"),
            Self::Recovering => alarm("e2", "OK"),
            Self::Sweeping | Self::Digesting | Self::SendingFolded => sweep(),
        }
    }

    /// Resource, occurrences and status of the expected incidents.
    fn expected(self) -> Vec<(String, u64, Status)> {
        match self {
            Self::Opening | Self::Repeating | Self::Sweeping => vec![("orders".to_owned(), 1, Status::Open)],
            Self::Counting => vec![("orders".to_owned(), 2, Status::Open)],
            Self::Recovering => vec![("cpu".to_owned(), 1, Status::Resolved)],
            Self::Digesting => open(MANY),
            Self::Folding => open(2),
            Self::SendingFolded => open(FOLDED),
        }
    }

    /// Checks, once everything was delivered and swept: each failure counted once, each incident mailed, and nothing
    /// mailed twice unless the handler could not know.
    pub(crate) async fn check(self, account: &Account, may_repeat: bool) -> TestResult {
        let incidents = account.settled().await?;
        let mut found: Vec<_> =
            incidents.iter().map(|one| (one.resource.clone(), one.occurrences, one.status)).collect();
        found.sort_by(|left, right| left.0.cmp(&right.0));
        if found != self.expected() {
            return Err(format!("{found:?} instead of {:?}", self.expected()).into());
        }
        for incident in &incidents {
            was_mailed(account, incident, may_repeat).await?;
        }
        Ok(())
    }
}

/// So many functions with one failure each.
fn open(functions: usize) -> Vec<(String, u64, Status)> {
    (0..functions).map(|number| (function(number), 1, Status::Open)).collect()
}

fn function(number: usize) -> String {
    format!("function-{}", ["a", "b", "c", "d", "e", "f", "g", "h"][number % MANY])
}

/// Incidents of one cause: the first is mailed, the others wait until now.
async fn folded(account: &Account) -> TestResult {
    let handler = account.handler()?;
    for number in 0..FOLDED {
        account.delivered_by_lambda(&handler, &failure_of_all(&function(number), &format!("e{number}"))).await?;
    }
    let mails = account.subjects().await?;
    let waiting = account.incidents().await?.iter().filter(|one| one.shares_cause_with.is_some()).count();
    if (mails.len(), waiting) != (1, FOLDED - 1) {
        return Err(format!("{waiting} wait after {mails:?}").into());
    }
    account.time_passes().await
}

/// A failure whose mail no delivery could send.
async fn without_mails(account: &Account) -> TestResult {
    let broken = Rule {
        service: Some("sns".to_owned()),
        operation: Some("Publish".to_owned()),
        resource: None,
        caller: None,
        call: None,
        times: None,
        milliseconds: None,
        action: Action::InternalError,
    };
    account.aws.set_faults(vec![broken]);
    // Both the sweep and the dead-letter queue are acceptable.
    let _ = account.delivered_by_lambda(&account.handler()?, &failure("orders", "e1")).await;
    account.aws.set_faults(Vec::new());
    account.time_passes().await
}

async fn was_mailed(account: &Account, incident: &Incident, may_repeat: bool) -> TestResult {
    let is_over = incident.status == Status::Resolved;
    for kind in [Some("beginning"), is_over.then_some("end")].into_iter().flatten() {
        let subjects = subjects(account, incident, kind).await?;
        let notices: BTreeSet<_> = subjects.iter().filter_map(|subject| reference(subject)).collect();
        match subjects.len() {
            1 => {}
            0 => return Err(format!("no mail about the {kind} of {}", incident.incident_id).into()),
            _ if !may_repeat => return Err(format!("two mails about the {kind}: {subjects:?}").into()),
            _ if notices.len() > 1 => return Err(format!("repeated under another number: {subjects:?}").into()),
            _ => {}
        }
    }
    Ok(())
}

/// The subjects of the mails about the beginning or the end of an incident.
async fn subjects(account: &Account, incident: &Incident, kind: &str) -> TestResult<Vec<String>> {
    // Another mail may name it as the first one of a cause.
    let reference = format!("{} (notice ", incident.incident_id);
    let is_wanted = |mail: &StoredMail| {
        mail.body.contains(&reference) && mail.subject.starts_with("[RECOVERED]") == (kind == "end")
    };
    Ok(account.alerts().await?.into_iter().filter(is_wanted).map(|mail| mail.subject).collect())
}

/// The end of the incident's id and the number of the notice, by which a repeated mail is recognised.
fn reference(subject: &str) -> Option<&str> {
    let (_, reference) = subject.rsplit_once(" (")?;
    reference.contains('#').then_some(reference)
}
