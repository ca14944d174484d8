use proptest::prelude::*;

use super::*;

/// 10:00 UTC.
const NOW: i64 = 1_767_261_600;

/// Minutes before now with their calls and errors.
fn rates(spans: &[(i64, i64, f64, f64)]) -> Rates {
    let minutes = spans.iter().flat_map(|&(from, to, invocations, errors)| {
        (to..=from).rev().map(move |ago| Minute { at: NOW - ago * MINUTE, invocations, errors, ..Minute::default() })
    });
    Rates { minutes: minutes.collect(), day_before: Vec::new(), until: NOW + 20 }
}

fn with_day_before(rates: Rates, invocations: f64, errors: f64) -> Rates {
    let minute = |at: i64| Minute { at: NOW - 25 * 3_600 + at * MINUTE, invocations, errors, ..Minute::default() };
    Rates { day_before: (0..30).map(minute).collect(), ..rates }
}

#[test]
fn the_sentence_says_since_when_how_many_and_how_it_was_before() {
    for (rates, expected) in [
        (
            rates(&[(179, 5, 60.0, 0.0), (4, 0, 68.0, 62.0)]),
            "310 of 340 calls fail since 09:56 UTC; none of 10 500 before",
        ),
        (rates(&[(10, 10, 1.0, 0.0), (0, 0, 1.0, 1.0)]), "1 of 1 calls failed since 10:00 UTC; none of 1 before"),
        (rates(&[(179, 0, 10.0, 5.0)]), "900 of 1 800 calls fail for 3 h at least"),
        (rates(&[(179, 0, 10.0, 0.0)]), "the metrics show no failure yet among 1 800 calls of the last 3 h"),
        (rates(&[]), "the metrics show no call of the last 3 h yet"),
    ] {
        assert_eq!(rates.sentence(), expected);
    }
}

#[test]
fn a_usual_share_of_failures_is_no_begin_and_more_than_that_is() {
    let noisy = with_day_before(rates(&[(179, 0, 100.0, 3.0)]), 100.0, 3.0);
    assert!(noisy.failing().is_some_and(|failing| failing.is_usual && !failing.is_new()));
    let worse = with_day_before(rates(&[(179, 4, 100.0, 3.0), (3, 0, 100.0, 90.0)]), 100.0, 3.0);
    let failing = worse.failing();
    assert!(failing.is_some_and(|failing| failing.since == NOW - 3 * MINUTE && failing.is_new()), "{failing:?}");
    assert!(failing.is_some_and(|failing| (failing.share - 0.9).abs() < 0.01));
    let sporadic = rates(&[
        (100, 100, 9.0, 1.0),
        (99, 60, 0.0, 0.0),
        (59, 50, 9.0, 0.0),
        (49, 49, 9.0, 1.0),
        (48, 45, 9.0, 0.0),
        (44, 44, 9.0, 1.0),
        (5, 2, 9.0, 0.0),
        (1, 1, 9.0, 1.0),
        (0, 0, 9.0, 0.0),
    ]);
    assert_eq!(sporadic.failing().map(|failing| failing.since), Some(NOW - 100 * MINUTE), "it began long ago");
}

#[test]
fn throttles_stand_beside_the_concurrency_that_they_met() {
    let mut busy = rates(&[(179, 7, 1000.0, 0.0), (6, 0, 2900.0, 0.0)]);
    for minute in &mut busy.minutes {
        let is_late = minute.at >= NOW - 6 * MINUTE;
        (minute.concurrency, minute.throttles) = if is_late { (50.0, 410.0) } else { (17.0, 0.0) };
    }
    assert_eq!(
        busy.sentence(),
        "2 870 calls were throttled at 50 executions at once since 09:54 UTC; 2 900 calls a minute began, 1 000 before"
    );
}

#[test]
fn served_calls_are_those_of_whole_minutes_between() {
    let rates = with_day_before(rates(&[(30, 5, 10.0, 0.0), (4, 0, 10.0, 10.0)]), 1.0, 0.0);
    assert_eq!(rates.served(NOW - 4 * MINUTE - 10, NOW - 4 * MINUTE), Some(0.0));
    assert_eq!(rates.served(NOW - 20 * MINUTE, NOW - 4 * MINUTE), Some(160.0));
    assert_eq!(rates.served(NOW - 300 * MINUTE, NOW - 200 * MINUTE), None, "not read");
    assert_eq!(rates.served(NOW - 26 * 3_600, NOW - 20 * 3_600), Some(30.0));
}

#[test]
fn the_sparkline_shows_when_errors_came() {
    let line = rates(&[(100, 100, 9.0, 1.0), (7, 0, 9.0, 8.0)]).sparkline();
    assert_eq!(line, "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▆█");
    assert_eq!(rates(&[(10, 0, 9.0, 0.0)]).sparkline(), "");
}

proptest! {
    #[test]
    fn no_metrics_give_a_share_beyond_all(spans in prop::collection::vec((0..180_i64, 0..9_u32, 0..9_u32, 0..9_u32), 0..40)) {
        let minutes = spans.into_iter().map(|(ago, invocations, errors, throttles)| Minute {
            at: NOW - ago * MINUTE, invocations: invocations.into(), errors: errors.into(), throttles: throttles.into(), ..Minute::default()
        });
        let mut minutes: Vec<Minute> = minutes.collect();
        minutes.sort_by_key(|minute| minute.at);
        let rates = Rates { minutes, day_before: Vec::new(), until: NOW };
        if let Some(failing) = rates.failing() {
            prop_assert!((0.0..=1.0).contains(&failing.share), "{failing:?}");
            prop_assert!(failing.errors <= failing.calls && failing.errors > 0.0);
        }
        prop_assert!(rates.sparkline().chars().count() == 36 || rates.sparkline().is_empty());
        prop_assert!(!rates.sentence().is_empty());
    }
}
