//! Which notices a sweep sends now, and how: a function of what is due and of what the mail budgets have left.

use std::collections::HashMap;

use incident_model::{Incident, Reason, Severity};

use crate::mail_budget;
use crate::store::BudgetState;

/// Up to this many notices below CRITICAL are sent as single mails, within the budget; more go into a digest.
const MOST_SINGLE_MAILS: usize = 3;

/// What to send. All other notices wait, untouched, for a sweep with more budget.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// One mail each: about one incident, or about all that share a cause.
    pub(super) mails: Vec<Vec<Incident>>,
    /// One mail for all: a digest, or the incidents that one silence hid.
    pub(super) together: Vec<Incident>,
}

impl Plan {
    /// The plan for incidents with a notice or a reminder to send, worst first. CRITICAL ones get mails of their own as
    /// long as the budget lasts, whatever else waits; a few others too; the rest go into a digest. Those of one cause count as
    /// one. There is one mail about several incidents in a sweep: a digest or what a silence hid, whichever begins with the
    /// worse one.
    pub(super) fn of(due: &[&Incident], singles: &[BudgetState], digests: &BudgetState, now_milliseconds: i64) -> Self {
        let mut sorted: Vec<Incident> = due.iter().map(|incident| (*incident).clone()).collect();
        sorted.sort_by(|one, other| order(one).cmp(&order(other)));
        let is_doubtful = |one: &Incident| one.function_missing_at.is_some();
        let is_critical =
            |one: &Incident| one.severity >= Severity::Critical && one.drill.is_none() && !is_doubtful(one);
        let is_hidden = |one: &Incident| one.silenced_by.is_some() && !is_critical(one);
        let (hidden, open): (Vec<_>, Vec<_>) = sorted.into_iter().partition(is_hidden);
        let (critical, open): (Vec<_>, Vec<_>) =
            by_cause(open).into_iter().partition(|mail| mail.first().is_some_and(is_critical));
        let (drills, others): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|mail| mail.iter().any(|one| one.drill.is_some()));
        let free_for_critical = mail_budget::free(singles, Severity::Critical, now_milliseconds);
        let free_for_others = mail_budget::free(singles, Severity::Low, now_milliseconds);

        let mut plan = Self::default();
        let mut digest = within(critical, free_for_critical, &mut plan.mails);
        let left = free_for_others.saturating_sub(plan.mails.len()).min(MOST_SINGLE_MAILS);
        digest.extend(all_or_none(others, left, &mut plan.mails));
        digest.extend(all_or_none(drills, MOST_SINGLE_MAILS, &mut plan.mails));
        let mut digest: Vec<Incident> = digest.into_iter().flatten().collect();
        // What shares a cause with a worse one stands where it belongs.
        digest.sort_by(|one, other| order(one).cmp(&order(other)));
        if digests.free(now_milliseconds) > 0 {
            plan.together = match (digest.first(), hidden.first()) {
                (Some(digested), Some(hid)) if order(hid) < order(digested) => of_one_silence(hidden),
                (Some(_), _) => digest,
                (None, _) => of_one_silence(hidden),
            };
        }
        plan
    }
}

/// The incidents, those whose notices waited for others of their cause together, each list in the order of its first.
fn by_cause(sorted: Vec<Incident>) -> Vec<Vec<Incident>> {
    let waits: HashMap<String, String> = sorted
        .iter()
        .filter(|one| one.due == Some(Reason::Opened) && one.silenced_by.is_none())
        .filter(|one| one.drill.is_none() && one.function_missing_at.is_none())
        .filter_map(|one| Some((one.incident_id.clone(), one.shares_cause_with.clone()?)))
        .collect();
    let mut mails: Vec<Vec<Incident>> = Vec::new();
    let mut of_cause: HashMap<String, usize> = HashMap::new();
    for incident in sorted {
        let Some(first) = waits.get(&incident.incident_id) else {
            mails.push(vec![incident]);
            continue;
        };
        // The first one may wait for another itself.
        let cause = waits.get(first).unwrap_or(first);
        let at = *of_cause.entry(cause.clone()).or_insert(mails.len());
        match mails.get_mut(at) {
            Some(mail) => mail.push(incident),
            None => mails.push(vec![incident]),
        }
    }
    mails
}

/// The worst first, then the oldest; those of functions that do not exist after all others.
fn order(incident: &Incident) -> (bool, std::cmp::Reverse<Severity>, &str) {
    (incident.function_missing_at.is_some(), std::cmp::Reverse(incident.severity), &incident.created_at)
}

/// Moves the first `most` mails, and returns the others.
fn within(mut waiting: Vec<Vec<Incident>>, most: usize, mails: &mut Vec<Vec<Incident>>) -> Vec<Vec<Incident>> {
    let others = waiting.split_off(most.min(waiting.len()));
    mails.extend(waiting);
    others
}

/// Moves all mails if they are at most `most`, or none: one mail is easier to read than a few and a digest.
fn all_or_none(waiting: Vec<Vec<Incident>>, most: usize, mails: &mut Vec<Vec<Incident>>) -> Vec<Vec<Incident>> {
    let most = if waiting.len() <= most { most } else { 0 };
    within(waiting, most, mails)
}

/// The incidents that one of the silences hid.
fn of_one_silence(hidden: Vec<Incident>) -> Vec<Incident> {
    let silence = hidden.first().and_then(|incident| incident.silenced_by.clone());
    hidden.into_iter().filter(|incident| incident.silenced_by == silence).collect()
}

