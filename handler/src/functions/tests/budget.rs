//! What the queries cost.

use incident_model::query_budget::{Month, cost_of};

use super::*;
use incident_model::Dollars;

const DAYS: i64 = 30;
const MONTH: i64 = DAYS * 24 * 60;

/// What the month's queries cost, in US dollars: as counted by CloudWatch, and as counted in the table.
fn bill(world: &World) -> (f64, f64) {
    let counted: i64 = world.spent.borrow().values().sum();
    (cost_of(world.asked_in(MONTH)), cost_of(counted as u64))
}

/// It is asked for by name every minute, so that a new failure is found at once; the others are not read at all.
#[tokio::test]
async fn a_function_that_fails_for_a_month_stays_within_the_budget() -> Tested {
    let world = World::with_budget(5_000, Dollars::default());
    for minute in 0..MONTH {
        world.call("orders", minute, 2, 1);
    }
    let mut failures = 0;
    for day in 0..DAYS {
        if day == 20 {
            world.call("bills", 20 * 24 * 60 + 30, 1, 1);
        }
        let reports = counted(&world.run(24 * 60).await?);
        failures += reports.get("orders").copied().unwrap_or_default();
        assert_eq!(reports.contains_key("bills"), day == 20, "{day}: {reports:?}");
    }
    let (cost, known) = bill(&world);
    assert!(cost <= 5.0 && known <= 5.0 && cost <= known, "{cost} {known}");
    assert!(cost > 1.0, "{cost}: it was asked about");
    assert!(world.longest_wait() <= 2, "{}", world.longest_wait());
    assert!((MONTH - 30..=MONTH).contains(&(failures as i64)), "{failures}");
    Ok(())
}

/// Each query reads 5 000 functions, for five cents: the budget pays for a hundred. Nothing is swallowed meanwhile.
#[tokio::test]
async fn where_the_budget_is_short_the_intervals_stretch() -> Tested {
    let world = World::with_budget(5_000, Dollars::default());
    for minute in 0..MONTH {
        if minute % 10 == 0 {
            // Too many to be asked for by name, and too few for one incident.
            for number in 0..101 {
                world.call(&format!("f{number:03}"), minute, 1, 1);
            }
        }
    }
    let mut failures: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..DAYS {
        for (function, count) in counted(&world.run_every(10, 24 * 60).await?) {
            *failures.entry(function).or_default() += count;
        }
    }
    let (cost, known) = bill(&world);
    assert!((4.5..=5.0).contains(&cost) && (4.5..=5.0).contains(&known), "{cost} {known}");
    let planned = world.longest_plan();
    assert!((3600..=9 * 3600).contains(&planned), "status says so: {planned}");
    assert!(world.longest_wait() <= 9 * 60, "{}", world.longest_wait());
    assert_eq!(failures.len(), 101);
    let total = MONTH as u64 / 10;
    assert!(failures.values().all(|count| (total - 100..=total).contains(count)), "{failures:?}");
    Ok(())
}

#[tokio::test]
async fn no_budget_is_no_query_and_the_next_month_begins_anew() -> Tested {
    let world = World::with_budget(100, Dollars::of_cents(0));
    world.call("orders", 0, 1, 1);
    let reports = world.run(60).await?;
    assert_eq!(world.asked_in(60), 0);
    // What may not be asked about is said all the same, once, until the alarm is off.
    let news: Vec<_> = reports.iter().map(|report| &report.news).collect();
    assert!(matches!(news[..], [News::Unnamed { .. }, News::UnnamedRecovered]), "{news:?}");

    // A tenth of a cent for each round: nine of them at most.
    let world = World::with_budget(1_000, Dollars::of_cents(10));
    for minute in (25..2 * MONTH).step_by(30) {
        world.call(&format!("f{}", minute % 997), minute, 1, 1);
    }
    for _ in 0..2 * DAYS {
        world.run_every(30, 24 * 60).await?;
    }
    for (month, metrics) in world.spent.borrow().iter() {
        assert!(cost_of(*metrics as u64) <= 0.10, "{month}: {metrics}");
    }
    let december = Month::of(START + 35 * 24 * 3600).name;
    assert!(world.spent.borrow()[&december] > 0, "{:?}", world.spent.borrow());
    Ok(())
}

/// The number of functions is not known before the first question: it may cost more than there is.
#[tokio::test]
async fn a_budget_below_one_round_asks_nothing_and_says_so() -> Tested {
    let world = World::with_budget(5_000, Dollars::of_cents(4));
    for minute in 0..60 {
        world.call("orders", minute, 1, 1);
    }
    let reports = world.run(120).await?;
    assert_eq!((world.asked_in(120), counted(&reports)), (0, BTreeMap::new()));
    assert_eq!(reports.len(), 2, "{reports:?}");
    assert!(world.longest_plan() > 24 * 3600, "status says so");
    Ok(())
}

#[tokio::test]
async fn a_question_without_an_answer_costs_nothing_and_is_asked_again() -> Tested {
    let world = World::with_budget(5_000, Dollars::default());
    world.call("orders", 0, 1, 1);
    world.is_throttled.set(true);
    for _ in 0..15 {
        world.pass();
        assert!(world.watch().find(world.now()).await.is_err());
    }
    let (cost, known) = bill(&world);
    assert!(known < 0.001 && (cost - known).abs() < 1e-9, "{cost} {known}");
    world.is_throttled.set(false);
    assert_eq!(counted(&world.run(5).await?), [("orders".to_owned(), 1)].into());
    Ok(())
}
