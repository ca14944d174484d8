//! Each call of `up`, of an update and of `down`, broken in each way.

use std::time::Instant;

use futures_util::future::join_all;

use super::case::{Case, Fault};
use super::phase::{Clean, Phase};
use super::worker::Work;
use crate::harness::TestResult;

/// Accounts at a time: more than processors, because much of a deployment is waiting.
const WORKERS: usize = 5;
/// One case of so many is met unless `INCIDENTCTL_TEST_FAULTS` says another number. As a call has four or seven cases,
/// this step meets each call with another fault than the one before.
const SPREAD: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_repairs_what_any_broken_call_left() -> TestResult {
    let start = Instant::now();
    let clean = Clean::record().await?;
    let all = cases(&clean);
    let (count, total) = (spread(&all).len(), all.len());
    let work = Work::new(clean, spread(&all));
    join_all((0..WORKERS).map(|_| work.run())).await;
    let results = work.results();
    results.tell(&format!("{count} of {total} broken calls"), start.elapsed())?;
    assert!(results.problems.is_empty(), "{} problems\n{}", results.problems.len(), results.problems.join("\n"));
    assert!(results.not_met < count / 10, "{results:?}");
    Ok(())
}

fn cases(clean: &Clean) -> Vec<Case> {
    let of_phase = |phase: Phase| {
        clean.calls[phase as usize].iter().flat_map(move |call| {
            Fault::of(call).iter().map(move |fault| Case { phase, call: call.clone(), fault: *fault })
        })
    };
    Phase::ALL.into_iter().flat_map(of_phase).collect()
}

/// A share of the cases that meets every call and every fault, or all.
fn spread(cases: &[Case]) -> Vec<Case> {
    let chosen = std::env::var("INCIDENTCTL_TEST_FAULTS").ok();
    let step = chosen.and_then(|step| step.parse().ok()).unwrap_or(SPREAD);
    cases.iter().step_by(step).cloned().collect()
}
