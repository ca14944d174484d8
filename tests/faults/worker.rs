//! Accounts in succession, each going through the phases, each phase with the next case.

use std::collections::VecDeque;
use std::io::Write;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use incident_deploy::aws::NO_ANSWER;

use super::case::{Attack, Case, reads};
use super::phase::{Clean, Phase};
use crate::harness::{TestBed, TestResult, difference};

/// Far above the duration of a run in which every attempt of a call times out.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Pending cases and results.
pub(super) struct Work {
    clean: Clean,
    waiting: Mutex<[VecDeque<Case>; 3]>,
    results: Mutex<Results>,
}

/// Case counts by outcome.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// The run completed.
    pub(super) endured: usize,
    /// The run failed before its first change.
    pub(super) stopped: usize,
    /// The run failed midway, and the next one repaired it.
    pub(super) repaired: usize,
    /// This run did not make the call.
    pub(super) not_met: usize,
    /// Violations.
    pub(super) problems: Vec<String>,
}

impl Results {
    /// Prints the counts on standard error, even when the test passes.
    pub(super) fn report(&self, what: &str, time: Duration) -> TestResult {
        let Self { endured, stopped, repaired, not_met, .. } = self;
        Ok(writeln!(
            std::io::stderr(),
            "{what} in {:.0} s: {endured} endured, {stopped} stopped before the first change, {repaired} repaired by \
             the next run, {not_met} not met",
            time.as_secs_f64(),
        )?)
    }
}

enum Ending {
    /// The account is unchanged.
    Unchanged,
    /// The phase is complete.
    Over,
}

impl Work {
    pub(super) fn new(clean: Clean, cases: Vec<Case>) -> Self {
        let mut waiting = [VecDeque::new(), VecDeque::new(), VecDeque::new()];
        for case in cases {
            waiting[case.phase as usize].push_back(case);
        }
        Self { clean, waiting: Mutex::new(waiting), results: Mutex::default() }
    }

    pub(super) fn results(self) -> Results {
        self.results.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until no case is pending.
    pub(super) async fn run(&self) {
        while self.has_pending() {
            if let Err(problem) = self.live().await {
                self.note(|results| results.problems.push(problem.to_string()));
            }
        }
    }

    /// The lifecycle of one account.
    async fn live(&self) -> TestResult {
        let test_bed = TestBed::new().await?;
        for phase in Phase::ALL {
            loop {
                let Some(case) = self.next(phase) else {
                    phase.run(&test_bed).await.map_err(|error| format!("{phase:?} without a fault: {error}"))?;
                    break;
                };
                match self.meet(&test_bed, &case).await.map_err(|error| format!("{case}: {error}"))? {
                    Ending::Unchanged => {}
                    Ending::Over => break,
                }
            }
            phase.conclude(&test_bed).await?;
        }
        Ok(())
    }

    /// One case: a run with the fault, then the checks its outcome calls for.
    async fn meet(&self, test_bed: &TestBed, case: &Case) -> TestResult<Ending> {
        test_bed.handle.forget_calls();
        let rule = case.attack.rule(&case.call);
        test_bed.handle.set_faults(vec![rule.clone()]);
        test_bed.use_short_timeout(case.attack.times_out());
        let attacked = async {
            match case.attack {
                Attack::Break(_) => case.phase.run(test_bed).await,
                Attack::Kill(_) => run_killed(case.phase, test_bed).await,
            }
        };
        let run = tokio::time::timeout(TIMEOUT, attacked).await.map_err(|_| "the run hangs")?;
        let seen = test_bed.handle.faults().iter().map(|(_, seen)| *seen).max();
        test_bed.handle.set_faults(Vec::new());
        test_bed.use_short_timeout(false);
        let met = seen >= rule.call;
        let changed = test_bed.handle.calls().iter().any(|call| !reads(&call.operation));
        match &run {
            Ok(()) if met => self.note(|results| results.endured += 1),
            Ok(()) => self.note(|results| results.not_met += 1),
            Err(_) if changed => self.note(|results| results.repaired += 1),
            Err(_) => {
                self.note(|results| results.stopped += 1);
                return Ok(Ending::Unchanged);
            }
        }
        if let Err(first) = run {
            // On a busy machine, another response may be late.
            if case.attack.must_succeed() && !first.to_string().contains(NO_ANSWER) {
                return Err(format!("one lost answer ended the run: {first}").into());
            }
            let again =
                tokio::time::timeout(TIMEOUT, case.phase.run(test_bed)).await.map_err(|_| "the second hangs")?;
            again.map_err(|second| format!("{second} (after: {first})"))?;
        }
        let differs = difference(&self.clean.snapshots[case.phase as usize], &test_bed.snapshot().await?);
        match differs.is_empty() {
            true => Ok(Ending::Over),
            false => Err(format!("not as after a clean run:\n    {}", differs.join("\n    ")).into()),
        }
    }

    fn has_pending(&self) -> bool {
        self.lock().iter().any(|cases| !cases.is_empty())
    }

    fn next(&self, phase: Phase) -> Option<Case> {
        self.lock()[phase as usize].pop_front()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, [VecDeque<Case>; 3]> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, change: impl FnOnce(&mut Results)) {
        change(&mut self.results.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Runs the program until a call hangs, then kills it; returns that error. Without an error, nothing hung.
pub(super) async fn run_killed(phase: Phase, test_bed: &TestBed) -> TestResult {
    let connections = test_bed.handle.connections().count();
    let mut program = phase.program(test_bed)?.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    tokio::select! {
        () = test_bed.handle.until_a_call_hangs() => {}
        ended = program.wait() => return ended.map(drop).map_err(Into::into),
    }
    program.kill().await?;
    // Its request still takes effect.
    test_bed.handle.connections().until(connections).await;
    test_bed.handle.until_idle().await;
    Err("killed".into())
}
