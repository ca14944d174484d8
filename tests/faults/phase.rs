//! A deployer's three phases: create, update, delete.

use std::pin::Pin;

use super::case::Point;
use crate::harness::{BOUNDARY, Desired, Snapshot, TestBed, TestResult};

/// The work during which calls break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Up,
    Update,
    Down,
}

impl Phase {
    /// All phases, in a stack's lifecycle order.
    pub(super) const ALL: [Self; 3] = [Self::Up, Self::Update, Self::Down];

    /// Runs it once, in this process.
    pub(super) async fn run(self, test_bed: &TestBed) -> TestResult {
        match self {
            Self::Up => test_bed.up(&first()).await?,
            Self::Update => test_bed.up(&second()).await?,
            Self::Down => test_bed.down().await?,
        };
        Ok(())
    }

    /// The program that runs it.
    pub(super) fn program(self, test_bed: &TestBed) -> TestResult<tokio::process::Command> {
        match self {
            Self::Up => test_bed.program("up", &first()),
            Self::Update => test_bed.program("up", &second()),
            Self::Down => test_bed.program("down", &second()),
        }
    }

    /// Whether nothing is left to do.
    pub(super) async fn is_done(self, test_bed: &TestBed) -> TestResult<bool> {
        Ok(match self {
            Self::Up => test_bed.plan(&first()).await?.is_empty(),
            Self::Update => test_bed.plan(&second()).await?.is_empty(),
            Self::Down => true,
        })
    }

    /// What others do before the next phase: confirm one address, so that it can be unsubscribed.
    pub(super) async fn conclude(self, test_bed: &TestBed) -> TestResult {
        match self {
            Self::Up => test_bed.confirm_addresses().await,
            Self::Update | Self::Down => Ok(()),
        }
    }
}

pub(super) fn first() -> Desired {
    let emails = ["ada@example.com", "grace@example.com"].map(str::to_owned).to_vec();
    Desired { emails, tags: [("team".to_owned(), "one".to_owned())].into(), ..Desired::default() }
}

/// Differs wherever a configuration can choose.
pub(super) fn second() -> Desired {
    let tags = [("team", "two"), ("cost", "low")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    Desired {
        // A new address would keep the others until it is confirmed.
        emails: vec!["grace@example.com".to_owned()],
        tags: tags.into(),
        log_retention_days: 14,
        handler_memory: 512,
        handler_concurrency: 20,
        alarms: [("handler-errors", false)].into(),
        alerts: serde_json::json!({"mails_per_minute": 2}),
        analysis: [("logs", false), ("who", true)].into(),
        schedule: "rate(1 hour)",
        permissions_boundary: Some(BOUNDARY),
        build: 1,
        ..first()
    }
}

/// The state after each fault-free phase, and the calls made.
pub(super) struct Clean {
    pub(super) snapshots: [Snapshot; 3],
    pub(super) calls: [Vec<Point>; 3],
}

impl Clean {
    /// Records the in-process deployer.
    pub(super) async fn record() -> TestResult<Self> {
        Self::record_each(|phase, test_bed| Box::pin(phase.run(test_bed))).await
    }

    /// Records the program.
    pub(super) async fn record_program() -> TestResult<Self> {
        Self::record_each(|phase, test_bed| Box::pin(run_program(phase, test_bed))).await
    }

    async fn record_each(run: impl for<'a> Fn(Phase, &'a TestBed) -> Running<'a>) -> TestResult<Self> {
        let test_bed = TestBed::new().await?;
        let mut clean = Self { snapshots: Default::default(), calls: Default::default() };
        for phase in Phase::ALL {
            test_bed.handle.forget_calls();
            run(phase, &test_bed).await?;
            clean.calls[phase as usize] = Point::all(&test_bed.handle.calls());
            assert!(phase.is_done(&test_bed).await?, "{phase:?} leaves something to do");
            clean.snapshots[phase as usize] = test_bed.snapshot().await?;
            phase.conclude(&test_bed).await?;
        }
        Ok(clean)
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = TestResult> + 'a>>;

/// The tiny handler fails the self-check, after which nothing changes.
async fn run_program(phase: Phase, test_bed: &TestBed) -> TestResult {
    let output = phase.program(test_bed)?.output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() || said.contains("the stack is deployed, but its handler") {
        true => Ok(()),
        false => Err(said.into()),
    }
}
