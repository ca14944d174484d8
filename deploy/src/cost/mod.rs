//! What a stack costs by the month while nothing fails, at list price. Pure.
//!
//! A bill is a function of the resolved stack; what prices it knows is in [`prices`]. A resource type without a decision is named in the bill, and a test refuses it in the template.

mod charges;
mod line;
pub mod prices;
mod queries;
mod sweep;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::template::Stack;

use charges::Charge;

pub use sweep::{QUIET_SWEEP, QuietSweep};

/// The monthly bill of a stack in which nothing fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bill {
    /// US dollars a month at list price, the free tier included; without what could not be counted.
    pub monthly_usd: f64,
    /// How much of it the free tier takes, if nothing else in the account uses it up.
    pub free_tier_usd: f64,
    /// US dollars a month at most for asking which functions fail, while any does; 0 where nothing asks.
    pub query_budget_usd: f64,
    /// What it is made of.
    pub items: Vec<Item>,
    /// Types of resources that have no price here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpriced: Vec<String>,
    /// The day on which the prices were looked up, as `2026-11-27`.
    pub as_of: &'static str,
    /// The region whose prices these are, wherever the stack is.
    pub region: &'static str,
    #[serde(skip)]
    deployed_in: String,
}

/// One thing that is paid for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// What it is.
    pub what: &'static str,
    /// How many units in a month; `None` when that could not be counted.
    pub quantity: Option<f64>,
    /// What is counted, in the singular.
    pub unit: &'static str,
    /// US dollars for one unit.
    pub unit_usd: f64,
    /// US dollars a month, the free tier included; `None` when the units could not be counted.
    pub monthly_usd: Option<f64>,
    /// How much of it the free tier takes, if nothing else in the account uses it up.
    pub free_tier_usd: f64,
    /// AWS's page with the price.
    pub source: &'static str,
}

impl Bill {
    /// The bill of a stack.
    pub fn of(stack: &Stack) -> Self {
        let mut charges: Vec<Charge> = Vec::new();
        let mut unpriced = Vec::new();
        for resource in &stack.resources {
            match charges::of(resource, stack) {
                Some(found) => found.into_iter().for_each(|charge| add(&mut charges, charge)),
                None => unpriced.push(resource.resource_type.clone()),
            }
        }
        unpriced.sort();
        unpriced.dedup();
        let items: Vec<Item> = charges.iter().map(Item::of).collect();
        Self {
            monthly_usd: rounded(items.iter().filter_map(|item| item.monthly_usd).sum()),
            free_tier_usd: rounded(items.iter().map(|item| item.free_tier_usd).sum()),
            query_budget_usd: queries::budget(stack),
            items,
            unpriced,
            as_of: prices::AS_OF,
            region: prices::REGION,
            deployed_in: stack.place.region.clone(),
        }
    }
}

impl Item {
    fn of(charge: &Charge) -> Self {
        let Charge { what, price, quantity } = charge;
        Self {
            what,
            quantity: quantity.map(rounded),
            unit: price.unit,
            unit_usd: price.usd,
            monthly_usd: quantity.map(|quantity| rounded(quantity * price.usd)),
            free_tier_usd: rounded(quantity.unwrap_or_default().min(price.free) * price.usd),
            source: price.source,
        }
    }
}

/// The free tier counts what is alike together.
fn add(charges: &mut Vec<Charge>, charge: Charge) {
    match charges.iter_mut().find(|known| known.what == charge.what && known.price == charge.price) {
        Some(known) => {
            known.quantity = known.quantity.zip(charge.quantity).map(|(one, other)| one + other);
        }
        None => charges.push(charge),
    }
}

/// Without what binary fractions add to decimal ones: to a hundredth of a cent.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
