//! Items that this program did not write: of later versions, of people, broken.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use incident_model::tally::Tally;
use proptest::prelude::*;

use super::*;

/// Attribute values of any type, also with numbers that are none.
fn value() -> impl Strategy<Value = AttributeValue> {
    let number = prop_oneof!["-?[0-9]{1,40}", "-?[0-9]{1,3}[.][0-9]{1,3}E-?[0-9]{1,3}", ".{0,3}"];
    let leaf = prop_oneof![
        ".{0,12}".prop_map(AttributeValue::S),
        number.prop_map(AttributeValue::N),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null(true)),
        Just(AttributeValue::B(Blob::new([0xff]))),
        Just(AttributeValue::Ss(vec!["a".to_owned()])),
        Just(AttributeValue::Ns(vec!["1".to_owned(), "x".to_owned()])),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(AttributeValue::L),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..3).prop_map(AttributeValue::M),
        ]
    })
}

/// An item as it is written, with some of its attributes replaced.
fn spoilt(item: Item) -> impl Strategy<Value = Item> {
    let names: Vec<String> = item.keys().cloned().collect();
    prop::collection::vec((prop::sample::select(names), value()), 0..3).prop_map(move |changes| {
        let mut item = item.clone();
        item.extend(changes);
        item
    })
}

fn written() -> Item {
    let sample = include_bytes!("../../../../../tests/events/lambda-01-async-failure-eventbridge.json");
    let delivery = incident_model::read(sample).unwrap_or_default();
    let rules = incident_model::Rules::defaults().ok();
    let classified = rules.and_then(|rules| incident_model::classify(&delivery, &rules).ok()).unwrap_or_default();
    let first = classified.into_iter().next();
    let incident = first.and_then(|one| one.incident("inc-1".to_owned(), "2026-11-27T10:00:00.000Z".to_owned()));
    incident.and_then(|incident| head(&incident).ok()).unwrap_or_default()
}

fn tally() -> Item {
    to_item(Tally { occurrences: 3, ..Tally::default() }).unwrap_or_default()
}

#[test]
fn what_is_written_is_read() {
    let read = incident(&written(), Some(&tally()));
    assert_eq!(read.map(|incident| incident.occurrences), Some(4));
}

proptest! {
    #[test]
    fn no_item_makes_it_panic(head in spoilt(written()), tally in spoilt(tally())) {
        let _ = incident(&head, Some(&tally));
        for name in head.keys() {
            let _ = (string(&head, name), integer::<i64>(&head, name));
        }
    }

    #[test]
    fn an_item_of_anything_is_no_incident(item in prop::collection::hash_map("[a-z_]{1,12}", value(), 0..4)) {
        let item: HashMap<String, AttributeValue> = item;
        prop_assert!(incident(&item, None).is_none());
    }
}
