//! Matching of one way through a pattern.
//!
//! The conditions are met one after the other, in the order of their paths. Once a field within an element of an array has
//! met one, the conditions after it look only into that element; a condition that a field is absent looks into all
//! elements of the arrays in which none has been chosen before.

use std::collections::BTreeSet;

use serde_json::Value;

use super::operator::Operator;
use super::way::Way;

/// Choices of elements that are followed side by side. Only an event in which several arrays have one path, by dots in
/// names, could have more than elements.
const MAX_CHOICES: usize = 100_000;

/// An element of an array that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Element {
    /// The address of the array, as its identity.
    array: usize,
    index: usize,
    /// The length of the array's path in bytes.
    depth: usize,
}

type Choice = Vec<Element>;

/// Whether an event meets all conditions.
pub(super) fn holds(way: &Way, event: &Value) -> bool {
    // Values that are compared as they are cost least, and decide most patterns: usually the source.
    let is_plain = |tests: &[Operator]| tests.iter().all(|test| matches!(test, Operator::Equals(_)));
    if way.iter().any(|(path, tests)| is_plain(tests) && !meets(path, tests, event)) {
        return false;
    }
    let mut choices = BTreeSet::from([Choice::new()]);
    let mut conditions = way.iter().peekable();
    while let Some((path, tests)) = conditions.next() {
        let next = conditions.peek().map(|(path, _)| &***path);
        choices = meeting(path, tests, event, &choices, next);
        if choices.is_empty() {
            return false;
        }
    }
    true
}

/// Whether an event meets one condition, regardless of all others.
pub(super) fn meets(path: &str, tests: &[Operator], event: &Value) -> bool {
    !meeting(path, tests, event, &BTreeSet::from([Choice::new()]), None).is_empty()
}

/// The choices that meet a condition, as far as they matter for the next one.
fn meeting(
    path: &str,
    tests: &[Operator],
    event: &Value,
    choices: &BTreeSet<Choice>,
    next: Option<&str>,
) -> BTreeSet<Choice> {
    let mut meeting = BTreeSet::new();
    for choice in choices {
        let mut chosen = choice.clone();
        let mut is_absent = true;
        each_leaf(event, Some(path), path, &mut chosen, &mut |leaf, chosen| {
            is_absent = false;
            if tests.iter().any(|test| test.matches(leaf)) {
                meeting.insert(relevant(chosen, path, next));
            }
        });
        if is_absent && tests.contains(&Operator::Absent) {
            meeting.insert(relevant(choice, path, next));
        }
        if meeting.len() > MAX_CHOICES || (next.is_none() && !meeting.is_empty()) {
            break;
        }
    }
    meeting
}

/// Calls `found` for each value that is neither object nor array at a path, together with the elements in which it is.
/// `rest` is the part of the path below `value`.
fn each_leaf(
    value: &Value,
    rest: Option<&str>,
    path: &str,
    chosen: &mut Choice,
    found: &mut impl FnMut(&Value, &[Element]),
) {
    match (value, rest) {
        (Value::Array(elements), _) => {
            let array = elements.as_ptr() as usize;
            let depth = path.len() - rest.map_or(0, |rest| (rest.len() + 1).min(path.len()));
            if rest.is_none() {
                // Values in a list belong to no element of it.
                let values = elements.iter().filter(|element| !element.is_object() && !element.is_array());
                values.for_each(|value| found(value, chosen));
            }
            if let Some(only) = chosen.iter().find(|element| element.array == array) {
                if let Some(element) = elements.get(only.index) {
                    each_leaf(element, rest, path, chosen, found);
                }
                return;
            }
            for (index, element) in elements.iter().enumerate() {
                if element.is_object() || element.is_array() {
                    chosen.push(Element { array, index, depth });
                    each_leaf(element, rest, path, chosen, found);
                    chosen.pop();
                }
            }
        }
        (Value::Object(members), Some(rest)) => {
            let ends = rest.match_indices('.').map(|(dot, _)| dot).chain([rest.len()]);
            for end in ends {
                if let Some(member) = members.get(&rest[..end]) {
                    each_leaf(member, rest.get(end + 1..), path, chosen, found);
                }
            }
        }
        (Value::Object(_), None) => {}
        (leaf, None) => found(leaf, chosen),
        (_, Some(_)) => {}
    }
}

/// The elements of the arrays that are also on the next path. Paths with a common beginning follow each other.
fn relevant(chosen: &[Element], path: &str, next: Option<&str>) -> Choice {
    let is_around = |element: &&Element| {
        next.is_some_and(|next| {
            let inside = next.strip_prefix(&path[..element.depth]);
            element.depth == 0 || inside.is_some_and(|inside| inside.starts_with('.'))
        })
    };
    let mut relevant: Choice = chosen.iter().filter(is_around).copied().collect();
    relevant.sort_unstable();
    relevant
}
