//! What holds for every text and every tree.

use proptest::prelude::*;

use super::super::syntax::{Action, Assigned, Call, Comparator, Condition, Operand, Path, Step, Update};
use super::super::{lexer, parser};
use super::*;

const KINDS: [Kind; 3] = [Kind::Condition, Kind::Filter, Kind::KeyCondition];
const PIECES: [&str; 36] = [
    "a",
    "#a",
    ":n",
    ":s",
    "(",
    ")",
    "[",
    "]",
    ".",
    ",",
    "=",
    "<>",
    "<",
    "<=",
    "+",
    "-",
    "1",
    "AND",
    "or",
    "NOT",
    "IN",
    "BETWEEN",
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "size(",
    "contains(",
    "attribute_exists(",
    "begins_with(",
    "if_not_exists(",
    "list_append(",
    " ",
    "_",
    "é",
    "status",
];

/// Texts of whatever characters, and texts of the grammar's own parts.
fn text() -> impl Strategy<Value = String> {
    let own = prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..900).prop_map(|pieces| pieces.join(" "));
    prop_oneof!["\\PC{0,1400}", "[ -~]{0,4200}", "[()]{0,4200}", "(NOT |\\(){0,1000}", own]
}

fn name() -> impl Strategy<Value = String> {
    "#?x[a-z0-9_]{0,3}"
}

fn path() -> impl Strategy<Value = Path> {
    let step = prop_oneof![name().prop_map(Step::Name), (0_usize..100).prop_map(Step::Index)];
    (name(), prop::collection::vec(step, 0..4))
        .prop_map(|(first, rest)| Path(std::iter::once(Step::Name(first)).chain(rest).collect()))
}

fn call(arguments: impl Strategy<Value = Operand>) -> impl Strategy<Value = Call> {
    ("x[a-z_]{0,8}", prop::collection::vec(arguments, 1..4))
        .prop_map(|(function, arguments)| Call { function, arguments })
}

fn operand() -> impl Strategy<Value = Operand> {
    let leaf = prop_oneof![path().prop_map(Operand::Path), ":v[0-9]".prop_map(Operand::Value)];
    leaf.prop_recursive(3, 8, 3, |inner| call(inner).prop_map(Operand::Call))
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        (operand(), prop::sample::select(Comparator::ALL.to_vec()), operand())
            .prop_map(|(left, comparator, right)| Condition::Compare(left, comparator, right)),
        (operand(), operand(), operand()).prop_map(|(operand, low, high)| Condition::Between(operand, low, high)),
        (operand(), prop::collection::vec(operand(), 1..4))
            .prop_map(|(operand, candidates)| Condition::In(operand, candidates)),
        call(operand()).prop_map(Condition::Call),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            prop::collection::vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

fn assigned() -> impl Strategy<Value = Assigned> {
    prop_oneof![
        operand().prop_map(Assigned::Operand),
        (operand(), operand()).prop_map(|(left, right)| Assigned::Plus(left, right)),
        (operand(), operand()).prop_map(|(left, right)| Assigned::Minus(left, right)),
    ]
}

fn update() -> impl Strategy<Value = Update> {
    let actions = |one: BoxedStrategy<Action>| prop::collection::vec(one, 0..3);
    let value = || ":v[0-9]".prop_map(String::from);
    let sections = (
        actions((path(), assigned()).prop_map(|(path, assigned)| Action::Set(path, assigned)).boxed()),
        actions(path().prop_map(Action::Remove).boxed()),
        actions((path(), value()).prop_map(|(path, value)| Action::Add(path, value)).boxed()),
        actions((path(), value()).prop_map(|(path, value)| Action::Delete(path, value)).boxed()),
    );
    sections
        .prop_map(|(set, remove, add, delete)| Update { actions: [add, set, delete, remove].concat(), repeated: None })
        .prop_filter("an update does something", |update| !update.actions.is_empty())
}

/// A tree that no limit refuses.
fn fits(text: &str) -> bool {
    text.len() <= 4096
}

proptest! {
    #[test]
    fn no_text_breaks_a_parser(text in text()) {
        for kind in KINDS {
            let _ = parser::condition(&text, kind);
        }
        let _ = (parser::update(&text), parser::projection(&text));
    }

    #[test]
    fn tokens_cover_the_text_in_order(text in text()) {
        let mut at = 0;
        for token in lexer::tokens(&text) {
            prop_assert!(text[at..token.start].trim().is_empty() && token.start <= token.end);
            at = token.end;
        }
        prop_assert_eq!(at, text.len());
    }

    #[test]
    fn what_is_written_reads_as_the_same_condition(tree in condition()) {
        let text = tree.to_string();
        prop_assume!(fits(&text));
        prop_assert_eq!(parser::condition(&text, Kind::Filter), Ok(tree), "{}", text);
    }

    #[test]
    fn what_is_written_reads_as_the_same_update(tree in update()) {
        let text = tree.to_string();
        prop_assume!(fits(&text));
        prop_assert_eq!(parser::update(&text), Ok(tree), "{}", text);
    }

    #[test]
    fn what_is_written_reads_as_the_same_paths(paths in prop::collection::vec(path(), 1..6)) {
        let text = paths.iter().map(Path::to_string).collect::<Vec<_>>().join(", ");
        prop_assert_eq!(parser::projection(&text), Ok(paths));
    }
}

/// Values of all types, and attributes of the names that [`bindable`] has.
pub(super) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-c]{0,2}".prop_map(|text| json!({"S": text})),
        (-3_i32..3).prop_map(|number| json!({"N": number.to_string()})),
        prop::sample::select(vec!["", "AQ==", "gAE="]).prop_map(|bytes| json!({"B": bytes})),
        any::<bool>().prop_map(|value| json!({"BOOL": value})),
        Just(json!({"NULL": true})),
        Just(json!({"SS": ["a", "b"]})),
        Just(json!({"NS": ["1", "2"]})),
        Just(json!({"BS": ["AQ=="]})),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|list| json!({"L": list})),
            prop::collection::btree_map("[pq]", inner, 0..3).prop_map(|map| json!({"M": map})),
        ]
    })
}

