//! The snapshots of a Lambda and a table in memory, in virtual time: a sweep every minute.

mod beside;
mod world;

use std::time::Duration;

use incident_model::analysis::function_state::Altered;

use super::*;
use world::{HOUR, MINUTE, START, World};

/// The longest time that each function goes unseen, in steady state and from the first round on.
#[tokio::test(start_paused = true)]
async fn every_function_is_seen_within_the_hour_and_lambda_at_most_ten_times_a_minute() {
    for (functions, hours, a_minute) in [(10_000, 14, 4), (25_000, 3, 10), (1_020, 30, 1), (50, 3, 1)] {
        let world = World::of(functions);
        world.sweep_for(hours * HOUR).await;
        let longest = world.longest_unseen();
        assert!(longest <= HOUR, "{functions}: {longest} s");
        let calls = world.calls.borrow();
        assert!(calls.iter().all(|minute| *minute <= 10), "{functions}");
        let steady = calls.iter().rev().take(60).max().copied();
        assert_eq!(steady, Some(a_minute), "{functions}: pages of a sweep");
        assert!(world.shortest_pause.get() >= BETWEEN_PAGES, "{functions}: {:?}", world.shortest_pause.get());
    }
}

#[tokio::test(start_paused = true)]
async fn the_hour_holds_when_the_account_grows_and_shrinks() {
    let world = World::of(8_000);
    world.sweep_for(20 * HOUR).await;
    world.resize(10_000);
    world.sweep_for(5 * HOUR).await;
    world.resize(3_000);
    world.sweep_for(30 * HOUR).await;
    let longest = world.longest_unseen();
    assert!(longest <= HOUR, "{longest} s");
}

