//! What a thousand incidents cost, from the calls about some.

use std::collections::BTreeMap;
use std::io::Write;

use incident_deploy::cost::prices;
use serde_json::{Value, json};

use super::super::stack::{HANDLER, Stack};
use super::failure::{Moment, lines_with_id, of_function};
use super::now;
use crate::harness::{Control, TestResult};

/// Incidents that are counted, each with a mail of its own.
const INCIDENTS: usize = 4;
/// Series of a `GetMetricData`.
const SERIES: f64 = 5.0;
/// What evidence adds to an incident, at most: calls, write units of the table, and US dollars for a thousand.
const MOST_ADDED: (f64, f64, f64) = (5.0, 6.0, 0.06);

/// The calls about one incident.
#[derive(Debug)]
struct Bill {
    calls: BTreeMap<String, f64>,
    read_units: f64,
    write_units: f64,
}

#[tokio::test]
async fn evidence_adds_few_calls_and_cents_to_a_thousand_incidents() -> TestResult {
    let with = Bill::of("").await?;
    let without = Bill::of("analysis: {logs: false, changes: false, metrics: false, executions: false}\n").await?;
    for (name, bill) in [("with evidence", &with), ("without", &without)] {
        writeln!(std::io::stderr(), "a thousand incidents {name}: ${:.4}, each {bill:?}", bill.dollars())?;
    }
    let added =
        (with.number() - without.number(), with.write_units - without.write_units, with.dollars() - without.dollars());
    assert!(added.0 > 0.0 && with.calls.contains_key("FilterLogEvents"), "{with:?}");
    assert!(added.0 <= MOST_ADDED.0 && added.1 <= MOST_ADDED.1 && added.2 <= MOST_ADDED.2, "{added:?}");
    Ok(())
}

impl Bill {
    /// What new incidents cost with these settings.
    async fn of(settings: &str) -> TestResult<Self> {
        let stack = Stack::with("1", &format!("schedule: never\n{settings}")).await?;
        let mut control = Control::of(&stack.aws).await?;
        for number in 0..=INCIDENTS {
            let (name, at) = (format!("orders-{number}"), Moment { number, now: now()? });
            let failure = of_function(&name, at, &lines_with_id(&name, at));
            control.call("PUT", "history", &json!({ "logs": failure.logs }).to_string()).await?;
            let mut event = failure.event;
            (event["account"], event["region"]) = (stack.aws.account.as_str().into(), stack.aws.region.as_str().into());
            let (is_handled, answer) = stack.invoke(&event.to_string()).await?;
            assert!(is_handled, "{answer}");
            if number == 0 {
                // A new handler sweeps.
                control.call("DELETE", "calls", "").await?;
            }
        }
        let calls = control.call("GET", "calls", "").await?;
        let of_handler =
            |call: &&Value| call["principal"].as_str().is_some_and(|principal| principal.contains(HANDLER));
        let mut bill = Self { calls: BTreeMap::new(), read_units: 0.0, write_units: 0.0 };
        for call in calls.as_array().into_iter().flatten().filter(of_handler) {
            let share = 1.0 / INCIDENTS as f64;
            *bill.calls.entry(call["operation"].as_str().unwrap_or_default().to_owned()).or_default() += share;
            bill.read_units += share * call["read_units"].as_f64().unwrap_or_default();
            bill.write_units += share * call["write_units"].as_f64().unwrap_or_default();
        }
        assert_eq!(bill.count("Publish"), 1.0, "one mail each: {bill:?}");
        Ok(bill)
    }

    fn count(&self, operation: &str) -> f64 {
        self.calls.get(operation).copied().unwrap_or_default()
    }

    fn number(&self) -> f64 {
        self.calls.values().sum()
    }

    /// The list price of a thousand, without Lambda's time. Calls of Logs, Lambda, Step Functions and ECS that read have none.
    fn dollars(&self) -> f64 {
        let one = self.read_units * prices::READ.usd
            + self.write_units * prices::WRITE.usd
            + self.count("GetMetricData") * SERIES * prices::READ_METRIC.usd
            + self.count("Publish") * (prices::SNS_REQUEST.usd + prices::MAIL.usd)
            + prices::INVOCATION.usd;
        1000.0 * one
    }
}
