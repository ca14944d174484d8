//! Aliases and reserved concurrency.

use std::time::Duration;

use incident_model::analysis::Change;
use incident_model::analysis::function_state::Altered;

use super::super::*;
use super::world::{HOUR, MINUTE, START, World};

fn concurrency(from: &str, to: &str) -> Altered {
    Altered::Setting { name: "concurrency".to_owned(), from: from.to_owned(), to: to.to_owned() }
}

#[tokio::test(start_paused = true)]
async fn twenty_functions_a_minute_are_asked_about_one_call_at_a_time() {
    let world = World::of(130);
    let handler = world.handler();
    let mut minutes = Vec::new();
    for _ in 0..50 {
        world.sweep_with(&handler).await;
        minutes.push(world.asked.take());
    }
    assert!(minutes.iter().all(|asked| asked.len() <= 40), "two calls for each of twenty");
    let mut asked = minutes.concat();
    assert_eq!(asked.len(), 260, "each once in a round");
    asked.dedup();
    assert_eq!(asked.len(), 130, "both calls together, and none twice");
    assert_eq!(world.shortest_pause.get(), BETWEEN_PAGES);
    assert_eq!((world.writes.get(), world.beside_writes.get()), (130, 130), "that none is reserved is news, once");
    world.sweep_for(3 * HOUR).await;
    assert_eq!((world.writes.get(), world.beside_writes.get()), (130, 130), "what stays is not written again");
}

/// With N functions, a round takes N / 20 minutes; the first one some more, because its pages come first.
#[tokio::test(start_paused = true)]
async fn a_large_account_is_asked_about_all_the_time() {
    let world = World::of(3_000);
    world.sweep_for(160 * MINUTE).await;
    assert_eq!(world.asked.borrow().iter().filter(|name| *name == "f-02999").count(), 2);
    assert_eq!(world.beside_writes.get(), 3_000);
    assert!(world.longest_unseen() <= HOUR, "the pages do not wait for it");
}

#[tokio::test(start_paused = true)]
async fn what_moved_is_a_change_since_the_last_round() {
    let world = World::of(10);
    world.lead("f-00003", "live", "41");
    world.reserve("f-00004", Some(50));
    world.sweep_for(5 * 24 * HOUR).await;
    assert_eq!(world.known_of("f-00003").history.changes, [], "the first sight is no change");
    let last_round = world.round.borrow().0.beside.complete_since();
    assert!(last_round > START + 4 * 24 * HOUR);
    world.lead("f-00003", "live", "42");
    world.reserve("f-00004", Some(5));
    world.reserve("f-00005", Some(1));
    world.sweep_for(HOUR).await;
    let alias = Altered::Alias { name: "live".to_owned(), from: "41".to_owned(), to: "42".to_owned() };
    for (function, altered) in
        [("f-00003", alias), ("f-00004", concurrency("50", "5")), ("f-00005", concurrency("none", "1"))]
    {
        let history = world.known_of(function).history;
        let [Change { altered: found, since, at, .. }] = &history.changes[..] else { unreachable!("{history:?}") };
        assert_eq!((found, *since), (&altered, Some(last_round)), "{function}");
        assert_eq!((history.seen_at, history.beside_at), (START, Some(*at)), "the description did not change");
    }
    world.reserve("f-00004", None);
    world.sweep_for(HOUR).await;
    let changes = world.known_of("f-00004").history.changes;
    assert_eq!(changes.first().map(|change| &change.altered), Some(&concurrency("5", "none")));
}

/// A page, and a call that fails, know neither.
#[tokio::test(start_paused = true)]
async fn what_is_not_answered_stays_known() {
    let world = World::of(10);
    world.lead("f-00003", "live", "41");
    world.reserve("f-00003", Some(50));
    world.sweep_for(HOUR).await;
    let known = world.known_of("f-00003").history.state;
    assert_eq!((known.aliases.get("live").map(String::as_str), known.concurrency), (Some("41"), Some(50)));
    world.change("f-00003", |builder| builder.memory_size(128));
    *world.beside_refusal.borrow_mut() = Some("TooManyRequestsException");
    world.sweep_for(HOUR).await;
    world.handler().of("f-00003", world.now()).await;
    let history = world.known_of("f-00003").history;
    assert_eq!((history.state.memory, history.changes.len()), (Some(128), 1));
    assert_eq!((history.state.aliases, history.state.concurrency), (known.aliases, Some(50)));
}

#[tokio::test(start_paused = true)]
async fn two_sweeps_at_once_ask_about_different_functions() {
    let world = World::of(200);
    let (one, other) = (world.handler(), world.handler());
    for _ in 0..12 {
        tokio::join!(one.take(world.now()), other.take(world.now()));
        world.pass(MINUTE);
    }
    assert_eq!(world.asked.borrow().len(), 400, "each function once");
    assert_eq!(world.beside_writes.get(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_throttle_ends_it_until_the_next_sweep_which_goes_on() {
    let world = World::of(100);
    let handler = world.handler();
    world.sweep_with(&handler).await;
    *world.beside_refusal.borrow_mut() = Some("TooManyRequestsException");
    world.asked.take();
    for _ in 0..3 {
        world.sweep_with(&handler).await;
    }
    assert_eq!(world.asked.take(), ["f-00020"; 3], "one call a sweep");
    *world.beside_refusal.borrow_mut() = None;
    world.sweep_for(6 * MINUTE).await;
    assert_eq!(world.asked.borrow().len(), 160, "none of the first ones again");
}

/// A boundary that was made for a former version denies it: four times an hour, and the pages are read.
#[tokio::test(start_paused = true)]
async fn a_denial_keeps_no_page_back() {
    let world = World::of(10);
    *world.beside_refusal.borrow_mut() = Some("AccessDeniedException");
    world.sweep_for(2 * HOUR).await;
    assert_eq!(world.asked.borrow().len(), 8);
    assert_eq!((world.writes.get(), world.beside_writes.get()), (10, 0));
    assert_eq!(world.taken.borrow().len(), 3);
}

/// The sweep ends in time, and the next one goes on where it ended.
#[tokio::test(start_paused = true)]
async fn a_slow_lambda_delays_it_without_repeating_it() {
    let world = World::of(20);
    world.latency.set(Duration::from_secs(1));
    for _ in 0..10 {
        let begun = Instant::now();
        world.handler().take(world.now()).await;
        assert!(begun.elapsed() <= BUDGET + Duration::from_secs(1), "{:?}", begun.elapsed());
        world.pass(MINUTE);
    }
    assert_eq!(world.beside_writes.get(), 20);
    assert!(world.asked.borrow().len() <= 40 + 10, "at most one call of each sweep is cut off");
}

#[tokio::test(start_paused = true)]
async fn one_function_on_demand_has_both() {
    let world = World::of(3);
    world.lead("f-00001", "live", "41");
    world.handler().of("f-00001", world.now()).await;
    let history = world.known_of("f-00001").history;
    assert_eq!(history.beside_at, Some(START));
    assert!(history.state.unreserved);
    world.pass(MINUTE);
    world.lead("f-00001", "live", "42");
    world.handler().of("f-00001", world.now()).await;
    let changes = world.known_of("f-00001").history.changes;
    assert_eq!(changes.first().map(|change| (change.altered.name(), change.since)), Some(("alias", Some(START))));
}