/// Expressions whose words are right, so that most of them bind.
fn bindable() -> impl Strategy<Value = (String, String)> {
    let path = || prop::sample::select(vec!["p", "q", "p.q", "q[0]", "p.q[1]", "r", "q.p.q"]);
    let operand = move || {
        prop_oneof![
            path().prop_map(str::to_owned),
            ":v[0-2]".prop_map(String::from),
            path().prop_map(|path| format!("size({path})"))
        ]
    };
    let comparison = (operand(), prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]), operand())
        .prop_map(|(left, comparator, right)| format!("{left} {comparator} {right}"));
    let rest = prop_oneof![
        (operand(), operand(), operand())
            .prop_map(|(operand, low, high)| format!("{operand} BETWEEN {low} AND {high}")),
        (operand(), operand()).prop_map(|(one, two)| format!("{one} IN ({two}, :v0)")),
        (prop::sample::select(vec!["contains", "begins_with"]), operand(), operand())
            .prop_map(|(function, one, two)| format!("{function}({one}, {two})")),
        path().prop_map(|path| format!("NOT attribute_exists({path})")),
    ];
    let action = prop_oneof![
        (path(), path()).prop_map(|(target, from)| format!("SET {target} = if_not_exists({from}, :v0)")),
        (path(), path()).prop_map(|(target, from)| format!("SET {target} = {from} - :v1, r = {from}")),
        (path(), path()).prop_map(|(target, from)| format!("SET {target} = list_append(:v2, {from}) REMOVE r")),
        (path(), path()).prop_map(|(target, gone)| format!("ADD {target} :v1 REMOVE {gone}")),
        path().prop_map(|target| format!("DELETE {target} :v2")),
    ];
    (prop_oneof![comparison, rest], action)
}

proptest! {
    #[test]
    fn evaluation_is_total(
        (condition, action) in bindable(),
        item in prop::collection::btree_map("[pq]", value(), 0..3),
        values in prop::collection::vec(value(), 3),
    ) {
        let item = super::item(json!(item));
        let values = json!({":v0": values[0], ":v1": values[1], ":v2": values[2]});
        if let Ok(condition) = filter_with(&condition, &values) {
            let negated = super::super::Condition::Not(Box::new(condition.clone()));
            prop_assert_ne!(condition.holds(&item), negated.holds(&item));
        }
        let request = request(Kind::Update, &action, &json!({}), &values);
        if let Ok(update) = placeholders(&request, Kind::Update).update(&request)
            && let Ok(updated) = update.applied(&item)
        {
            // What it was not about is as it was.
            let changed: Vec<&str> = update.targets().filter_map(Path::attribute).collect();
            for (name, value) in item.iter().filter(|(name, _)| !changed.contains(&name.as_str())) {
                prop_assert_eq!(updated.get(name), Some(value));
            }
            // And all that it left can be written and read.
            let written = value::write_map(&updated);
            prop_assert_eq!(value::read_map(written.as_object().unwrap()).unwrap(), updated);
        }
    }
}
