//! Each call of `up`, of an update and of `down`: broken in each way, and the deployer killed at it.

use std::time::Instant;

use futures_util::future::join_all;

use super::case::{Attack, Case, Point};
use super::phase::{Clean, Phase};
use super::worker::Work;
use crate::harness::TestResult;

/// Concurrent accounts: more than processors, because deployments mostly wait.
pub(super) const WORKERS: usize = 5;
/// Runs one in this many cases unless `INCIDENTCTL_TEST_FAULTS` overrides it. Calls have four or seven faults, so this
/// stride pairs each call with a different fault than the previous one.
const SPREAD: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn the_next_run_recovers_from_a_broken_call() -> TestResult {
    meet("broken calls", Clean::record().await?, Attack::breaking).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_run_recovers_from_a_kill() -> TestResult {
    meet("kills", Clean::record_program().await?, Attack::killing).await
}

/// Runs every recorded call with each fault, or a share of them.
async fn meet(what: &str, clean: Clean, attacks: fn(&Point) -> Vec<Attack>) -> TestResult {
    let start = Instant::now();
    let all = cases(&clean, attacks);
    let total = all.len();
    let cases = share(all);
    let count = cases.len();
    let work = Work::new(clean, cases);
    join_all((0..WORKERS).map(|_| work.run())).await;
    let results = work.results();
    results.report(&format!("{count} of {total} {what}"), start.elapsed())?;
    assert!(results.problems.is_empty(), "{} problems\n{}", results.problems.len(), results.problems.join("\n"));
    assert!(results.not_met <= count / 10, "{results:?}");
    Ok(())
}

/// The cases of this run.
pub(super) fn share(cases: Vec<Case>) -> Vec<Case> {
    let chosen = std::env::var("INCIDENTCTL_TEST_FAULTS").ok();
    let step = chosen.and_then(|step| step.parse().ok()).unwrap_or(SPREAD);
    cases.into_iter().step_by(step).collect()
}

fn cases(clean: &Clean, attacks: fn(&Point) -> Vec<Attack>) -> Vec<Case> {
    let of_phase = |phase: Phase| {
        clean.calls[phase as usize].iter().flat_map(move |call| {
            attacks(call).into_iter().map(move |attack| Case { phase, call: call.clone(), attack })
        })
    };
    Phase::ALL.into_iter().flat_map(of_phase).collect()
}
