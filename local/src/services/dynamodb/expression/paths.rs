//! Paths that cannot stand beside each other.

use super::fault::Fault;
use super::syntax::{Path, Step};

/// Refuses paths of which one is another, or lies within it; then those of which one sees a list where the other sees a
/// map.
pub(super) fn check_distinct(paths: &[&Path]) -> Result<(), Fault> {
    let fault = |unfit: fn(&Path, &Path) -> bool, fault: fn(String, String) -> Fault| {
        let pair = pairs(paths).find(|(one, two)| unfit(one, two));
        pair.map_or(Ok(()), |(one, two)| Err(fault(one.listed(), two.listed())))
    };
    fault(overlap, Fault::Overlap)?;
    fault(conflict, Fault::Conflict)
}

fn pairs<'p>(paths: &'p [&'p Path]) -> impl Iterator<Item = (&'p Path, &'p Path)> {
    paths.iter().enumerate().flat_map(move |(position, one)| paths[position + 1..].iter().map(move |two| (*one, *two)))
}

fn overlap(one: &Path, two: &Path) -> bool {
    one.0.starts_with(&two.0) || two.0.starts_with(&one.0)
}

fn conflict(one: &Path, two: &Path) -> bool {
    let differing = one.0.iter().zip(&two.0).find(|(one, two)| one != two);
    matches!(differing, Some((Step::Name(_), Step::Index(_)) | (Step::Index(_), Step::Name(_))))
}
