//! The bill in one line.

use super::{Bill, Item, prices};

/// The cheapest unit whose price says something in cents.
const CENT: f64 = 0.01;

impl Bill {
    /// What the stack costs while nothing fails, and what dominates that, as people read it.
    pub fn line(&self) -> String {
        let list = match self.deployed_in == prices::REGION {
            true => "list price".to_owned(),
            false => format!("the list price of {}", prices::REGION),
        };
        let total = format!(
            "idle cost: about ${:.2} a month at {list} (${:.2} within the free tier)",
            self.monthly_usd, self.free_tier_usd
        );
        let dominant = self.dominant().unwrap_or_default();
        let queries = match self.query_budget_usd {
            0.0 => String::new(),
            budget => format!("; while functions fail, up to ${budget:.2} more to ask which"),
        };
        let unpriced = match self.unpriced.as_slice() {
            [] => String::new(),
            types => format!(", without {}", types.join(", ")),
        };
        format!("{total}{dominant}{queries}{unpriced}")
    }

    fn dominant(&self) -> Option<String> {
        let cost = |item: &Item| item.monthly_usd.unwrap_or_default();
        let most = self.items.iter().max_by(|one, other| cost(one).total_cmp(&cost(other)))?;
        let share = if cost(most) * 2.0 >= self.monthly_usd { "mostly" } else { "above all" };
        Some(format!(", {share} the {} ({})", most.what, reckoned(most)))
    }
}

fn reckoned(item: &Item) -> String {
    match item.quantity {
        Some(quantity) if quantity > 1.0 && item.unit_usd >= CENT => {
            format!("${:.2} for each of {quantity:.0} {}s", item.unit_usd, item.unit)
        }
        _ => format!("${:.2}", item.monthly_usd.unwrap_or_default()),
    }
}
