//! Laws that hold of all items: one condition says what another says, and an update what is read afterwards.

use proptest::prelude::*;

use super::properties::value;
use super::*;

/// Paths of the items and values here, and a size.
const OPERANDS: [&str; 7] = ["p", "q", "p.q", "q[0]", "r", "size(p)", "size(q)"];

fn operand() -> impl Strategy<Value = &'static str> {
    prop::sample::select(OPERANDS.to_vec())
}

fn subject() -> impl Strategy<Value = Item> {
    prop::collection::btree_map("[pqr]", value(), 0..4).prop_map(|item| super::item(json!(item)))
}

/// What a filter says of an item; nothing where it is refused.
fn says(text: &str, values: &Value, item: &Item) -> Option<bool> {
    filter_with(text, values).ok().map(|condition| condition.holds(item))
}

/// A condition of whatever kind on one operand and two values.
fn condition() -> impl Strategy<Value = String> {
    let comparator = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    prop_oneof![
        (operand(), comparator).prop_map(|(operand, comparator)| format!("{operand} {comparator} :v0")),
        operand().prop_map(|operand| format!("{operand} IN (:v0, :v1)")),
        prop::sample::select(vec!["p", "q", "r"]).prop_map(|path| format!("attribute_exists({path})")),
        prop::sample::select(vec!["p", "q", "r"]).prop_map(|path| format!("contains({path}, :v1)")),
    ]
}

proptest! {
    #[test]
    fn a_comparison_and_its_opposite(operand in operand(), item in subject(), v in value()) {
        let values = json!({":v0": v});
        let holds = |comparator: &str| says(&format!("{operand} {comparator} :v0"), &values, &item);
        let opposite = |comparator: &str| says(&format!("NOT {operand} {comparator} :v0"), &values, &item);
        prop_assert_eq!(holds("<>"), opposite("="));
        prop_assert_eq!(holds("="), opposite("<>"));
        // At most one of the three holds; of two values of one type that has an order, exactly one.
        let of_three = ["<", "=", ">"].map(|comparator| holds(comparator).unwrap_or(false));
        prop_assert!(of_three.into_iter().filter(|holds| *holds).count() <= 1);
        if holds("<").is_some() {
            prop_assert_eq!(holds("<="), Some(of_three[0] || of_three[1]));
            prop_assert_eq!(holds(">="), Some(of_three[2] || of_three[1]));
            let is_comparable = of_three.into_iter().any(|holds| holds);
            prop_assert_eq!(opposite("<"), Some(!is_comparable || of_three[1] || of_three[2]));
        }
        prop_assert_eq!(holds("<"), says(&format!(":v0 > {operand}"), &values, &item));
    }

    #[test]
    fn between_is_two_comparisons(operand in operand(), item in subject(), low in value(), high in value()) {
        let values = json!({":v0": low, ":v1": high});
        let between = says(&format!("{operand} BETWEEN :v0 AND :v1"), &values, &item);
        let both = says(&format!("{operand} >= :v0 AND {operand} <= :v1"), &values, &item);
        match between {
            Some(_) => prop_assert_eq!(between, both),
            // Bounds that BETWEEN refuses leave nothing between them.
            None => prop_assert_ne!(both, Some(true)),
        }
    }

    #[test]
    fn in_is_an_equality_with_one_of_them(operand in operand(), item in subject(), one in value(), two in value()) {
        let values = json!({":v0": one, ":v1": two});
        let equalities = says(&format!("{operand} = :v0 OR {operand} = :v1"), &values, &item);
        prop_assert_eq!(says(&format!("{operand} IN (:v0, :v1)"), &values, &item), equalities);
        prop_assert_eq!(says(&format!("{operand} IN (:v1, :v0)"), &values, &item), equalities);
    }

    #[test]
    fn logic_is_that_of_de_morgan(
        one in condition(),
        two in condition(),
        item in subject(),
        v0 in value(),
        v1 in value(),
    ) {
        let values = json!({":v0": v0, ":v1": v1});
        let says = |text: String| says(&text, &values, &item);
        prop_assert_eq!(says(format!("NOT ({one} AND {two})")), says(format!("NOT {one} OR NOT {two}")));
        prop_assert_eq!(says(format!("NOT ({one} OR {two})")), says(format!("NOT {one} AND NOT {two}")));
        prop_assert_eq!(says(format!("{one} AND {two}")), says(format!("{two} AND {one}")));
        prop_assert_eq!(says(format!("NOT NOT {one} OR {two} AND {two}")), says(format!("{two} OR {one}")));
    }

    #[test]
    fn what_is_set_is_read(
        target in prop::sample::select(vec!["p", "q", "p.q", "q[0]", "r.p", "r[7]"]),
        item in subject(),
        v in value(),
    ) {
        let values = json!({":v0": v});
        let expected = says(&format!("{target} = :v0"), &values, &{
            let text = format!("SET {target} = :v0");
            let request = request(Kind::Update, &text, &json!({}), &values);
            let update = placeholders(&request, Kind::Update).update(&request).unwrap();
            match update.applied(&item) {
                Ok(updated) => updated,
                // There is no place for it.
                Err(_) => return Ok(()),
            }
        });
        // An index beyond the end appends where the end is.
        prop_assert!(expected == Some(true) || target == "r[7]");
    }

    #[test]
    fn what_is_removed_is_gone(
        target in prop::sample::select(vec!["p", "q", "p.q", "r.p"]),
        item in subject(),
    ) {
        let text = format!("REMOVE {target}");
        let request = request(Kind::Update, &text, &json!({}), &json!({}));
        let update = placeholders(&request, Kind::Update).update(&request).unwrap();
        if let Ok(updated) = update.applied(&item) {
            prop_assert_eq!(says(&format!("attribute_not_exists({target})"), &json!({}), &updated), Some(true));
            // And a second time there is nothing left to do.
            prop_assert_eq!(update.applied(&updated), Ok(updated));
        }
    }

    #[test]
    fn a_number_added_and_taken_away_leaves_what_was(start in -1000_i64..1000, step in -1000_i64..1000) {
        let item = super::item(json!({"p": {"N": start.to_string()}}));
        let values = json!({":v0": {"N": format!("{step}.50")}});
        let run = |text: &str, item: &Item| {
            let request = request(Kind::Update, text, &json!({}), &values);
            placeholders(&request, Kind::Update).update(&request).unwrap().applied(item).unwrap()
        };
        let added = run("ADD p :v0", &item);
        prop_assert_eq!(&added, &run("SET p = p + :v0", &item));
        prop_assert_eq!(run("SET p = p - :v0", &added), item);
    }
}
