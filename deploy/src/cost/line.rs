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
        let uncounted = self.items.iter().filter(|item| item.monthly_usd.is_none());
        let uncounted: String = uncounted.map(|item| format!(", plus {}", per_unit(item))).collect();
        let dominant = match uncounted.is_empty() {
            true => self.dominant().unwrap_or_default(),
            // What was not counted may be the most of it.
            false => String::new(),
        };
        let unpriced = match self.unpriced.as_slice() {
            [] => String::new(),
            types => format!(", without {}", types.join(", ")),
        };
        format!("{total}{uncounted}{dominant}{unpriced}")
    }

    fn dominant(&self) -> Option<String> {
        let cost = |item: &Item| item.monthly_usd.unwrap_or_default();
        let most = self.items.iter().max_by(|one, other| cost(one).total_cmp(&cost(other)))?;
        let share = if cost(most) * 2.0 >= self.monthly_usd { "mostly" } else { "above all" };
        Some(format!(", {share} the {} ({})", most.what, reckoned(most)))
    }
}

/// `$0.10 for each function of the alarm on every function`.
fn per_unit(item: &Item) -> String {
    format!("${:.2} per {} for the {}", item.unit_usd, item.unit, item.what)
}

fn reckoned(item: &Item) -> String {
    match item.quantity {
        Some(quantity) if quantity > 1.0 && item.unit_usd >= CENT => {
            format!("${:.2} for each of {quantity:.0} {}s", item.unit_usd, item.unit)
        }
        _ => format!("${:.2}", item.monthly_usd.unwrap_or_default()),
    }
}
