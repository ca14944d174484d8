//! Mail budgets: how many mails of a kind may be sent within a sliding time window. A budget's item holds the times of
//! its latest mails. Decisions are made on what was read, so that a budget that is used up costs no write.

/// How many mails of a kind may be sent within a sliding time window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The kind.
    pub name: &'static str,
    /// How many.
    pub limit: usize,
    /// The window, in milliseconds.
    pub milliseconds: i64,
}

impl Budget {
    /// This many in any sixty seconds.
    pub const fn of_a_minute(name: &'static str, limit: usize) -> Self {
        Self { name, limit, milliseconds: 60_000 }
    }
}

/// A budget and the times of its latest mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetState {
    /// The budget.
    pub budget: Budget,
    /// The times of the latest mails, in milliseconds since 1970, as they are stored; `None` without an item.
    pub sent: Option<Vec<i64>>,
}

/// One mail taken from a budget: the change of its item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The budget's name.
    pub name: &'static str,
    /// What the item must still hold.
    pub read: Option<Vec<i64>>,
    /// What it holds then.
    pub then: Vec<i64>,
}

impl BudgetState {
    /// How many mails may be sent now.
    pub fn free(&self, now_milliseconds: i64) -> usize {
        self.budget.limit.saturating_sub(self.within(now_milliseconds).count())
    }

    /// Takes one mail; `None` if the budget is used up.
    pub fn charge(&self, now_milliseconds: i64) -> Option<Charge> {
        let mut then: Vec<i64> = self.within(now_milliseconds).collect();
        if then.len() >= self.budget.limit {
            return None;
        }
        then.push(now_milliseconds);
        Some(Charge { name: self.budget.name, read: self.sent.clone(), then })
    }

    fn within(&self, now_milliseconds: i64) -> impl Iterator<Item = i64> {
        let since = now_milliseconds - self.budget.milliseconds;
        self.sent.iter().flatten().copied().filter(move |at| *at > since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_mails_fit_in_any_window() {
        let mut state = BudgetState { budget: Budget::of_a_minute("mails", 3), sent: None };
        let mut taken = Vec::new();
        for second in 0..200 {
            let now = second * 1000;
            assert_eq!(state.free(now) > 0, state.charge(now).is_some());
            if let Some(charge) = state.charge(now) {
                assert_eq!(charge.read, state.sent);
                state.sent = Some(charge.then);
                taken.push(second);
            }
        }
        assert_eq!(taken, [0, 1, 2, 60, 61, 62, 120, 121, 122, 180, 181, 182]);
    }

    #[test]
    fn a_changed_limit_applies_to_what_was_sent_before() {
        let sent = Some(vec![0, 1_000, 2_000]);
        for (limit, free) in [(1, 0), (3, 0), (5, 2)] {
            let state = BudgetState { budget: Budget::of_a_minute("mails", limit), sent: sent.clone() };
            assert_eq!(state.free(10_000), free);
        }
        // As version 1 wrote it: zeros for mails never sent.
        let state = BudgetState { budget: Budget::of_a_minute("mails", 3), sent: Some(vec![0, 0, 990_000]) };
        assert_eq!(state.free(1_000_000), 2);
    }
}
