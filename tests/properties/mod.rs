//! Properties of any configuration and interference, on random inputs.
//!
//! Few cases by default, because each deploys several times; `PROPTEST_CASES` overrides the number.

mod drift;
mod wishes;

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::harness::{Laboratory, Snapshot, TestResult, Wish, difference};
use drift::Drift;
use wishes::wish;

#[test]
fn up_converges_independently_of_the_previous_configuration() -> TestResult {
    hold(&(wish(), wish()), async |(first, second)| {
        let laboratory = Laboratory::new().await?;
        reach(&laboratory, first).await?;
        reach(&laboratory, second).await?;
        let fresh = Laboratory::new().await?;
        reach(&fresh, second).await?;
        same(&fresh.snapshot().await?, &laboratory.snapshot().await?)
    })
}

#[test]
fn up_repairs_interference() -> TestResult {
    hold(&(wish(), prop::collection::vec(drift::any(), 1..4)), async |(wish, drifts): &(Wish, Vec<Drift>)| {
        let laboratory = Laboratory::new().await?;
        reach(&laboratory, wish).await?;
        let before = laboratory.snapshot().await?;
        for drift in drifts {
            drift.happen(&laboratory).await.map_err(|error| format!("{drift:?}: {error}"))?;
        }
        reach(&laboratory, wish).await?;
        same(&before, &laboratory.snapshot().await?)
    })
}

/// Deploys, confirms the addresses, and checks that replaced ones are removed and nothing is left to do.
async fn reach(laboratory: &Laboratory, wish: &Wish) -> TestResult {
    laboratory.up(wish).await?;
    laboratory.confirm_addresses().await?;
    laboratory.up(wish).await?;
    let plan = laboratory.plan(wish).await?;
    match plan.is_empty() {
        true => Ok(()),
        false => Err(format!("left to do: {}", serde_json::to_string(&plan)?).into()),
    }
}

fn same(expected: &Snapshot, found: &Snapshot) -> TestResult {
    let differs = difference(expected, found);
    if differs.is_empty() { Ok(()) } else { Err(differs.join("\n").into()) }
}

/// Checks a property on a few random inputs.
fn hold<S: Strategy>(inputs: &S, property: impl AsyncFn(&S::Value) -> TestResult) -> TestResult
where
    S::Value: Debug + 'static,
{
    let chosen = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = ProptestConfig { cases: chosen.unwrap_or(4), failure_persistence: None, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    TestRunner::new(config).run(inputs, |input| {
        runtime.block_on(property(&input)).map_err(|error| TestCaseError::fail(error.to_string()))
    })?;
    Ok(())
}
