//! The three things that a deployer does: from nothing, from one configuration to another, to nothing.

use crate::harness::{BOUNDARY, Laboratory, Snapshot, TestResult, Wish};

/// What is done while calls break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Up,
    Update,
    Down,
}

impl Phase {
    /// All, in the order in which a stack lives through them.
    pub(super) const ALL: [Self; 3] = [Self::Up, Self::Update, Self::Down];

    /// Does it once.
    pub(super) async fn run(self, laboratory: &Laboratory) -> TestResult {
        match self {
            Self::Up => laboratory.up(&first()).await?,
            Self::Update => laboratory.up(&second()).await?,
            Self::Down => laboratory.down().await?,
        };
        Ok(())
    }

    /// Whether there is nothing left to do.
    pub(super) async fn is_done(self, laboratory: &Laboratory) -> TestResult<bool> {
        Ok(match self {
            Self::Up => laboratory.plan(&first()).await?.is_empty(),
            Self::Update => laboratory.plan(&second()).await?.is_empty(),
            Self::Down => true,
        })
    }

    /// What others do before the next phase: one address is confirmed, so that it can be unsubscribed.
    pub(super) async fn conclude(self, laboratory: &Laboratory) -> TestResult {
        match self {
            Self::Up => laboratory.confirm_addresses().await,
            Self::Update | Self::Down => Ok(()),
        }
    }
}

fn first() -> Wish {
    let emails = ["ada@example.com", "grace@example.com"].map(str::to_owned).to_vec();
    Wish { emails, tags: [("team".to_owned(), "one".to_owned())].into(), ..Wish::default() }
}

/// Something else wherever a configuration can choose.
fn second() -> Wish {
    let tags = [("team", "two"), ("cost", "low")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    Wish {
        emails: ["grace@example.com", "joan@example.com"].map(str::to_owned).to_vec(),
        tags: tags.into(),
        log_retention_days: 14,
        handler_memory: 512,
        alarms: [("handler-errors", false)].into(),
        schedule: "rate(1 hour)",
        permissions_boundary: Some(BOUNDARY),
        build: 1,
        ..first()
    }
}

/// What a run without faults leaves after each phase, and the calls that it made.
pub(super) struct Clean {
    pub(super) snapshots: [Snapshot; 3],
    pub(super) calls: [Vec<super::case::Point>; 3],
}

impl Clean {
    pub(super) async fn record() -> TestResult<Self> {
        let laboratory = Laboratory::new().await?;
        let mut clean = Self { snapshots: Default::default(), calls: Default::default() };
        for phase in Phase::ALL {
            laboratory.handle.forget_calls();
            phase.run(&laboratory).await?;
            clean.calls[phase as usize] = super::case::Point::all(&laboratory.handle.calls());
            assert!(phase.is_done(&laboratory).await?, "{phase:?} leaves something to do");
            clean.snapshots[phase as usize] = laboratory.snapshot().await?;
            phase.conclude(&laboratory).await?;
        }
        Ok(clean)
    }
}