#[tokio::test(start_paused = true)]
async fn a_small_account_is_read_once_in_a_round() {
    let world = World::of(10);
    world.sweep_for(9 * HOUR).await;
    assert_eq!(world.calls.borrow().iter().sum::<u64>(), 10, "a round begins every 54 minutes");
    assert_eq!(world.writes.get(), 10, "each function once");
    assert!(world.round_reads.get() <= 11, "{}", world.round_reads.get());
    assert_eq!(world.round_writes.get(), 20, "a claim and the result of each round");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_does_not_change_keeps_its_snapshot() {
    let world = World::of(10);
    world.sweep_for(24 * HOUR).await;
    world.pass(28 * 24 * HOUR);
    world.sweep_for(24 * HOUR).await;
    assert_eq!(world.writes.get(), 10, "not for a month");
    world.pass(48 * HOUR);
    world.sweep_for(24 * HOUR).await;
    assert_eq!(world.writes.get(), 20);
    let known = world.known_of("f-00003");
    assert_eq!(known.history.seen_at, START, "it did not change");
    assert!(known.expires_at.is_some_and(|at| at > world.now() + 80 * 24 * HOUR));
}

#[tokio::test(start_paused = true)]
async fn what_was_created_changed_and_deleted_between_rounds_is_seen() {
    let world = World::of(120);
    world.sweep_for(HOUR).await;
    world.create("a-new-one");
    world.delete("f-00000");
    world.change("f-00007", |builder| builder.memory_size(128));
    let changed_at = world.now();
    world.sweep_for(HOUR).await;
    let changed = world.known_of("f-00007").history;
    let memory = Altered::Setting { name: "memory".to_owned(), from: "512".to_owned(), to: "128".to_owned() };
    assert_eq!(changed.changes.iter().map(|change| &change.altered).collect::<Vec<_>>(), [&memory]);
    assert_eq!(changed.changes.first().map(|change| change.at), Some(changed_at));
    assert_eq!(world.known_of("a-new-one").history.changes, []);
    assert_eq!(world.writes.get(), 122);
    let deleted = world.known_of("f-00000");
    assert_eq!(deleted.expires_at, Some(START + KEPT_SECONDS), "the table forgets it");
}

/// Days after its snapshot a function gets new code and a new setting. It was still as before in the last round.
#[tokio::test(start_paused = true)]
async fn a_change_came_after_the_last_round() {
    let world = World::of(10);
    world.sweep_for(5 * 24 * HOUR).await;
    let last_round = world.round.borrow().0.complete_since();
    world.change("f-00007", |builder| builder.memory_size(128).code_sha256("new"));
    world.sweep_for(2 * HOUR).await;
    let changes = world.known_of("f-00007").history.changes;
    assert_eq!(changes.len(), 2);
    assert!(changes.iter().all(|change| change.since.is_none_or(|since| since >= last_round)), "{changes:?}");
}

#[tokio::test(start_paused = true)]
async fn two_sweeps_at_once_take_different_pages() {
    let world = World::of(2_000);
    let (one, other) = (world.handler(), world.handler());
    for _ in 0..30 {
        tokio::join!(one.take(world.now()), other.take(world.now()));
        world.pass(MINUTE);
    }
    assert_eq!(world.taken.borrow().len(), 40, "each page once: {:?}", world.taken.borrow());
    assert_eq!(world.writes.get(), 2_000);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_page_is_left_to_the_next_sweep() {
    let world = World::of(10_000);
    world.sweep_for(20 * HOUR).await;
    *world.refusal.borrow_mut() = Some("TooManyRequestsException");
    world.calls.borrow_mut().clear();
    world.sweep_for(10 * MINUTE).await;
    assert_eq!(*world.calls.borrow(), [1; 10], "one call a sweep");
    *world.refusal.borrow_mut() = None;
    world.sweep_for(2 * HOUR).await;
    let longest = world.longest_unseen();
    assert!(longest <= HOUR + 10 * MINUTE, "{longest} s");
    assert_eq!(world.writes.get(), 10_000, "none is written twice");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_denied_is_made_four_times_an_hour() {
    let world = World::of(10);
    *world.refusal.borrow_mut() = Some("AccessDeniedException");
    world.sweep_for(HOUR).await;
    assert_eq!(world.calls.borrow().iter().sum::<u64>(), 4);
    assert_eq!(world.round.borrow().0.marker(), None);
}

/// The third page cannot be written: the ones before it stay done, and it is the next.
#[tokio::test(start_paused = true)]
async fn a_page_that_fails_comes_again() {
    let world = World::of(500);
    world.writes_left.set(120);
    let handler = world.handler();
    handler.take(world.now()).await;
    assert_eq!(*world.taken.borrow(), ["", "f-00050", "f-00100"]);
    world.writes_left.set(u64::MAX);
    world.pass(MINUTE);
    handler.take(world.now()).await;
    assert_eq!(world.taken.borrow().get(3).map(String::as_str), Some("f-00100"));
    world.sweep_for(5 * MINUTE).await;
    assert_eq!(world.writes.get(), 500, "what was written is not written again");
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_page_and_round_repeats_the_page_without_a_write() {
    let world = World::of(50);
    world.is_stuck_at_save.set(true);
    let crashed = tokio::time::timeout(Duration::from_secs(60), world.handler().take(world.now())).await;
    assert!(crashed.is_err());
    assert_eq!((world.taken.borrow().len(), world.writes.get()), (1, 50));
    world.is_stuck_at_save.set(false);
    world.pass(MINUTE);
    world.handler().take(world.now()).await;
    assert_eq!((world.taken.borrow().len(), world.writes.get()), (2, 50));
    assert!(world.round.borrow().0.is_complete());
}

/// A page takes longer than all of a sweep's should.
#[tokio::test(start_paused = true)]
async fn a_slow_lambda_does_not_keep_the_sweep() {
    let world = World::of(500);
    world.latency.set(Duration::from_secs(4));
    let begun = Instant::now();
    world.handler().take(world.now()).await;
    assert!(begun.elapsed() <= BUDGET + Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(world.writes.get(), 100, "two pages");
}

#[tokio::test(start_paused = true)]
async fn a_marker_that_lambda_forgot_begins_the_round_anew() {
    let world = World::of(1_000);
    world.handler().take(world.now()).await;
    assert_eq!(world.round.borrow().0.marker(), Some("f-00500"));
    world.is_marker_forgotten.set(true);
    world.pass(MINUTE);
    world.handler().take(world.now()).await;
    world.is_marker_forgotten.set(false);
    world.sweep_for(5 * MINUTE).await;
    assert!(world.round.borrow().0.is_complete());
    assert_eq!(world.writes.get(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn one_function_on_demand() {
    let world = World::of(3);
    let handler = world.handler();
    let taken = |function: &str, seen_at| SnapshotTaken { function: function.to_owned(), seen_at, error: None };
    assert_eq!(handler.of("f-00001", START).await, taken("f-00001", Some(START)));
    world.pass(MINUTE);
    assert_eq!(handler.of("f-00001", world.now()).await, taken("f-00001", Some(START)), "unchanged");
    assert_eq!(world.writes.get(), 1);
    world.change("f-00001", |builder| builder.timeout(3));
    assert_eq!(handler.of("f-00001", world.now()).await, taken("f-00001", Some(world.now())));
    let calls = world.calls.borrow().iter().sum::<u64>();
    for (name, error) in [("f-00001:live", "not the name"), ("../x", "not the name"), ("none", "NotFound")] {
        let taken = handler.of(name, world.now()).await;
        assert!(taken.seen_at.is_none() && taken.error.is_some_and(|text| text.contains(error)), "{name}");
    }
    assert_eq!(world.calls.borrow().iter().sum::<u64>(), calls, "no list");
}

#[tokio::test(start_paused = true)]
async fn switched_off_it_makes_no_call() {
    let world = World::of(10);
    let handler = Snapshots::new(&world, &world, false);
    handler.take(world.now()).await;
    assert!(handler.of("f-00001", world.now()).await.error.is_some_and(|error| error.contains("analysis")));
    assert_eq!((world.taken.borrow().len(), world.round_reads.get(), world.writes.get()), (0, 0, 0));
}

/// A page that was read before another sweep, or a request, saw a newer state.
#[tokio::test(start_paused = true)]
async fn an_older_state_never_replaces_a_newer_one() {
    let world = World::of(3);
    world.handler().take(world.now()).await;
    let older = world.configuration("f-00001");
    world.pass(MINUTE);
    world.change("f-00001", |builder| builder.timeout(3));
    world.handler().of("f-00001", world.now()).await;
    let newer = world.known_of("f-00001");
    assert_eq!(memory::due(&older, FunctionState::default(), Some(&newer), 0, world.now()), None);
}

#[test]
fn what_changed_is_kept_short() {
    let names = |count: usize| (0..count).map(|number| format!("NAME_{number}_{}", "x".repeat(300))).collect();
    let change = incident_model::analysis::Change {
        altered: Altered::Environment { added: names(100), removed: names(3) },
        at: START,
        since: None,
        by: None,
    };
    let history = incident_model::analysis::FunctionHistory { changes: vec![change], ..Default::default() };
    let bounded = memory::bounded(history);
    let Some(Altered::Environment { added, removed }) = bounded.changes.first().map(|change| &change.altered) else {
        unreachable!("it is one")
    };
    assert_eq!((added.len(), removed.len()), (8, 3));
    assert!(added.iter().chain(removed).all(|name| name.chars().count() == 141));
}

/// What a month of rounds takes, and its list price: operations has a row for each size of an account. A snapshot is read
/// eventually consistent, which is half a unit; the round's item is at most 1 KB.
#[tokio::test(start_paused = true)]
async fn the_documents_have_what_snapshots_take() {
    const OPERATIONS: &str = include_str!("../../../docs/operations.md");
    /// Of `incident-deploy`'s prices: a million write and read units on demand.
    const WRITES_USD: f64 = 0.625;
    const READS_USD: f64 = 0.125;
    let mut missing = Vec::new();
    for (functions, hours) in [(10, 1), (1_000, 32), (10_000, 14)] {
        let world = World::of(functions);
        world.sweep_for(hours * HOUR).await;
        let counts = || {
            let lists = world.taken.borrow().len() as u64 + world.lists.get();
            let asked = world.asked.borrow().len() as u64;
            [lists, asked, world.reads.get(), world.round_reads.get(), world.round_writes.get()]
        };
        let before = counts();
        assert_eq!(world.beside_writes.get(), functions as u64);
        assert_eq!(world.writes.get(), functions as u64);
        // Ten rounds.
        world.sweep_for(9 * HOUR).await;
        assert_eq!(world.writes.get(), functions as u64, "an unchanged function is not written");
        let month = 730.0 / 9.0;
        let after = counts();
        let [lists, asked, snapshots, reads, writes] =
            std::array::from_fn(|at| (after[at] - before[at]) as f64 * month);
        let reads = snapshots / 2.0 + reads;
        let usd = reads / 1e6 * READS_USD + writes / 1e6 * WRITES_USD;
        let thousands = |number: f64| {
            let text = format!("{number:.0}");
            let groups = text.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
            groups.collect::<Vec<_>>().join(" ")
        };
        let numbers = [functions as f64, lists, asked, reads, writes].map(thousands);
        let row = [&numbers[..], &[format!("${usd:.2}")]].concat();
        let row = format!("| {} |", row.join(" | "));
        missing.extend((!OPERATIONS.contains(&row)).then_some(row));
    }
    assert_eq!(missing, Vec::<String>::new(), "rows that are not in the document");
}
