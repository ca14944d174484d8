//! Lets time pass: what an event has just written gets the times that it would have if the event had come earlier.
//!
//! A scenario's incidents may be a month old and its failures a minute apart. The stack's clock is the machine's, so the
//! records are moved into the past instead.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::table::{MONTH, month_of};
use jiff::{SignedDuration, Timestamp};

/// The items of the table by their key.
pub(super) type Items = BTreeMap<String, Item>;
/// An item.
pub(super) type Item = HashMap<String, AttributeValue>;

/// What an attribute may hold if it is a time in seconds: years 2001 to 2096. Later is `never`.
const SECONDS: std::ops::Range<i64> = 1_000_000_000..4_000_000_000;

/// The items that are new or changed, with all times that are new or changed moved by seconds.
pub(super) fn moved(before: &Items, after: &Items, seconds: i64) -> Vec<Item> {
    let changed = after.iter().filter(|(key, item)| before.get(*key) != Some(item));
    changed.map(|(key, item)| moved_item(before.get(key), item, seconds)).collect()
}

fn moved_item(before: Option<&Item>, item: &Item, seconds: i64) -> Item {
    let mut moved: Item = item
        .iter()
        .map(|(name, value)| {
            let old = before.and_then(|before| before.get(name));
            (name.clone(), moved_value(old, value, seconds))
        })
        .collect();
    // The key of an index.
    let created = moved.get("created_at").and_then(|created| created.as_s().ok()).map(|created| month_of(created));
    if let (Some(month), Some(AttributeValue::S(created))) = (moved.get_mut(MONTH), created.map(AttributeValue::S)) {
        *month = AttributeValue::S(created);
    }
    moved
}

fn moved_value(old: Option<&AttributeValue>, value: &AttributeValue, seconds: i64) -> AttributeValue {
    if old == Some(value) {
        return value.clone();
    }
    match value {
        AttributeValue::S(text) => AttributeValue::S(moved_text(text, seconds).unwrap_or_else(|| text.clone())),
        AttributeValue::N(number) => {
            let time = number.parse::<i64>().ok().filter(|number| SECONDS.contains(number));
            AttributeValue::N(time.map_or_else(|| number.clone(), |time| (time + seconds).to_string()))
        }
        AttributeValue::L(values) => {
            let old = old.and_then(|old| old.as_l().ok());
            let values = values.iter().enumerate();
            AttributeValue::L(
                values.map(|(at, it)| moved_value(old.and_then(|old| old.get(at)), it, seconds)).collect(),
            )
        }
        AttributeValue::M(members) => {
            AttributeValue::M(moved_item(old.and_then(|old| old.as_m().ok()), members, seconds))
        }
        other => other.clone(),
    }
}

/// A time in RFC 3339 in UTC, with as many digits of its seconds as before.
fn moved_text(text: &str, seconds: i64) -> Option<String> {
    let time = text.parse::<Timestamp>().ok().filter(|_| text.ends_with('Z') && text.contains('T'))?;
    let time = time.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len() - 1);
    Some(format!("{time:.digits$}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws_sdk_dynamodb::types::AttributeValue::{self, L, M, N, S};

    use super::{Item, moved};

    fn item(members: &[(&str, AttributeValue)]) -> Item {
        members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn what_is_new_moves_and_what_was_there_stays() {
        let entry = |at: &str| M(item(&[("at", S(at.into())), ("what", S("opened".into()))]));
        let head = item(&[
            ("created_at", S("2026-11-27T10:00:00.000Z".into())),
            ("month", S("2026-11".into())),
            ("summary", S("failed at 2026-11-27T10:00:00Z".into())),
            ("due_at", N("253402300799".into())),
            ("occurrences", N("3".into())),
            ("recent_changes", L(vec![N("1795773600".into())])),
            ("timeline", L(vec![entry("2026-11-27T10:00:00Z")])),
        ]);
        let one = BTreeMap::from([("inc-1".to_owned(), head.clone())]);
        let day = -30 * 86_400;
        let expected = item(&[
            ("created_at", S("2026-10-28T10:00:00.000Z".into())),
            ("month", S("2026-10".into())),
            ("summary", S("failed at 2026-11-27T10:00:00Z".into())),
            ("due_at", N("253402300799".into())),
            ("occurrences", N("3".into())),
            ("recent_changes", L(vec![N("1793181600".into())])),
            ("timeline", L(vec![entry("2026-10-28T10:00:00Z")])),
        ]);
        assert_eq!(moved(&BTreeMap::new(), &one, day), [expected]);
        assert_eq!(moved(&one, &one, day), Vec::<Item>::new());

        let mut resolved = head;
        resolved.insert("resolved_at".to_owned(), S("2026-11-27T10:05:00Z".into()));
        let items = moved(&one, &BTreeMap::from([("inc-1".to_owned(), resolved)]), -60);
        assert_eq!(items[0]["resolved_at"], S("2026-11-27T10:04:00Z".into()));
        assert_eq!(items[0]["created_at"], S("2026-11-27T10:00:00.000Z".into()));
    }
}
