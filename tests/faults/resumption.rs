//! A run resumes where the previous one was killed, while AWS still processes its requests.

use std::time::Duration;

use incident_local::config::LatencyProfile;
use incident_local::gateway::faults::{Action, Rule};

use super::phase::{Clean, Phase, first};
use super::worker::run_killed;
use crate::harness::{Snapshot, TestBed, TestResult, difference};

/// A second each at the test bed's time scale: longer than a program takes to start.
const SLOW: LatencyProfile =
    LatencyProfile { table: Duration::from_secs(20), function: Duration::from_secs(20), ..LatencyProfile::QUICK };

#[tokio::test(flavor = "multi_thread")]
async fn up_waits_for_the_work_of_a_killed_up() -> TestResult {
    let clean = Clean::record().await?;
    for operation in ["CreateRole", "CreateTable", "CreateFunction", "UpdateTimeToLive", "AddPermission"] {
        let test_bed = TestBed::with_latency(SLOW).await?;
        killed(Phase::Up, operation, &test_bed).await?;
        test_bed.up(&first()).await.map_err(|error| format!("killed at {operation}: {error}"))?;
        let differs = difference(&clean.snapshots[Phase::Up as usize], &test_bed.snapshot().await?);
        assert_eq!(differs, Vec::<String>::new(), "killed at {operation}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_being_deleted_is_waited_for() -> TestResult {
    let test_bed = TestBed::with_latency(SLOW).await?;
    test_bed.up(&first()).await?;
    let clean = test_bed.snapshot().await?;

    // Deleted by hand: the next `up` recreates it once it is gone.
    test_bed.aws.dynamodb.delete_table().table_name("devops-incidents").send().await?;
    test_bed.up(&first()).await?;
    assert_eq!(difference(&clean, &test_bed.snapshot().await?), Vec::<String>::new());

    // Deleted by a killed `down`: the next one waits until it is gone.
    killed(Phase::Down, "DeleteTable", &test_bed).await?;
    test_bed.down().await?;
    assert_eq!(test_bed.snapshot().await?, Snapshot::new());
    Ok(())
}

/// A run killed after a call took effect.
async fn killed(phase: Phase, operation: &str, test_bed: &TestBed) -> TestResult {
    let rule = Rule {
        service: None,
        operation: Some(operation.to_owned()),
        resource: None,
        caller: Some("root".to_owned()),
        call: Some(1),
        times: None,
        milliseconds: None,
        action: Action::HangAfter,
    };
    test_bed.handle.set_faults(vec![rule]);
    let ended = run_killed(phase, test_bed).await;
    test_bed.handle.set_faults(Vec::new());
    match ended {
        Err(error) if error.to_string() == "killed" => Ok(()),
        ended => Err(format!("{operation} was not met: {ended:?}").into()),
    }
}
