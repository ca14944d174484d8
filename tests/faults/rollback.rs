//! `up --rollback`: whichever call fails, nothing the run created remains.

use std::io::Write;
use std::time::Instant;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::case::{Attack, Case, Fault, Point};
use super::matrix::{WORKERS, share};
use super::phase::{Clean, Phase, first};
use crate::harness::{Snapshot, TestBed, TestResult};

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_leaves_nothing_whichever_call_fails() -> TestResult {
    let start = Instant::now();
    let clean = Clean::record().await?;
    let calls = clean.calls[Phase::Up as usize].iter().filter(|call| !call.reads());
    let attack = |call: &Point, fault| Case { phase: Phase::Up, call: call.clone(), attack: Attack::Break(fault) };
    let cases: Vec<Case> =
        calls.flat_map(|call| [Fault::Throttle, Fault::DropAfter].map(|fault| attack(call, fault))).collect();
    let total = cases.len();
    let failed: Vec<bool> = stream::iter(share(cases)).map(fail).buffer_unordered(WORKERS).try_collect().await?;
    let rolled_back = failed.iter().filter(|failed| **failed).count();
    writeln!(
        std::io::stderr(),
        "{} of {total} rollbacks in {:.0} s: {rolled_back} rolled back, the others endured",
        failed.len(),
        start.elapsed().as_secs_f64()
    )?;
    assert!(rolled_back > failed.len() / 2, "{rolled_back} of {}", failed.len());
    Ok(())
}

/// Whether the run failed.
async fn fail(case: Case) -> TestResult<bool> {
    let test_bed = TestBed::new().await?;
    test_bed.handle.set_faults(vec![case.attack.rule(&case.call)]);
    let Err(error) = test_bed.up_or_roll_back(&first()).await else { return Ok(false) };
    test_bed.handle.set_faults(Vec::new());
    let left = test_bed.snapshot().await?;
    match left == Snapshot::new() && !error.to_string().contains("not rolled back") {
        true => Ok(true),
        false => Err(format!("{case}: {error}: left {:?}", left.keys()).into()),
    }
}
