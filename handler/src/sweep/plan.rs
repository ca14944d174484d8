//! Which notices a sweep sends now, and how: a function of what is due and of what the mail budgets have left.

use incident_model::{Incident, Severity};

use crate::mail_budget::{self, DIGESTS};
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
    /// about several incidents in a sweep, and a digest comes before what silences hid.
    pub(super) fn of(due: &[&Incident], budgets: &[BudgetState], now_milliseconds: i64) -> Self {
        let mut sorted: Vec<Incident> = due.iter().map(|incident| (*incident).clone()).collect();
        sorted.sort_by_key(|incident| (std::cmp::Reverse(incident.severity), incident.due_at));
        let (hidden, open): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|one| one.silenced_by.is_some());
        let (drills, open): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.drill.is_some());
        let (critical, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.severity >= Severity::Critical);
        let singles: Vec<BudgetState> =
            budgets.iter().filter(|state| state.budget.name != DIGESTS.name).cloned().collect();
        let free_for_critical = mail_budget::free(&singles, Severity::Critical, now_milliseconds);
        let free_for_others = mail_budget::free(&singles, Severity::Low, now_milliseconds);

        let mut plan = Self::default();
        let mut digest = within(critical, free_for_critical, &mut plan.singly);
        let left = free_for_others.saturating_sub(plan.singly.len()).min(MOST_SINGLE_MAILS);
        digest.extend(all_or_none(others, left, &mut plan.singly));
        digest.extend(all_or_none(drills, MOST_SINGLE_MAILS, &mut plan.singly));
        let may_digest = budgets.iter().filter(|state| state.budget.name == DIGESTS.name);
        if may_digest.map(|state| state.free(now_milliseconds)).sum::<usize>() > 0 {
            plan.together = if digest.is_empty() { of_one_silence(hidden) } else { digest };
        }
        plan
    }
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
    let silence = hidden.iter().map(|incident| incident.silenced_by.clone()).min().flatten();
    hidden.into_iter().filter(|incident| incident.silenced_by == silence).collect()
}
