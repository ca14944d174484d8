//! Positions in a pattern.

/// A step from a pattern to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Into a field of an object.
    Field(String),
    /// Into the alternatives of an object (`$or`).
    Or,
    /// Into an element of a list, from 0.
    Element(usize),
}

/// The fields on a path, joined by dots: alternatives and elements have no name.
pub(crate) fn dotted(way: &[Step]) -> String {
    let names: Vec<&str> = way
        .iter()
        .filter_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Or | Step::Element(_) => None,
        })
        .collect();
    names.join(".")
}
