//! What an index holds: the items that have its key, a little later than the table has them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::key::{Key, KeySchema, KeyValue};
use super::value::Item;

/// Where an item is in what is read: its key there, then its key in the table.
pub(super) type Position = (Key, Key);

/// The contents of an index.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    items: BTreeMap<Position, Item>,
    positions: BTreeMap<Key, Position>,
    /// Changes of the table on their way, in their order: when each arrives, the item's key, and the item after it.
    coming: VecDeque<(Instant, Key, Option<Item>)>,
}

impl View {
    /// Of items that are there when the index is made.
    pub(super) fn of<'i>(keys: &KeySchema, items: impl Iterator<Item = (&'i Key, &'i Item)>) -> Self {
        let mut view = Self::default();
        for (key, item) in items {
            view.change(keys, key.clone(), Some(item.clone()));
        }
        view
    }

    /// Notes a change of the table, which arrives here later.
    pub(super) fn note(&mut self, keys: &KeySchema, arrival: Instant, key: &Key, change: [Option<&Item>; 2]) {
        let [_, after] = change;
        if change.into_iter().flatten().any(|item| keys.key_of(item).is_some()) {
            self.coming.push_back((arrival, key.clone(), after.cloned()));
        }
    }

    /// Takes in what has arrived by now.
    pub(super) fn settle(&mut self, keys: &KeySchema) {
        let now = Instant::now();
        while let Some((_, key, after)) = self.coming.pop_front_if(|(arrival, ..)| *arrival <= now) {
            self.change(keys, key, after);
        }
    }

    fn change(&mut self, keys: &KeySchema, key: Key, after: Option<Item>) {
        if let Some(position) = self.positions.remove(&key) {
            self.items.remove(&position);
        }
        let Some(item) = after else { return };
        if let Some(at) = keys.key_of(&item) {
            let position = (at, key.clone());
            self.positions.insert(key, position.clone());
            self.items.insert(position, item);
        }
    }

    /// Everything, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (Position, &Item)> {
        self.items.iter().map(|(position, item)| (position.clone(), item))
    }

    /// The items of one partition, in order.
    pub(super) fn partition(&self, partition: KeyValue) -> impl Iterator<Item = (Position, &Item)> {
        let first = (Key::first_of(partition.clone()), Key::first_of(KeyValue::Text(String::new())));
        let items = self.items.range(first..).take_while(move |((at, _), _)| at.partition == partition);
        items.map(|(position, item)| (position.clone(), item))
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }
}
