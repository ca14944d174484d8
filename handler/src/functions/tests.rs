//! The watch on a CloudWatch and a table in memory, in virtual time: a sweep every minute.

mod budget;
mod world;

use std::collections::BTreeMap;

use incident_model::function_metrics::News;

use super::*;
use world::{MINUTE, START, World};

type Tested = Result<(), WatchError>;

/// Failures that were reported, by function.
fn counted(reports: &[FunctionReport]) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for report in reports {
        if let News::Failed { function, count, .. } = &report.news {
            *counted.entry(function.clone()).or_default() += count;
        }
    }
    counted
}

fn recovered(reports: &[FunctionReport]) -> Vec<&str> {
    let ended = reports.iter().filter_map(|report| match &report.news {
        News::Recovered { function } => Some(function.as_str()),
        _ => None,
    });
    ended.collect()
}

#[tokio::test]
async fn a_function_that_fails_is_reported_counted_and_ended() -> Tested {
    let world = World::of(10);
    for minute in 0..5 {
        world.call("orders", minute, 20, 3);
    }
    let reports = world.run(60).await?;
    assert_eq!(counted(&reports), [("orders".to_owned(), 15)].into());
    assert_eq!(recovered(&reports), ["orders"]);
    let last = reports.iter().rev().find(|report| matches!(report.news, News::Failed { .. }));
    let Some(FunctionReport { news: News::Failed { failed, calls, since, .. }, .. }) = last else {
        unreachable!("it was counted")
    };
    assert_eq!((*failed, *calls, *since), (15, 100, START), "15 of 100 calls since the first");
    let quiet = world.run(120).await?;
    assert_eq!((quiet, world.asked_in(120)), (Vec::new(), 0), "nothing fails: nothing is asked");
    Ok(())
}

/// A function with a timeout of fifteen minutes reports an error in the minute of its invocation, a quarter of an hour
/// after it, when other functions' errors of that minute are counted long since.
#[tokio::test]
async fn errors_that_are_reported_late_are_counted_once() -> Tested {
    let world = World::of(10);
    for minute in 0..90 {
        world.call("quick", minute, 2, 1);
        world.late("slow", minute, 1, 15);
    }
    let reports = world.run(150).await?;
    assert_eq!(counted(&reports), [("quick".to_owned(), 90), ("slow".to_owned(), 90)].into());
    assert_eq!(recovered(&reports), ["quick", "slow"]);
    Ok(())
}

#[tokio::test]
async fn a_function_that_fails_again_after_its_end_begins_anew() -> Tested {
    let world = World::of(3);
    world.call("orders", 0, 10, 4);
    world.call("orders", 40, 10, 1);
    let reports = world.run(100).await?;
    assert_eq!(recovered(&reports), ["orders", "orders"]);
    let starts: Vec<_> = reports
        .iter()
        .filter_map(|report| match &report.news {
            News::Failed { failed, since, .. } => Some((*failed, (*since - START) / MINUTE)),
            _ => None,
        })
        .collect();
    assert_eq!(starts, [(4, 0), (1, 40)]);
    Ok(())
}

#[tokio::test]
async fn the_stacks_own_functions_are_left_out() -> Tested {
    let world = World::of(10);
    for function in ["devops-incident-handler", "devops-error-generator", "orders"] {
        world.call(function, 0, 5, 5);
        world.call(function, 2, 5, 5);
    }
    assert_eq!(counted(&world.run(60).await?), [("orders".to_owned(), 10)].into());
    Ok(())
}

/// A drill makes the generator fail, which needs no query of every function.
#[tokio::test]
async fn failures_of_the_stacks_own_functions_cost_next_to_nothing() -> Tested {
    let world = World::of(5_000);
    world.call("devops-error-generator", 0, 1, 1);
    assert_eq!(world.run(60).await?, Vec::new());
    assert!(world.asked_in(60) <= 3 * 18, "{}", world.asked_in(60));
    Ok(())
}

#[tokio::test]
async fn throttled_calls_are_calls() -> Tested {
    let world = World::of(10);
    world.throttle("orders", 1, 5, 7);
    let reports = world.run(30).await?;
    let News::Failed { failed, calls, .. } = &reports[0].news else { unreachable!("it was throttled") };
    assert_eq!((reports[0].metric, *failed, *calls), (FunctionMetric::Throttles, 7, 12));
    Ok(())
}

