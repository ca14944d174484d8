use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const SEEN: i64 = 1_000;
const UPDATED: i64 = 4_000;
const READ: i64 = 5_000;

fn state() -> FunctionState {
    FunctionState {
        code: "sha-41".to_owned(),
        modified_at: Some(500),
        version: "$LATEST".to_owned(),
        memory: Some(512),
        timeout: Some(30),
        role: "arn:aws:iam::111122223333:role/orders".to_owned(),
        environment: vec!["QUEUE_URL".to_owned(), "TABLE".to_owned()],
        layers: vec!["arn:layer:Ext:60".to_owned(), "arn:layer:Lib:15".to_owned()],
        concurrency: Some(50),
        aliases: [("live".to_owned(), "41".to_owned())].into(),
        ..FunctionState::default()
    }
}

fn history() -> FunctionHistory {
    FunctionHistory { seen_at: SEEN, state: state(), ..FunctionHistory::default() }
}

fn setting(name: &str, from: &str, to: &str) -> Altered {
    Altered::Setting { name: name.to_owned(), from: from.to_owned(), to: to.to_owned() }
}

/// What differs when the state was updated like this.
fn after(update: impl FnOnce(&mut FunctionState)) -> Vec<Change> {
    let mut now = FunctionState { modified_at: Some(UPDATED), ..state() };
    update(&mut now);
    history().changes_until(&now, READ)
}

#[test]
fn one_difference_has_the_time_of_the_update() {
    let exact = |altered| vec![Change { altered, at: UPDATED, since: None, by: None }];
    let one = |name: &str| vec![name.to_owned()];
    assert_eq!(after(|now| now.code = "sha-42".to_owned()), exact(Altered::Code { version: String::new() }));
    assert_eq!(after(|now| now.memory = Some(128)), exact(setting("memory", "512", "128")));
    assert_eq!(
        after(|now| now.environment = one("TABLE")),
        exact(Altered::Environment { added: Vec::new(), removed: one("QUEUE_URL") })
    );
    assert_eq!(
        after(|now| now.layers[0] = "arn:layer:Ext:62".to_owned()),
        exact(Altered::Layers { from: one("arn:layer:Ext:60"), to: one("arn:layer:Ext:62") })
    );
    assert_eq!(after(|now| now.network = one("subnet-1")), exact(setting("network", "", "subnet-1")));
    assert_eq!(after(|now| now.description = "orders".to_owned()), exact(setting("description", "", "orders")));
    assert_eq!(after(|_| ()), exact(Altered::Something), "such as the value of a variable");
}

#[test]
fn several_differences_came_some_time_between() {
    let changes = after(|now| (now.memory, now.timeout) = (Some(128), Some(3)));
    let between = |altered| Change { altered, at: UPDATED, since: Some(SEEN), by: None };
    assert_eq!(changes, [between(setting("memory", "512", "128")), between(setting("timeout", "30", "3"))]);
}

#[test]
fn aliases_and_concurrency_move_without_an_update() {
    let mut now = FunctionState { concurrency: Some(5), ..state() };
    now.aliases = [("live".to_owned(), "42".to_owned()), ("new".to_owned(), "7".to_owned())].into();
    let between = |altered| Change { altered, at: READ, since: Some(SEEN), by: None };
    let moved = Altered::Alias { name: "live".to_owned(), from: "41".to_owned(), to: "42".to_owned() };
    assert_eq!(history().changes_until(&now, READ), [between(moved), between(setting("concurrency", "50", "5"))]);
}

#[test]
fn what_is_reserved_where_nothing_was_is_a_change_and_so_is_the_reverse() {
    let none = FunctionState { concurrency: None, unreserved: true, ..state() };
    let unknown = FunctionState { concurrency: None, ..state() };
    let free = FunctionHistory { state: none.clone(), ..history() };
    let altered = |changes: Vec<Change>| changes.into_iter().map(|change| change.altered).collect::<Vec<_>>();
    assert_eq!(altered(history().changes_until(&none, READ)), [setting("concurrency", "50", "none")]);
    assert_eq!(altered(free.changes_until(&state(), READ)), [setting("concurrency", "none", "50")]);
    assert_eq!(free.changes_until(&unknown, READ), []);
    assert_eq!(free.clone().seen(unknown, READ), None, "still none");
}

