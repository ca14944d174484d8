//! Concurrent runs.

use std::time::Duration;

use super::phase::first;
use crate::harness::{Snapshot, TestBed, TestResult, difference};

/// Delay of the second run: none, while the first reads, and while it creates.
const LATER: [u64; 3] = [0, 60, 250];

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_ups_yield_one_stack() -> TestResult {
    let (clean, desired) = (clean().await?, first());
    for later in LATER {
        let test_bed = TestBed::new().await?;
        let second = async {
            tokio::time::sleep(Duration::from_millis(later)).await;
            test_bed.up(&desired).await
        };
        let (one, other) = tokio::join!(test_bed.up(&desired), second);
        if one.is_err() || other.is_err() {
            test_bed.up(&first()).await.map_err(|error| format!("{later} ms: {error}, after {one:?} and {other:?}"))?;
        }
        assert_eq!(difference(&clean, &test_bed.snapshot().await?), Vec::<String>::new(), "{later} ms");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_up_concurrent_with_a_down_is_recoverable() -> TestResult {
    let (clean, desired) = (clean().await?, first());
    for later in LATER {
        let test_bed = TestBed::new().await?;
        test_bed.up(&desired).await?;
        let up = async {
            tokio::time::sleep(Duration::from_millis(later)).await;
            test_bed.up(&desired).await
        };
        // Either may fail, or undo the other's work.
        let (_, _) = tokio::join!(test_bed.down(), up);
        test_bed.up(&desired).await.map_err(|error| format!("{later} ms: {error}"))?;
        assert_eq!(difference(&clean, &test_bed.snapshot().await?), Vec::<String>::new(), "{later} ms");
        test_bed.down().await?;
        assert_eq!(test_bed.snapshot().await?, Snapshot::new(), "{later} ms");
    }
    Ok(())
}

async fn clean() -> TestResult<Snapshot> {
    let test_bed = TestBed::new().await?;
    test_bed.up(&first()).await?;
    test_bed.snapshot().await
}
