//! A run resumes where the previous one was killed, while AWS still processes its requests.

use std::time::Duration;

use incident_local::config::LatencyProfile;
use incident_local::gateway::faults::{Action, Rule};

use super::phase::{Clean, Phase, first};
use super::worker::be_killed;
use crate::harness::{Laboratory, Snapshot, TestResult, difference};

/// A second each at the laboratory's time scale: longer than a program takes to start.
const SLOW: LatencyProfile =
    LatencyProfile { table: Duration::from_secs(20), function: Duration::from_secs(20), ..LatencyProfile::QUICK };

#[tokio::test(flavor = "multi_thread")]
async fn up_waits_for_the_work_of_a_killed_up() -> TestResult {
    let clean = Clean::record().await?;
    for operation in ["CreateRole", "CreateTable", "CreateFunction", "UpdateTimeToLive", "AddPermission"] {
        let laboratory = Laboratory::with_latency(SLOW).await?;
        killed(Phase::Up, operation, &laboratory).await?;
        laboratory.up(&first()).await.map_err(|error| format!("killed at {operation}: {error}"))?;
        let differs = difference(&clean.snapshots[Phase::Up as usize], &laboratory.snapshot().await?);
        assert_eq!(differs, Vec::<String>::new(), "killed at {operation}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_being_deleted_is_waited_for() -> TestResult {
    let laboratory = Laboratory::with_latency(SLOW).await?;
    laboratory.up(&first()).await?;
    let clean = laboratory.snapshot().await?;

    // Deleted by hand: the next `up` recreates it once it is gone.
    laboratory.aws.dynamodb.delete_table().table_name("devops-incidents").send().await?;
    laboratory.up(&first()).await?;
    assert_eq!(difference(&clean, &laboratory.snapshot().await?), Vec::<String>::new());

    // Deleted by a killed `down`: the next one waits until it is gone.
    killed(Phase::Down, "DeleteTable", &laboratory).await?;
    laboratory.down().await?;
    assert_eq!(laboratory.snapshot().await?, Snapshot::new());
    Ok(())
}

/// A run killed after a call took effect.
async fn killed(phase: Phase, operation: &str, laboratory: &Laboratory) -> TestResult {
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
    laboratory.handle.set_faults(vec![rule]);
    let ended = be_killed(phase, laboratory).await;
    laboratory.handle.set_faults(Vec::new());
    match ended {
        Err(error) if error.to_string() == "killed" => Ok(()),
        ended => Err(format!("{operation} was not met: {ended:?}").into()),
    }
}