#[cfg(test)]
mod tests {
    use incident_model::{AlertPolicy, Rules, classify};
    use serde_json::json;

    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    fn incident(
        number: usize,
        severity: Severity,
        silence: Option<&str>,
    ) -> Result<Incident, Box<dyn std::error::Error>> {
        let failure = json!({
            "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
            "detail": {"requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:1:function:orders"}},
        });
        let seen = classify(&failure, &Rules::defaults()?)?;
        let created_at = format!("2026-01-01T00:{number:02}:00.000Z");
        let opened = seen[0].incident(format!("inc-{number:02}"), created_at).ok_or("no failure")?;
        Ok(Incident { severity, silenced_by: silence.map(str::to_owned), ..opened })
    }

    /// The ids of each mail, and those of the mail about several, without budgets used.
    fn planned_mails(incidents: &[Incident]) -> (Vec<Vec<String>>, Vec<String>) {
        let unused = |budget| BudgetState { budget, sent: None };
        let singles = mail_budget::of(&AlertPolicy::default()).map(unused);
        let plan = Plan::of(&incidents.iter().collect::<Vec<_>>(), &singles, &unused(mail_budget::DIGESTS), 1_000_000);
        let ids = |incidents: &[Incident]| incidents.iter().map(|incident| incident.incident_id.clone()).collect();
        (plan.mails.iter().map(|mail| ids(mail)).collect(), ids(&plan.together))
    }

    /// The same, of mails about single incidents.
    fn planned(incidents: &[Incident]) -> (Vec<String>, Vec<String>) {
        let (mails, together) = planned_mails(incidents);
        (mails.concat(), together)
    }

    /// An incident whose notice waits for others of its cause.
    fn folded(number: usize, severity: Severity, first: &str) -> Result<Incident, Box<dyn std::error::Error>> {
        let shares_cause_with = Some(first.to_owned());
        Ok(Incident { due: Some(Reason::Opened), shares_cause_with, ..incident(number, severity, None)? })
    }

    #[test]
    fn those_of_one_cause_are_one_mail_and_one_alone_is_a_single_one() -> Tested {
        let mut due = vec![
            folded(1, Severity::Medium, "inc-00")?,
            folded(2, Severity::Critical, "inc-00")?,
            folded(3, Severity::Medium, "inc-90")?,
            // Its first one waits itself.
            folded(4, Severity::Low, "inc-01")?,
            incident(5, Severity::High, None)?,
        ];
        let (mails, together) = planned_mails(&due);
        assert_eq!(mails, [vec!["inc-02", "inc-01", "inc-04"], vec!["inc-05"], vec!["inc-03"]]);
        assert_eq!(together, Vec::<String>::new());
        // One that recovered in the meantime has another notice; one that a silence hid, a reason to wait.
        due[0].due = Some(Reason::Recovered);
        due[3].silenced_by = Some("sil-1".to_owned());
        let (mails, together) = planned_mails(&due);
        assert_eq!(mails, [vec!["inc-02"], vec!["inc-05"], vec!["inc-01"], vec!["inc-03"]]);
        assert_eq!(together, ["inc-04"]);
        Ok(())
    }

    #[test]
    fn a_storm_folds_what_shares_a_cause_into_its_digest() -> Tested {
        let mut due = Vec::new();
        for number in 0..8 {
            due.push(folded(number, Severity::Medium, if number % 2 == 0 { "inc-90" } else { "inc-91" })?);
        }
        assert_eq!(planned_mails(&due).0.len(), 2);
        due.push(incident(8, Severity::Low, None)?);
        due.push(incident(9, Severity::High, None)?);
        let (mails, together) = planned(&due);
        assert_eq!(
            (mails.len(), together.len(), together[0].as_str(), together[9].as_str()),
            (0, 10, "inc-09", "inc-08")
        );
        Ok(())
    }

    #[test]
    fn what_names_no_function_comes_after_all_others_and_is_never_left_out() -> Tested {
        let mut due = Vec::new();
        for number in 0..20 {
            let forged = incident(number, Severity::Critical, None)?;
            due.push(Incident { function_missing_at: Some("2026-01-01T00:01:00.000Z".to_owned()), ..forged });
        }
        due.push(incident(20, Severity::Critical, None)?);
        due.push(incident(21, Severity::Low, None)?);
        let (singly, together) = planned(&due);
        assert_eq!(singly, ["inc-20"]);
        assert_eq!((together.len(), together[0].as_str()), (21, "inc-21"));
        Ok(())
    }

    #[test]
    fn what_a_silence_hid_does_not_wait_for_the_end_of_a_storm() -> Tested {
        let mut due = vec![
            incident(0, Severity::Critical, Some("sil-1"))?,
            incident(1, Severity::High, Some("sil-1"))?,
            incident(2, Severity::Medium, Some("sil-2"))?,
        ];
        for number in 3..30 {
            due.push(incident(number, Severity::Medium, None)?);
        }
        assert_eq!(planned(&due), (vec!["inc-00".to_owned()], vec!["inc-01".to_owned()]));
        due.remove(1);
        assert_eq!(planned(&due).1, ["inc-02"]);
        due.remove(1);
        assert_eq!(planned(&due).1.len(), 27);
        Ok(())
    }
}
