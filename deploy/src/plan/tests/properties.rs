//! Invariants for arbitrary properties.

use proptest::prelude::*;

use super::*;

/// Properties as a template has them: scalars, mappings, and lists whose members have names.
fn properties() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..100i64).prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
    ];
    let named = prop::collection::btree_map("[a-d]", scalar.clone(), 0..4).prop_map(|members| {
        members.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Value>()
    });
    let value =
        prop_oneof![scalar.clone(), prop::collection::btree_map("[A-D]", scalar, 0..3).prop_map(|map| json!(map)),];
    (prop::collection::btree_map("[A-F]", value, 0..6), named).prop_map(|(mut all, tags)| {
        all.insert("Tags".to_owned(), tags);
        json!(all)
    })
}

/// The effect of an update: every property of the template, in addition to the existing ones.
fn applied(desired: &Value, observed: &Value) -> Value {
    let mut result = observed.as_object().cloned().unwrap_or_default();
    for (name, value) in desired.as_object().into_iter().flatten() {
        let before = result.get(name).cloned().unwrap_or_default();
        let value = match (name.as_str(), value, &before) {
            ("Tags", Value::Array(wanted), Value::Array(found)) => {
                let foreign = found.iter().filter(|tag| wanted.iter().all(|one| one["Key"] != tag["Key"]));
                foreign.chain(wanted).cloned().collect()
            }
            (_, Value::Object(_), Value::Object(_)) => applied(value, &before),
            _ => value.clone(),
        };
        result.insert(name.clone(), value);
    }
    result.into()
}

proptest! {
    #[test]
    fn what_is_applied_differs_no_more(desired in properties(), observed in properties()) {
        prop_assert_eq!(differences(&desired, &applied(&desired, &observed)), Vec::new());
        prop_assert_eq!(differences(&desired, &desired), Vec::new());
    }

    #[test]
    fn a_difference_is_reported_by_value(desired in properties(), observed in properties()) {
        for change in differences(&desired, &observed) {
            prop_assert_ne!(&change.before, &change.after, "{}", change.path);
        }
    }

    #[test]
    fn without_a_memory_nothing_is_taken_away(desired in properties(), observed in properties()) {
        prop_assert_eq!(removal::removals(&desired, &observed, &[]), Vec::new());
    }
}
