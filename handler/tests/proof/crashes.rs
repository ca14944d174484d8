//! The handler's process, killed at each call that it makes: before the call takes effect, and after.

use std::io::Write;
use std::time::Instant;

use incident_local::gateway::faults::Action;

use crate::account::{Account, TestResult};
use crate::faults::{Point, recorded, share};
use crate::runtime_api::Function;
use crate::situation::Situation;

#[tokio::test(flavor = "multi_thread")]
async fn guarantees_2_3_4_hold_wherever_the_handler_is_killed() -> TestResult {
    let start = Instant::now();
    let mut cases = Vec::new();
    for situation in Situation::ALL {
        for call in recorded(situation).await? {
            cases.extend([Action::HangBefore, Action::HangAfter].map(|moment| (situation, call.clone(), moment)));
        }
    }
    let total = cases.len();
    let (mut met, mut not_met, mut problems) = (0, 0, Vec::new());
    for (situation, call, moment) in share(cases) {
        match meet(situation, &call, &moment).await {
            Ok(true) => met += 1,
            Ok(false) => not_met += 1,
            Err(problem) => problems.push(format!("{situation:?}: killed at {call}, {moment:?}: {problem}")),
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    writeln!(std::io::stderr(), "{met} of {total} kills in {seconds:.0} s, {not_met} not met")?;
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
    assert!(not_met <= met / 5, "{not_met} kills were not met");
    Ok(())
}

/// Whether the call was made at all.
async fn meet(situation: Situation, call: &Point, moment: &Action) -> TestResult<bool> {
    let account = Account::new().await?;
    situation.prepare(&account).await?;
    let root = tempfile::tempdir()?;
    let mut function = Function::start("incident-handler", root.path(), &account.surroundings()).await?;
    account.aws.set_faults(vec![call.rule(moment.clone(), 1)]);
    function.begin(&situation.event().to_string()).await?;
    tokio::select! {
        () = account.aws.until_a_call_hangs() => {}
        said = function.says() => return said.map(|_| false),
    }
    function.kill().await?;
    account.aws.set_faults(Vec::new());
    account.time_passes().await?;
    // The attempt that died was the first; Lambda delivers again.
    let delivered = account.delivered_by_lambda(&account.handler()?, &situation.event()).await;
    delivered.map_err(|error| format!("ended in the queue: {error}"))?;
    situation.check(&account, call.may_repeat(*moment == Action::HangAfter)).await?;
    Ok(true)
}
