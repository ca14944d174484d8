//! Concurrent runs.

use std::time::Duration;

use super::phase::first;
use crate::harness::{Laboratory, Snapshot, TestResult, difference};

/// Delay of the second run: none, while the first reads, and while it creates.
const LATER: [u64; 3] = [0, 60, 250];

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_ups_yield_one_stack() -> TestResult {
    let (clean, wish) = (clean().await?, first());
    for later in LATER {
        let laboratory = Laboratory::new().await?;
        let second = async {
            tokio::time::sleep(Duration::from_millis(later)).await;
            laboratory.up(&wish).await
        };
        let (one, other) = tokio::join!(laboratory.up(&wish), second);
        if one.is_err() || other.is_err() {
            laboratory
                .up(&first())
                .await
                .map_err(|error| format!("{later} ms: {error}, after {one:?} and {other:?}"))?;
        }
        assert_eq!(difference(&clean, &laboratory.snapshot().await?), Vec::<String>::new(), "{later} ms");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_up_concurrent_with_a_down_is_recoverable() -> TestResult {
    let (clean, wish) = (clean().await?, first());
    for later in LATER {
        let laboratory = Laboratory::new().await?;
        laboratory.up(&wish).await?;
        let up = async {
            tokio::time::sleep(Duration::from_millis(later)).await;
            laboratory.up(&wish).await
        };
        // Either may fail, or undo the other's work.
        let (_, _) = tokio::join!(laboratory.down(), up);
        laboratory.up(&wish).await.map_err(|error| format!("{later} ms: {error}"))?;
        assert_eq!(difference(&clean, &laboratory.snapshot().await?), Vec::<String>::new(), "{later} ms");
        laboratory.down().await?;
        assert_eq!(laboratory.snapshot().await?, Snapshot::new(), "{later} ms");
    }
    Ok(())
}

async fn clean() -> TestResult<Snapshot> {
    let laboratory = Laboratory::new().await?;
    laboratory.up(&first()).await?;
    laboratory.snapshot().await
}
