use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn message(id: &str, group: Option<&str>, now: Instant) -> Message {
    Message {
        id: id.to_owned(),
        body: String::new(),
        attributes: BTreeMap::new(),
        group: group.map(str::to_owned),
        sender: String::new(),
        sent: jiff::Timestamp::UNIX_EPOCH,
        entered: jiff::Timestamp::UNIX_EPOCH,
        expires: now + 24 * HOUR,
        visible: now,
        first_received: None,
        receive_count: 0,
        receives_here: 0,
        receipt: None,
        dead_letter_source: None,
    }
}

fn backlog(messages: &[(&str, Option<&str>, usize)], now: Instant) -> Backlog {
    let mut backlog = Backlog::default();
    for (id, group, times) in messages {
        (0..*times).for_each(|_| backlog.push(message(id, *group, now), now));
    }
    backlog
}

fn ids(messages: &[Message]) -> String {
    messages.iter().map(|message| message.id.as_str()).collect()
}

#[test]
fn a_group_is_noisy_from_thirty_in_flight_and_a_tenth_of_all() {
    let now = Instant::now();
    // Messages in flight by group, and what comes next with one of group a before one of group b.
    for (in_flight, expected) in [
        (vec![("a", Some("a"), 29)], "ab"),
        (vec![("a", Some("a"), 30)], "ba"),
        (vec![("a", Some("a"), 30), ("-", None, 269)], "ba"),
        (vec![("a", Some("a"), 30), ("-", None, 270)], "ab"),
        // Messages without a group are each a group of their own.
        (vec![("-", None, 500)], "ab"),
    ] {
        let mut backlog = backlog(&in_flight, now);
        backlog.receive(1000, HOUR, None, now);
        backlog.push(message("a", Some("a"), now), now);
        backlog.push(message("b", Some("b"), now), now);
        let (first, _) = backlog.receive(2, HOUR, None, now);
        assert_eq!(ids(&first), expected, "{in_flight:?}");
    }
}

#[test]
fn of_two_noisy_groups_the_one_with_fewer_in_flight_comes_first() {
    let now = Instant::now();
    let mut backlog = backlog(&[("a", Some("a"), 40), ("b", Some("b"), 30)], now);
    backlog.receive(1000, HOUR, None, now);
    for name in ["a", "b"] {
        backlog.push(message(name, Some(name), now), now);
    }
    assert_eq!(ids(&backlog.receive(2, HOUR, None, now).0), "ba");
    let (quiet, groups) = backlog.quiet_counts(now);
    assert_eq!((quiet, groups), (Counts::default(), 2));
}

#[test]
fn a_group_is_quiet_again_when_its_messages_are_gone() {
    let now = Instant::now();
    let mut backlog = backlog(&[("a", Some("a"), 30)], now);
    let (received, _) = backlog.receive(1000, HOUR, None, now);
    backlog.push(message("a", Some("a"), now), now);
    backlog.push(message("b", Some("b"), now), now);
    assert!(backlog.delete(received[0].receipt.as_deref().unwrap_or_default(), now).is_some());
    assert_eq!(ids(&backlog.receive(2, HOUR, None, now).0), "ab");
}

#[test]
fn a_message_received_three_times_goes_to_the_back_and_out_of_the_age() {
    let now = Instant::now();
    let mut backlog = backlog(&[("a", None, 1)], now);
    for _ in 0..3 {
        assert!(backlog.oldest(false, now).is_some());
        assert_eq!(ids(&backlog.receive(1, Duration::ZERO, None, now).0), "a");
    }
    assert_eq!(backlog.oldest(false, now), None);
    backlog.push(message("b", None, now), now);
    assert!(backlog.oldest(false, now).is_some());
    // It came back before b was sent, and again after.
    assert_eq!(ids(&backlog.receive(1, Duration::ZERO, None, now).0), "a");
    assert_eq!(ids(&backlog.receive(2, HOUR, None, now).0), "ba");
}

#[test]
fn counts_follow_a_message_through_its_life() {
    let now = Instant::now();
    let mut backlog = Backlog::default();
    let counts = |visible, in_flight, delayed| Counts { visible, in_flight, delayed };
    backlog.push(Message { visible: now + HOUR, ..message("a", Some("g"), now) }, now);
    assert_eq!(backlog.counts(now), counts(0, 0, 1));
    assert_eq!(backlog.next_visible(now), Some(now + HOUR));
    let later = now + HOUR;
    assert_eq!(backlog.counts(later), counts(1, 0, 0));
    let (received, _) = backlog.receive(1, HOUR, None, later);
    assert_eq!(backlog.counts(later), counts(0, 1, 0));
    let receipt = received[0].receipt.clone().unwrap_or_default();
    assert!(backlog.change_visibility(&receipt, later, later));
    assert_eq!(backlog.counts(later), counts(1, 0, 0));
    assert!(!backlog.change_visibility(&receipt, later + HOUR, later), "it is not in flight");
    let (again, _) = backlog.receive(1, HOUR, None, later);
    assert!(backlog.delete(&receipt, later).is_none(), "a later receive has superseded the handle");
    assert!(backlog.delete(again[0].receipt.as_deref().unwrap_or_default(), later).is_some());
    assert_eq!(backlog.counts(later), Counts::default());
    assert!(backlog.groups.is_empty() && backlog.heads.is_empty() && backlog.receipts.is_empty());
}

#[test]
fn messages_over_the_receive_limit_and_expired_ones_leave() {
    let now = Instant::now();
    let mut backlog = backlog(&[("a", None, 1), ("b", None, 1)], now);
    assert_eq!(ids(&backlog.receive(1, Duration::ZERO, Some(1), now).0), "a");
    let (received, exhausted) = backlog.receive(10, HOUR, Some(1), now);
    assert_eq!((ids(&received), ids(&exhausted)), ("b".to_owned(), "a".to_owned()));
    assert_eq!(backlog.counts(now + 24 * HOUR), Counts::default());
    assert!(backlog.expiries.is_empty());
}
