//! Scenarios of failures with their history: does the alert name the cause?
//!
//! `tests/scenarios/` has one file for each; `docs/scenarios.md` says how to write one. `INCIDENTCTL_TEST_SCENARIOS` names
//! another folder.

mod account;
mod elapse;
mod events;
mod format;
mod moment;
mod past;
mod play;
mod stage;
mod verdict;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use crate::harness::TestResult;
use format::{Scenario, read_all};
use play::Played;
use stage::Stage;
use verdict::{Scores, Verdict};

/// The local AWS's account.
const ACCOUNT: &str = "000000000000";

#[expect(clippy::print_stdout, reason = "the result, shown with --nocapture")]
#[tokio::test]
async fn alerts_name_the_cause() -> TestResult {
    let folder = std::env::var_os("INCIDENTCTL_TEST_SCENARIOS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| [env!("CARGO_MANIFEST_DIR"), "tests", "scenarios"].iter().collect());
    let scenarios = read_all(&folder, ACCOUNT)?;
    assert!(!scenarios.is_empty(), "no scenario in {}", folder.display());
    let begin = Instant::now();
    let mut verdicts = Vec::new();
    let mut rest = &scenarios[..];
    while !rest.is_empty() {
        let (of_one_account, others) = rest.split_at(without_shared_functions(rest));
        verdicts.extend(played(of_one_account).await?);
        rest = others;
    }
    for at in 0..verdicts.len() {
        if verdicts[at].is_worth_another_try() {
            println!("once more, since evidence was late on a busy machine:");
            verdicts.splice(at..=at, played(&scenarios[at..=at]).await?);
        }
    }
    let scores = Scores::of(&verdicts);
    println!("{scores}\n{} s", begin.elapsed().as_secs());
    assert!(scores.suffice(), "{scores}");
    Ok(())
}

/// How many scenarios can play in one account: metrics of a function cannot be taken back.
fn without_shared_functions(scenarios: &[Scenario]) -> usize {
    let mut used = BTreeSet::new();
    let is_unused = |scenario: &&Scenario| {
        let names: Vec<String> = scenario.functions().into_iter().map(|function| function.name).collect();
        let is_unused = names.iter().all(|name| !used.contains(name));
        used.extend(names);
        is_unused
    };
    scenarios.iter().take_while(is_unused).count()
}

/// Plays scenarios one after the other in one account.
#[expect(clippy::print_stdout, reason = "the result, shown with --nocapture")]
async fn played(scenarios: &[Scenario]) -> TestResult<Vec<Verdict>> {
    let stage = Stage::new().await?;
    stage.clean(&[], &[]).await?;
    let functions: Vec<_> = scenarios.iter().flat_map(Scenario::functions).collect();
    account::create_roles(&stage.aws, &functions).await?;
    let mut verdicts = Vec::new();
    for scenario in scenarios {
        stage.forget().await?;
        let verdict = match play::play(&stage, scenario).await {
            Ok(played) => Verdict::of(scenario, &played),
            Err(error) => Verdict::of(scenario, &Played::default()).without_result(&format!("{error:?}")),
        };
        println!("{verdict}");
        verdicts.push(verdict);
        let functions = scenario.functions();
        let group = |name: &str, group: Option<&String>| group.map_or(format!("/aws/lambda/{name}"), Clone::clone);
        let groups = functions.iter().map(|it| group(&it.name, it.log_group.as_ref())).collect::<Vec<_>>();
        stage.clean(&functions.into_iter().map(|it| it.name).collect::<Vec<_>>(), &groups).await?;
    }
    let log = stage.log().await?;
    for (scenario, verdict) in scenarios.iter().zip(&mut verdicts) {
        verdict.leaked(&scenario.expect.redacted, &log);
    }
    Ok(verdicts)
}
