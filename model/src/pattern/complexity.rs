//! How hard wildcards make a field's tests.
//!
//! EventBridge refuses a rule by the number of wildcard prefixes that one value can match at once, as its open matcher
//! computes it: of `a*bb`, the value `abb` matches the prefixes `a*`, `a*b` and `a*bb`. The limit is not documented. On AWS
//! a pattern of 11 was refused and one of 7 accepted; the matcher's documentation suggests 10 for a single rule.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::operator::Operator;
use super::way::Way;

const MAX_PREFIXES: usize = 10;
/// Sets of prefixes that are looked at; a pattern within EventBridge's length and with fewer prefixes has far fewer.
const MAX_SETS: usize = 10_000;

const TOO_COMPLEX: &str = "Rule is too complex - try using fewer wildcard characters or fewer repeating character \
                           sequences after a wildcard character";

/// Refuses wildcards that are too complex.
///
/// # Errors
/// EventBridge's reason.
pub(super) fn check(ways: &[Way]) -> Result<(), &'static str> {
    let mut fields: BTreeMap<&str, Vec<&Operator>> = BTreeMap::new();
    for (path, tests) in ways.iter().flatten() {
        let wildcards = tests.iter().filter(|test| !texts(test).is_empty());
        let known = fields.entry(&**path).or_default();
        for wildcard in wildcards {
            if !known.contains(&wildcard) {
                known.push(wildcard);
            }
        }
    }
    if fields.values().all(|tests| Prefixes::of(tests).are_few()) { Ok(()) } else { Err(TOO_COMPLEX) }
}

/// The texts with wildcards of a test, as the literal parts between the asterisks.
fn texts(test: &Operator) -> Vec<&[String]> {
    match test {
        Operator::Wildcard(parts) => vec![parts],
        Operator::AnythingBut(excluded) => excluded.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Symbol {
    Asterisk,
    Byte(u8),
}

/// The prefixes of a field's tests: a tree for each test, each node a prefix.
#[derive(Default)]
struct Prefixes {
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

#[derive(Default)]
struct Node {
    ends_in_asterisk: bool,
    next: BTreeMap<Symbol, usize>,
}

impl Prefixes {
    fn of(tests: &[&Operator]) -> Self {
        let mut prefixes = Self::default();
        for test in tests {
            let root = prefixes.add(false);
            prefixes.roots.push(root);
            for parts in texts(test) {
                prefixes.extend(root, parts);
            }
        }
        prefixes
    }

    fn add(&mut self, ends_in_asterisk: bool) -> usize {
        self.nodes.push(Node { ends_in_asterisk, next: BTreeMap::new() });
        self.nodes.len() - 1
    }

    /// The matcher compares values together with their quotes.
    fn extend(&mut self, root: usize, parts: &[String]) {
        let mut symbols = vec![Symbol::Byte(b'"')];
        for (position, part) in parts.iter().enumerate() {
            symbols.extend((position > 0).then_some(Symbol::Asterisk));
            symbols.extend(part.bytes().map(Symbol::Byte));
        }
        symbols.push(Symbol::Byte(b'"'));
        let mut at = root;
        for symbol in symbols {
            at = match self.nodes[at].next.get(&symbol) {
                Some(known) => *known,
                None => {
                    let added = self.add(symbol == Symbol::Asterisk);
                    self.nodes[at].next.insert(symbol, added);
                    added
                }
            };
        }
    }

    /// Whether no value matches too many prefixes at once.
    fn are_few(&self) -> bool {
        let first: BTreeSet<usize> = self.roots.iter().copied().collect();
        let mut waiting = vec![first.clone()];
        let mut seen = HashSet::from([first]);
        while let Some(active) = waiting.pop() {
            for byte in self.continuations(&active) {
                let after = self.after(&active, byte);
                if after.len() > MAX_PREFIXES || seen.len() > MAX_SETS {
                    return false;
                }
                if seen.insert(after.clone()) {
                    waiting.push(after);
                }
            }
        }
        true
    }

    /// The bytes that extend one of the prefixes; any other only leaves fewer.
    fn continuations(&self, active: &BTreeSet<usize>) -> BTreeSet<u8> {
        let bytes = |node: &usize| {
            self.nodes[*node].next.keys().filter_map(|symbol| match symbol {
                Symbol::Byte(byte) => Some(*byte),
                Symbol::Asterisk => None,
            })
        };
        active.iter().flat_map(bytes).collect()
    }

    fn after(&self, active: &BTreeSet<usize>, byte: u8) -> BTreeSet<usize> {
        let mut after = BTreeSet::new();
        for node in active {
            if self.nodes[*node].ends_in_asterisk {
                after.insert(*node);
            }
            if let Some(next) = self.nodes[*node].next.get(&Symbol::Byte(byte)) {
                after.insert(*next);
                after.extend(self.nodes[*next].next.get(&Symbol::Asterisk));
            }
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(tests: &[&str]) -> usize {
        let operators: Vec<Operator> =
            tests.iter().map(|text| Operator::Wildcard(text.split('*').map(str::to_owned).collect())).collect();
        let prefixes = Prefixes::of(&operators.iter().collect::<Vec<_>>());
        let mut waiting = vec![prefixes.roots.iter().copied().collect::<BTreeSet<usize>>()];
        let mut seen = HashSet::new();
        while let Some(active) = waiting.pop() {
            if seen.insert(active.clone()) {
                waiting.extend(prefixes.continuations(&active).into_iter().map(|byte| prefixes.after(&active, byte)));
            }
        }
        seen.iter().map(BTreeSet::len).max().unwrap_or_default()
    }

    /// The counts of AWS's matcher for these texts with their quotes.
    #[test]
    fn prefixes_are_counted_as_the_matcher_of_aws_does() {
        for (tests, expected) in [
            (&["abc"][..], 1),
            (&["a*bb"], 3),
            (&["a*bbb"], 4),
            (&["*ab*ad"], 4),
            (&["a*b*bb"], 5),
            (&["*abc", "*abcde"], 4),
            (&["ab*cd", "ab*wx", "ab*yz"], 6),
            (&["F*eatureFeature", "Fe*atureFeature", "Fea*tureFeature"], 10),
            (&["*a*a*a*a*a*a*a*a*"], 17),
            (&["/Users/*/dir/dir/dir/dir/dir/doc.txt"], 7),
            (&["*:*:*:*:*:event-bus/*"], 11),
        ] {
            assert_eq!(most(tests), expected, "{tests:?}");
        }
    }
}
