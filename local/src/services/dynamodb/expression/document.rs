//! Items as documents: what is at a path, and only that.

use std::collections::BTreeMap;

use super::super::value::{AttributeValue, Item};
use super::syntax::{Path, Step};

/// What is at a path.
pub(super) fn find<'i>(item: &'i Item, path: &Path) -> Option<&'i AttributeValue> {
    at(item, &path.0)
}

fn at<'i>(item: &'i Item, steps: &[Step]) -> Option<&'i AttributeValue> {
    let (Step::Name(first), rest) = steps.split_first()? else { return None };
    rest.iter().try_fold(item.get(first)?, |value, step| match (value, step) {
        (AttributeValue::M(map), Step::Name(name)) => map.get(name),
        (AttributeValue::L(list), Step::Index(index)) => list.get(*index),
        _ => None,
    })
}

/// Whether a path leads to where a value can be: an attribute of the item, or a place in a map or list that is there.
pub(super) fn is_place(item: &Item, path: &Path) -> bool {
    match path.0.split_last() {
        Some((_, [])) => true,
        Some((last, parents)) => matches!(
            (at(item, parents), last),
            (Some(AttributeValue::M(_)), Step::Name(_)) | (Some(AttributeValue::L(_)), Step::Index(_))
        ),
        None => false,
    }
}

/// Puts a value to a place. A list's index beyond its end appends.
pub(super) fn put(item: &mut Item, path: &Path, value: AttributeValue) {
    match place(item, path) {
        Some(Place::Entry(map, name)) => {
            map.insert(name.to_owned(), value);
        }
        Some(Place::Element(list, index)) => match list.get_mut(index) {
            Some(element) => *element = value,
            None => list.push(value),
        },
        None => {}
    }
}

/// Removes what is at a path. The elements behind it move forward.
pub(super) fn remove(item: &mut Item, path: &Path) {
    match place(item, path) {
        Some(Place::Entry(map, name)) => {
            map.remove(name);
        }
        Some(Place::Element(list, index)) if index < list.len() => {
            list.remove(index);
        }
        _ => {}
    }
}

enum Place<'i, 'p> {
    Entry(&'i mut Item, &'p str),
    Element(&'i mut Vec<AttributeValue>, usize),
}

fn place<'i, 'p>(item: &'i mut Item, path: &'p Path) -> Option<Place<'i, 'p>> {
    let (last, parents) = path.0.split_last()?;
    let Some((first, between)) = parents.split_first() else {
        return if let Step::Name(name) = last { Some(Place::Entry(item, name)) } else { None };
    };
    let Step::Name(first) = first else { return None };
    let parent = between.iter().try_fold(item.get_mut(first)?, |value, step| match (value, step) {
        (AttributeValue::M(map), Step::Name(name)) => map.get_mut(name),
        (AttributeValue::L(list), Step::Index(index)) => list.get_mut(*index),
        _ => None,
    })?;
    match (parent, last) {
        (AttributeValue::M(map), Step::Name(name)) => Some(Place::Entry(map, name)),
        (AttributeValue::L(list), Step::Index(index)) => Some(Place::Element(list, *index)),
        _ => None,
    }
}

/// The parts of items that are wanted, none of which overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Projection {
    paths: Vec<Path>,
}

/// What is wanted at a step: all of it, or what is at further steps.
type Wanted<'p> = BTreeMap<&'p Step, Vec<&'p [Step]>>;

impl Projection {
    pub(in super::super) fn of(paths: Vec<Path>) -> Self {
        Self { paths }
    }

    pub(in super::super) fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// What of an item is wanted, in the maps and lists that it is in. Elements of a list keep their order.
    pub(in super::super) fn from(&self, item: &Item) -> Item {
        part_of_map(item, &steps(self.paths.iter().map(|path| path.0.as_slice())))
    }
}

fn steps<'p>(paths: impl IntoIterator<Item = &'p [Step]>) -> Wanted<'p> {
    let mut wanted = Wanted::new();
    for path in paths {
        if let Some((first, rest)) = path.split_first() {
            wanted.entry(first).or_default().push(rest);
        }
    }
    wanted
}

fn part_of_map(map: &Item, wanted: &Wanted<'_>) -> Item {
    let parts = wanted.iter().filter_map(|(step, rest)| match step {
        Step::Name(name) => Some((name.clone(), part(map.get(name)?, rest)?)),
        Step::Index(_) => None,
    });
    parts.collect()
}

/// What is at the ends of paths within a value; nothing where there is nothing.
fn part(value: &AttributeValue, paths: &[&[Step]]) -> Option<AttributeValue> {
    if paths.iter().any(|path| path.is_empty()) {
        return Some(value.clone());
    }
    let wanted = steps(paths.iter().copied());
    match value {
        AttributeValue::M(map) => {
            let part = part_of_map(map, &wanted);
            (!part.is_empty()).then_some(AttributeValue::M(part))
        }
        AttributeValue::L(list) => {
            let elements = wanted.iter().filter_map(|(step, rest)| match step {
                Step::Index(index) => part(list.get(*index)?, rest),
                Step::Name(_) => None,
            });
            let elements: Vec<AttributeValue> = elements.collect();
            (!elements.is_empty()).then_some(AttributeValue::L(elements))
        }
        _ => None,
    }
}