/// 1 200 of 5 000 functions fail at once, for half an hour: one incident says so until fewer have failed for twenty minutes,
/// and ends; those that fail on then have one each. None of the failures before counts for them again.
#[tokio::test]
async fn more_functions_than_a_query_names_are_one_incident() -> Tested {
    let world = World::of(5_000);
    for minute in 0..30 {
        for number in 0..1_200 {
            world.call(&format!("f{number:04}"), minute, 10, 1 + number % 3);
        }
    }
    for minute in 30..90 {
        world.call("f0007", minute, 10, 1);
    }
    let reports = world.run(180).await?;
    let many: Vec<_> = reports.iter().filter(|report| matches!(report.news, News::ManyFailed { .. })).collect();
    let texts: Vec<_> = many.iter().map(|report| report.observation("1", "eu-west-1").error_message).collect();
    assert!(!texts.is_empty() && texts.len() <= 51, "{}", texts.len());
    assert!(
        texts[0].starts_with("more than 500 functions fail at once (Errors) since 00:00 UTC; above all f"),
        "{texts:?}"
    );
    let fingerprints: std::collections::BTreeSet<_> = many
        .iter()
        .map(|report| incident_model::Fingerprint::of(&report.observation("1", "eu-west-1")).digest)
        .collect();
    assert_eq!(fingerprints.len(), 1, "one incident");
    assert_eq!(reports.iter().filter(|report| report.news == News::ManyRecovered).count(), 1);
    let others = counted(&reports);
    assert_eq!(others.keys().collect::<Vec<_>>(), ["f0007"], "{others:?}");
    assert!((35..=41).contains(&others["f0007"]), "{others:?}");
    assert_eq!(recovered(&reports), ["f0007"]);
    Ok(())
}

#[tokio::test]
async fn five_hundred_functions_that_fail_are_five_hundred_incidents() -> Tested {
    let world = World::of(5_000);
    for number in 0..499 {
        world.call(&format!("f{number:04}"), 0, 1, 1);
    }
    let reports = world.run(60).await?;
    assert_eq!(counted(&reports).values().sum::<u64>(), 499);
    assert_eq!(counted(&reports).len(), 499);
    assert_eq!(recovered(&reports).len(), 499);
    Ok(())
}

/// A sweep that dies after it asked, or after it recorded, leaves its reports for the next one, under the same ids.
#[tokio::test]
async fn what_a_crash_left_is_reported_again_and_counts_once() -> Tested {
    let world = World::of(10);
    world.call("orders", 0, 10, 3);
    world.call("orders", 1, 10, 2);
    world.pass();
    let lost = world.watch().find(world.now()).await?;
    assert_eq!(lost.reports().len(), 1);
    let again = world.watch().find(world.now()).await?;
    assert_eq!(again.reports(), lost.reports(), "the same event, which counts once");
    let all = world.run(60).await?;
    let mut ids: BTreeMap<String, u64> = BTreeMap::new();
    for report in &all {
        if let News::Failed { count, .. } = &report.news {
            ids.insert(report.observation("1", "eu-west-1").event_id, *count);
        }
    }
    assert_eq!(ids.values().sum::<u64>(), 5);
    Ok(())
}

#[tokio::test]
async fn of_two_sweeps_at_once_one_asks() -> Tested {
    let world = World::of(10);
    world.call("orders", 0, 10, 3);
    world.pass();
    let watch = world.watch();
    let (one, other) = tokio::join!(watch.find(world.now()), watch.find(world.now()));
    let (one, other) = (one?, other?);
    assert_eq!(one.reports().len() + other.reports().len(), 1, "{one:?} {other:?}");
    Ok(())
}

#[tokio::test]
async fn more_reports_than_a_sweep_records_wait_for_the_next() -> Tested {
    let world = World::of(1_000);
    for number in 0..250 {
        world.call(&format!("f{number:04}"), 0, 1, 1);
    }
    world.pass();
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let found = world.watch().find(world.now()).await?;
        let reports = found.reports().to_vec();
        world.watch().keep(found, &reports).await?;
        sizes.push(reports.len());
        world.pass();
    }
    assert_eq!(sizes, [100, 100, 50]);
    Ok(())
}

#[tokio::test]
async fn a_report_that_cannot_be_recorded_keeps_no_other_back() -> Tested {
    let world = World::of(10);
    world.call("orders", 0, 1, 1);
    world.pass();
    let found = world.watch().find(world.now()).await?;
    world.watch().keep(found, &[]).await?;
    world.call("bills", 1, 1, 1);
    world.pass();
    let found = world.watch().find(world.now()).await?;
    assert_eq!(counted(found.reports()).keys().collect::<Vec<_>>(), ["bills", "orders"]);
    Ok(())
}

/// DynamoDB takes 400 KB. The longest names, on all metrics, with everything still to be reported.
#[tokio::test]
async fn the_state_of_the_worst_storm_fits_into_an_item() -> Tested {
    let world = World::of(10_000);
    for number in 0..499 {
        let function = format!("{number:0>64}");
        for minute in 0..3 {
            world.call(&function, minute, 1_000_000, 999_999);
            world.throttle(&function, minute, 1, 999_999);
            world.undelivered(&function, minute, 999_999);
        }
    }
    let mut largest = 0;
    for _ in 0..30 {
        world.pass();
        // Whatever is found is recorded slowly.
        let found = world.watch().find(world.now()).await?;
        let reports: Vec<_> = found.reports().iter().take(50).cloned().collect();
        world.watch().keep(found, &reports).await?;
        largest = largest.max(world.state_bytes());
    }
    assert!((100_000..400_000).contains(&largest), "{largest}");
    Ok(())
}
