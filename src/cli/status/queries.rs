//! What it cost this month to ask CloudWatch which functions fail, and how often the budget allows to ask.

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::query_budget::{Month, SHORTEST_INTERVAL, cost_of};
use incident_model::table::{INCIDENT_ID, query_budget_key};
use incident_model::time::rfc3339;
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::time_arg;
use crate::error::CommandError;
use crate::settings::StackName;
use incident_deploy::aws::{Absent, Clients, Explain};

/// The queries of a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Queries {
    /// `2026-11`.
    pub(super) month: String,
    /// US dollars at list price.
    pub(super) spent_usd: f64,
    /// US dollars that they may cost.
    pub(super) budget_usd: f64,
    /// When the last one was asked.
    pub(super) asked_at: String,
    /// When the budget allows the next one.
    pub(super) next_at: String,
    /// Seconds between the two.
    pub(super) interval_seconds: i64,
    /// Whether that is longer than it would be with more money.
    pub(super) stretched: bool,
}

/// The queries of this month; `None` without any, or without the table, which is already reported as drift.
pub(super) async fn of_this_month(clients: &Clients, stack: &StackName) -> Result<Option<Queries>, CommandError> {
    let month = Month::of(Timestamp::now().as_second());
    let key = AttributeValue::S(query_budget_key(&month.name));
    let call =
        clients.dynamodb.get_item().table_name(stack.incident_table()).key(INCIDENT_ID, key).consistent_read(true);
    let answer = call.send().await.explain("dynamodb:GetItem").or_absent("ResourceNotFoundException")?;
    let Some(item) = answer.and_then(|answer| answer.item) else { return Ok(None) };
    let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()?.parse::<i64>().ok());
    let (metrics, cents) = (number("metrics_read").unwrap_or_default(), number("budget_cents").unwrap_or_default());
    let (asked_at, next_at) = (number("asked_at").unwrap_or_default(), number("next_at").unwrap_or_default());
    Ok(Some(Queries::new(month.name, metrics, cents, asked_at, next_at)))
}

impl Queries {
    /// Of metrics that were read, a budget in cents, and times in seconds since 1970.
    pub(super) fn new(month: String, metrics: i64, cents: i64, asked_at: i64, next_at: i64) -> Self {
        let interval_seconds = (next_at - asked_at).max(0);
        Self {
            month,
            spent_usd: cost_of(u64::try_from(metrics).unwrap_or_default()),
            budget_usd: cents as f64 / 100.0,
            asked_at: rfc3339(asked_at),
            next_at: rfc3339(next_at),
            interval_seconds,
            stretched: interval_seconds > 2 * SHORTEST_INTERVAL,
        }
    }

    /// `$4.20 of $5.00 this month; the budget stretches them: …`
    pub(super) fn line(&self) -> String {
        let spent = format!("${:.2} of ${:.2} this month to ask which functions fail", self.spent_usd, self.budget_usd);
        match self.stretched {
            false => spent,
            true => format!(
                "{spent}; the budget stretches the interval to {}: next at {}",
                length(self.interval_seconds),
                time_arg::readable(&self.next_at)
            ),
        }
    }
}

/// `86 min`, `7 h 12 min`.
fn length(seconds: i64) -> String {
    let minutes = seconds / 60;
    match minutes {
        0..=119 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}