#[test]
fn aliases_have_times_of_their_own() {
    let listed = FunctionState { aliases: BTreeMap::new(), concurrency: None, ..state() };
    let updated = FunctionState { memory: Some(128), modified_at: Some(UPDATED), ..listed };
    let history = history().seen(updated.clone(), READ).unwrap_or_default();
    let moved = |version: &str| FunctionState {
        aliases: [("live".to_owned(), version.to_owned())].into(),
        ..FunctionState::default()
    };
    let seen = history.seen_beside(moved("42"), READ + 50).unwrap_or_default();
    assert_eq!((seen.seen_at, seen.beside_at, seen.state.memory), (READ, Some(READ + 50), Some(128)));
    assert_eq!(seen.clone().seen_beside(moved("42"), READ + 60), None);
    let later =
        seen.clone().seen(FunctionState { memory: Some(64), modified_at: Some(READ + 70), ..updated }, READ + 80);
    let since = |history: FunctionHistory| {
        let changes = history.changes_until(&moved("43"), READ + 500);
        changes.into_iter().find(|change| change.altered.name() == "alias").and_then(|change| change.since)
    };
    assert_eq!(later.clone().and_then(since), Some(READ + 50), "not when the memory was seen");
    let checked = later.map(|history| history.unchanged_at(READ + 300, READ + 200));
    assert_eq!(checked.and_then(since), Some(READ + 200));
}

#[test]
fn a_version_that_is_older_than_the_snapshot_did_not_change() {
    let old = FunctionState { version: "40".to_owned(), code: "sha-40".to_owned(), modified_at: Some(100), ..state() };
    let new =
        FunctionState { version: "42".to_owned(), code: "sha-42".to_owned(), modified_at: Some(UPDATED), ..state() };
    let same = FunctionState { version: "41".to_owned(), modified_at: Some(UPDATED), ..state() };
    assert_eq!(history().changes_until(&old, READ), []);
    assert_eq!(history().changes_until(&same, READ), [], "published later, and the same");
    let code = Altered::Code { version: "42".to_owned() };
    assert_eq!(history().changes_until(&new, READ), [Change { altered: code, at: UPDATED, since: None, by: None }]);
}

#[test]
fn a_snapshot_without_aliases_keeps_those_that_are_known() {
    let listed = FunctionState { aliases: BTreeMap::new(), concurrency: None, ..state() };
    assert_eq!(history().seen(listed.clone(), READ), None);
    let updated = FunctionState { memory: Some(128), modified_at: Some(UPDATED), ..listed };
    let seen = history().seen(updated, READ);
    assert!(seen.is_some_and(|seen| seen.state.aliases == state().aliases && seen.state.concurrency == Some(50)));
}

fn any_state() -> impl Strategy<Value = FunctionState> {
    let texts = (select(&["", "a", "b"][..]), select(&["", "r", "s"][..]), select(&["$LATEST", "", "7"][..]));
    let numbers = (prop::option::of(1..4_u64), prop::option::of(1..4_u64), prop::option::of(1..9_i64));
    let lists = prop::collection::btree_set("[A-C]", 0..3);
    (texts, numbers, lists).prop_map(|((code, role, version), (memory, concurrency, modified_at), environment)| {
        FunctionState {
            code: code.to_owned(),
            role: role.to_owned(),
            version: version.to_owned(),
            memory,
            concurrency,
            modified_at,
            environment: environment.into_iter().collect(),
            ..FunctionState::default()
        }
    })
}

proptest! {
    #[test]
    fn a_history_is_bounded_sorted_and_knows_the_latest_state(states in prop::collection::vec(any_state(), 1..12)) {
        let mut history = FunctionHistory::default();
        for (number, state) in states.into_iter().enumerate() {
            let at = 100 + i64::try_from(number)? * 10;
            let state = FunctionState { modified_at: state.modified_at.map(|before| at - before), ..state };
            let is_first = number == 0;
            let before = history.clone();
            match history.clone().seen(state.clone(), at) {
                None => prop_assert_eq!(&state.clone().knowing(&before.state), &before.state),
                Some(seen) => history = seen,
            }
            prop_assert!(history.changes.len() <= MOST_CHANGES);
            prop_assert!(!is_first || history.changes.is_empty(), "nothing is known of what was before");
            prop_assert_eq!(history.clone().seen(state, at + 5), None, "the same state twice");
            prop_assert_eq!(&history.changes_until(&history.state, at + 5), &history.changes);
            prop_assert!(history.changes.iter().all(|change| change.since.is_none_or(|since| since <= at)));
            prop_assert!(history.changes.iter().all(|change| change.at <= at), "no change is later than its sight");
        }
    }

    #[test]
    fn what_one_side_does_not_know_did_not_change(state in any_state(), at in 100..200_i64) {
        let history = FunctionHistory { seen_at: 50, state: state.clone(), ..FunctionHistory::default() };
        let blank = FunctionState {
            environment: state.environment.clone(), version: state.version.clone(), ..FunctionState::default()
        };
        prop_assert_eq!(history.changes_until(&blank, at), []);
        let known = FunctionHistory { seen_at: 50, state: blank, ..FunctionHistory::default() };
        prop_assert_eq!(known.changes_until(&state, at), []);
    }
}
