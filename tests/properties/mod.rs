//! Properties of any configuration and interference, on random inputs.
//!
//! Few cases by default, because each deploys several times; `PROPTEST_CASES` overrides the number.

mod configurations;
mod drift;

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::harness::{Desired, Snapshot, TestBed, TestResult, difference};
use configurations::desired;
use drift::Drift;

#[test]
fn up_converges_independently_of_the_previous_configuration() -> TestResult {
    hold(&(desired(), desired()), async |(first, second)| {
        let test_bed = TestBed::new().await?;
        reach(&test_bed, first).await?;
        reach(&test_bed, second).await?;
        let fresh = TestBed::new().await?;
        reach(&fresh, second).await?;
        same(&fresh.snapshot().await?, &test_bed.snapshot().await?)
    })
}

#[test]
fn up_repairs_interference() -> TestResult {
    hold(&(desired(), prop::collection::vec(drift::any(), 1..4)), async |(desired, drifts): &(Desired, Vec<Drift>)| {
        let test_bed = TestBed::new().await?;
        reach(&test_bed, desired).await?;
        let before = test_bed.snapshot().await?;
        for drift in drifts {
            drift.happen(&test_bed).await.map_err(|error| format!("{drift:?}: {error}"))?;
        }
        reach(&test_bed, desired).await?;
        same(&before, &test_bed.snapshot().await?)
    })
}

/// Deploys, confirms the addresses, and checks that replaced ones are removed and nothing is left to do.
async fn reach(test_bed: &TestBed, desired: &Desired) -> TestResult {
    test_bed.up(desired).await?;
    test_bed.confirm_addresses().await?;
    test_bed.up(desired).await?;
    let plan = test_bed.plan(desired).await?;
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
