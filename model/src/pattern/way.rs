//! The ways through a pattern's alternatives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::operator::Operator;
use super::{Fields, Member, Node};

/// Ways that a pattern has at most. EventBridge rejects a pattern whose use of `$or` gives over 1000 combinations.
const MAX_WAYS: usize = 1000;

/// The names of a field and those around it, joined by dots.
pub(super) type Path = Arc<str>;

/// One way through the alternatives: all conditions must hold, each meets one of its tests. Sorted by path.
pub(super) type Way = BTreeMap<Path, Arc<[Operator]>>;

/// All ways, and the paths with several lists of tests on one way, of which the last counts.
///
/// # Errors
/// When there are too many.
pub(super) fn ways(fields: &Fields) -> Result<(Vec<Way>, BTreeSet<Path>), &'static str> {
    let mut overridden = BTreeSet::new();
    let ways = extended(vec![Way::new()], None, fields, &mut overridden)?;
    Ok((ways, overridden))
}

fn extended(
    mut ways: Vec<Way>,
    parent: Option<&str>,
    fields: &Fields,
    overridden: &mut BTreeSet<Path>,
) -> Result<Vec<Way>, &'static str> {
    for member in &fields.0 {
        match member {
            Member::Named(name, Node::Object(fields)) => {
                ways = extended(ways, Some(&below(parent, name)), fields, overridden)?;
            }
            Member::Named(name, Node::Leaf(tests)) => {
                let path: Path = below(parent, name).into();
                for way in &mut ways {
                    if way.insert(path.clone(), tests.clone()).is_some() {
                        overridden.insert(path.clone());
                    }
                }
            }
            Member::Alternatives(alternatives) => {
                let mut all = Vec::new();
                for alternative in alternatives {
                    all.extend(extended(ways.clone(), parent, alternative, overridden)?);
                    if all.len() > MAX_WAYS {
                        return Err("Rule is too complex - try using fewer $or combinations");
                    }
                }
                ways = all;
            }
        }
    }
    Ok(ways)
}

fn below(parent: Option<&str>, name: &str) -> String {
    parent.map_or_else(|| name.to_owned(), |parent| format!("{parent}.{name}"))
}
