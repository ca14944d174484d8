//! Which notices a sweep sends now, and how: a function of what is due and of what the mail budgets have left.

use incident_model::{Incident, Severity};

use crate::mail_budget;
use crate::store::BudgetState;

/// Up to this many notices below CRITICAL are sent as single mails, within the budget; more go into a digest.
const MOST_SINGLE_MAILS: usize = 3;

/// What to send. All other notices wait, untouched, for a sweep with more budget.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// One mail each.
    pub(super) singly: Vec<Incident>,
    /// One mail for all: a digest, or the incidents that one silence hid.
    pub(super) together: Vec<Incident>,
}

impl Plan {
    /// The plan for incidents with a notice or a reminder to send, worst first. CRITICAL ones get mails of their own as
    /// long as the budget lasts, whatever else waits; a few others too; the rest go into a digest. There is one mail
    /// about several incidents in a sweep: a digest or what a silence hid, whichever begins with the worse one.
    pub(super) fn of(due: &[&Incident], singles: &[BudgetState], digests: &BudgetState, now_milliseconds: i64) -> Self {
        let mut sorted: Vec<Incident> = due.iter().map(|incident| (*incident).clone()).collect();
        sorted.sort_by(|one, other| order(one).cmp(&order(other)));
        let is_doubtful = |one: &Incident| one.function_missing_at.is_some();
        let is_critical =
            |one: &Incident| one.severity >= Severity::Critical && one.drill.is_none() && !is_doubtful(one);
        let (critical, open): (Vec<_>, Vec<_>) = sorted.into_iter().partition(is_critical);
        let (hidden, open): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.silenced_by.is_some());
        let (drills, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.drill.is_some());
        let free_for_critical = mail_budget::free(singles, Severity::Critical, now_milliseconds);
        let free_for_others = mail_budget::free(singles, Severity::Low, now_milliseconds);

        let mut plan = Self::default();
        let mut digest = within(critical, free_for_critical, &mut plan.singly);
        let left = free_for_others.saturating_sub(plan.singly.len()).min(MOST_SINGLE_MAILS);
        digest.extend(all_or_none(others, left, &mut plan.singly));
        digest.extend(all_or_none(drills, MOST_SINGLE_MAILS, &mut plan.singly));
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

/// The worst first, then the oldest; those of functions that do not exist after all others.
fn order(incident: &Incident) -> (bool, std::cmp::Reverse<Severity>, &str) {
    (incident.function_missing_at.is_some(), std::cmp::Reverse(incident.severity), &incident.created_at)
}

/// Moves the first `most` incidents, and returns the others.
fn within(mut incidents: Vec<Incident>, most: usize, singly: &mut Vec<Incident>) -> Vec<Incident> {
    let others = incidents.split_off(most.min(incidents.len()));
    singly.extend(incidents);
    others
}

/// Moves all incidents if they are at most `most`, or none: one mail is easier to read than a few and a digest.
fn all_or_none(incidents: Vec<Incident>, most: usize, singly: &mut Vec<Incident>) -> Vec<Incident> {
    let most = if incidents.len() <= most { most } else { 0 };
    within(incidents, most, singly)
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

    /// The ids of single mails, and those of the mail about several, without budgets used.
    fn planned(incidents: &[Incident]) -> (Vec<String>, Vec<String>) {
        let unused = |budget| BudgetState { budget, sent: None };
        let singles = mail_budget::of(&AlertPolicy::default()).map(unused);
        let plan = Plan::of(&incidents.iter().collect::<Vec<_>>(), &singles, &unused(mail_budget::DIGESTS), 1_000_000);
        let ids = |incidents: &[Incident]| incidents.iter().map(|incident| incident.incident_id.clone()).collect();
        (ids(&plan.singly), ids(&plan.together))
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
