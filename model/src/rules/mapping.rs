//! Maps with known keys.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Content, Document, Entry, Node};
use super::findings::Finding;
use super::similar::{nearest, similar};

/// A map with its allowed keys.
pub(super) struct Mapping<'d> {
    node: &'d Node,
    entries: &'d [Entry],
    known: &'static [&'static str],
}

impl<'d> Mapping<'d> {
    /// Reports unknown keys. Anything but a map is one problem.
    pub(super) fn of(
        node: &'d Node,
        what: &str,
        known: &'static [&'static str],
        found: &mut Vec<Finding>,
    ) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            let message = format!("{what} is {}; write a map of {}", node.kind(), known.join(", "));
            found.push(Finding::unreadable(node.place, message));
            return None;
        };
        for Entry { key, place, .. } in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            found.push(Finding::unreadable(*place, format!("`{key}` is not a key of {what}{}", similar(key, known))));
        }
        Some(Self { node, entries, known })
    }

    /// The entry of a key, or of a likely misspelling: the misspelling is reported, but must not hide problems of the
    /// value.
    pub(super) fn entry(&self, key: &str) -> Option<&'d Entry> {
        let means = |entry: &Entry| !self.known.contains(&&*entry.key) && nearest(&entry.key, self.known) == Some(key);
        let exact = self.entries.iter().find(|entry| entry.key == key);
        exact.or_else(|| self.entries.iter().find(|entry| means(entry)))
    }

    /// The value of an optional key.
    pub(super) fn optional(&self, key: &str) -> Option<&'d Node> {
        self.entry(key).map(|entry| &entry.value).filter(|value| !value.is_empty())
    }

    /// The value of a required key.
    pub(super) fn required(&self, key: &str, advice: &str, found: &mut Vec<Finding>) -> Option<&'d Node> {
        let (place, lack) = match self.entry(key) {
            Some(entry) if !entry.value.is_empty() => return Some(&entry.value),
            Some(entry) => (entry.place, "empty"),
            None => (self.node.place, "missing"),
        };
        found.push(Finding::unreadable(place, format!("`{key}` is {lack}; {advice}")));
        None
    }
}

/// A value as a string. YAML's numbers are accepted as strings.
pub(super) fn text(key: &str, node: &Node, found: &mut Vec<Finding>) -> Option<String> {
    match &node.content {
        Content::Scalar(Value::String(text)) => Some(text.clone()),
        Content::Scalar(value) => Some(value.to_string()),
        Content::List(_) | Content::Map(_) => {
            found.push(Finding::unreadable(node.place, format!("`{key}` is {}; write a string", node.kind())));
            None
        }
    }
}

/// Duplicate keys in any map of a value.
pub(super) fn repeated(document: &Document<'_>, node: &Node) -> Vec<Finding> {
    match &node.content {
        Content::Scalar(_) => Vec::new(),
        Content::List(elements) => elements.iter().flat_map(|element| repeated(document, element)).collect(),
        Content::Map(entries) => {
            let below = entries.iter().flat_map(|entry| repeated(document, &entry.value));
            repeated_keys(document, entries).into_iter().chain(below).collect()
        }
    }
}

/// Duplicate keys in one map: the intended value is unknown.
pub(super) fn repeated_keys(document: &Document<'_>, entries: &[Entry]) -> Vec<Finding> {
    let mut first_of = BTreeMap::new();
    let mut found = Vec::new();
    for Entry { key, place, .. } in entries {
        if let Some(first) = first_of.get(key) {
            let message = format!("`{key}` is a duplicate, first in {}; keep one", document.line(*first));
            found.push(Finding::unreadable(*place, message));
        } else {
            first_of.insert(key, *place);
        }
    }
    found
}
