//! The mail budgets, and which one a mail uses. CRITICAL has a share of its own, so that no storm of others uses up
//! what it needs.

use incident_model::{AlertPolicy, Severity};

use crate::store::{Budget, BudgetState, Charge};

/// Mails per second: SNS resets an email subscription that gets ten to pending, and removes it after 48 hours. A
/// minute's whole budget may fall into one second.
pub(crate) const MOST_AT_ONCE: usize = 9;
/// The share of CRITICAL, in any sixty seconds, beside [`mails`].
const CRITICAL: Budget = Budget::of_a_minute("critical", 1);
/// Delay, in seconds, of a notice over the budget. The next sweep comes later anyway.
pub(crate) const DEFERRED_SECONDS: i64 = 20;
/// Mails about several incidents. They have a budget of their own, because a storm would use up a shared one. Shorter
/// than the minute between two sweeps, of which one may come a moment early.
pub(crate) const DIGESTS: Budget = Budget { name: "digests", limit: 1, milliseconds: 50_000 };

/// Mails about single incidents of any severity.
fn mails(policy: &AlertPolicy) -> Budget {
    let most = MOST_AT_ONCE - DIGESTS.limit - CRITICAL.limit;
    Budget::of_a_minute("mails", policy.mails_per_minute.get().min(most))
}

/// The budgets of mails about single incidents.
pub(crate) fn of(policy: &AlertPolicy) -> [Budget; 2] {
    [mails(policy), CRITICAL]
}

/// How many mails a second are left for drills.
pub(crate) fn room_for_drills(policy: &AlertPolicy) -> usize {
    MOST_AT_ONCE.saturating_sub(DIGESTS.limit + CRITICAL.limit + mails(policy).limit)
}

/// Whether a mail of this severity may use a budget.
pub(crate) fn is_for(budget: &Budget, severity: Severity) -> bool {
    budget.name != CRITICAL.name || severity >= Severity::Critical
}

/// Takes a mail of this severity from the first budget that has one left.
pub(crate) fn charge(states: &[BudgetState], severity: Severity, now_milliseconds: i64) -> Option<Charge> {
    states.iter().filter(|state| is_for(&state.budget, severity)).find_map(|state| state.charge(now_milliseconds))
}

/// How many mails of this severity may be sent now.
pub(crate) fn free(states: &[BudgetState], severity: Severity, now_milliseconds: i64) -> usize {
    let usable = states.iter().filter(|state| is_for(&state.budget, severity));
    usable.map(|state| state.free(now_milliseconds)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(mails: u64) -> Result<AlertPolicy, serde_json::Error> {
        serde_json::from_value(serde_json::json!({ "mails_per_minute": mails }))
    }

    #[test]
    fn all_budgets_together_stay_below_what_ends_a_subscription() -> Result<(), serde_json::Error> {
        for mails in 1..=8 {
            let policy = policy(mails)?;
            let singles: usize = of(&policy).iter().map(|budget| budget.limit).sum();
            assert!(singles + DIGESTS.limit + room_for_drills(&policy) <= MOST_AT_ONCE, "{mails}");
        }
        Ok(())
    }

    #[test]
    fn a_storm_of_others_leaves_critical_its_share() -> Result<(), serde_json::Error> {
        let full = |budget: Budget| BudgetState { budget, sent: Some(vec![1_000; budget.limit]) };
        let [mails, critical] = of(&policy(6)?);
        let storm = [full(mails), BudgetState { budget: critical, sent: None }];
        assert_eq!(charge(&storm, Severity::High, 2_000), None);
        assert_eq!(charge(&storm, Severity::Critical, 2_000).map(|charge| charge.name), Some("critical"));
        assert_eq!((free(&storm, Severity::Low, 2_000), free(&storm, Severity::Critical, 2_000)), (0, 1));
        let calm = of(&policy(6)?).map(|budget| BudgetState { budget, sent: None });
        assert_eq!(charge(&calm, Severity::Critical, 2_000).map(|charge| charge.name), Some("mails"));
        Ok(())
    }
}
