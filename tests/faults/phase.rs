//! A deployer's three phases: create, update, delete.

use std::pin::Pin;

use super::case::Point;
use crate::harness::{BOUNDARY, Laboratory, Snapshot, TestResult, Wish};

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
    pub(super) async fn run(self, laboratory: &Laboratory) -> TestResult {
        match self {
            Self::Up => laboratory.up(&first()).await?,
            Self::Update => laboratory.up(&second()).await?,
            Self::Down => laboratory.down().await?,
        };
        Ok(())
    }

    /// The program that runs it.
    pub(super) fn program(self, laboratory: &Laboratory) -> TestResult<tokio::process::Command> {
        match self {
            Self::Up => laboratory.program("up", &first()),
            Self::Update => laboratory.program("up", &second()),
            Self::Down => laboratory.program("down", &second()),
        }
    }

    /// Whether nothing is left to do.
    pub(super) async fn is_done(self, laboratory: &Laboratory) -> TestResult<bool> {
        Ok(match self {
            Self::Up => laboratory.plan(&first()).await?.is_empty(),
            Self::Update => laboratory.plan(&second()).await?.is_empty(),
            Self::Down => true,
        })
    }

    /// What others do before the next phase: confirm one address, so that it can be unsubscribed.
    pub(super) async fn conclude(self, laboratory: &Laboratory) -> TestResult {
        match self {
            Self::Up => laboratory.confirm_addresses().await,
            Self::Update | Self::Down => Ok(()),
        }
    }
}

pub(super) fn first() -> Wish {
    let emails = ["ada@example.com", "grace@example.com"].map(str::to_owned).to_vec();
    Wish { emails, tags: [("team".to_owned(), "one".to_owned())].into(), ..Wish::default() }
}

/// Differs wherever a configuration can choose.
pub(super) fn second() -> Wish {
    let tags = [("team", "two"), ("cost", "low")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    Wish {
        // A new address would keep the others until it is confirmed.
        emails: vec!["grace@example.com".to_owned()],
        tags: tags.into(),
        log_retention_days: 14,
        handler_memory: 512,
        alarms: [("handler-errors", false)].into(),
        alerts: serde_json::json!({"mails_per_minute": 2}),
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
        Self::record_each(|phase, laboratory| Box::pin(phase.run(laboratory))).await
    }

    /// Records the program.
    pub(super) async fn record_program() -> TestResult<Self> {
        Self::record_each(|phase, laboratory| Box::pin(run_program(phase, laboratory))).await
    }

    async fn record_each(run: impl for<'a> Fn(Phase, &'a Laboratory) -> Running<'a>) -> TestResult<Self> {
        let laboratory = Laboratory::new().await?;
        let mut clean = Self { snapshots: Default::default(), calls: Default::default() };
        for phase in Phase::ALL {
            laboratory.handle.forget_calls();
            run(phase, &laboratory).await?;
            clean.calls[phase as usize] = Point::all(&laboratory.handle.calls());
            assert!(phase.is_done(&laboratory).await?, "{phase:?} leaves something to do");
            clean.snapshots[phase as usize] = laboratory.snapshot().await?;
            phase.conclude(&laboratory).await?;
        }
        Ok(clean)
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = TestResult> + 'a>>;

/// The tiny handler fails the self-check, after which nothing changes.
async fn run_program(phase: Phase, laboratory: &Laboratory) -> TestResult {
    let output = phase.program(laboratory)?.output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() || said.contains("the stack is deployed, but its handler") {
        true => Ok(()),
        false => Err(said.into()),
    }
}
