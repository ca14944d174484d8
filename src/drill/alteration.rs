//! Changes of the generator that break it, and what puts it back.

use bytes::Bytes;

use aws_sdk_lambda::types::Architecture;

/// The tag of a generator that is changed: what `trigger-test` finds after one that was killed.
pub(super) const TAG: &str = "incidentctl:trigger-test";
/// Lambda's smallest memory, in MB
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>).
pub(super) const LEAST_MEMORY: i32 = 128;

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alteration {
    /// Its code, for one that does not start.
    BrokenCode,
    /// Its memory, for the least that there is.
    LessMemory,
}

/// The generator before a change.
#[derive(Debug, Clone)]
pub enum Former {
    /// Its code.
    Code {
        /// The zip.
        zip: Bytes,
        /// Its architectures.
        architectures: Vec<Architecture>,
    },
    /// Its memory, in MB.
    Memory(i32),
}

/// What a tag says about a change that was not undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOver {
    /// Broken code.
    Code,
    /// Lowered memory; how much it was before, in MB.
    Memory(i32),
}

impl Former {
    /// The tag's value while the generator is changed.
    pub(super) fn tag(&self) -> String {
        match self {
            Self::Code { .. } => "code".to_owned(),
            Self::Memory(memory) => format!("memory={memory}"),
        }
    }
}

impl LeftOver {
    /// From a tag's value; `None` if it is not one of ours.
    pub(super) fn of(tag: &str) -> Option<Self> {
        match tag.split_once('=') {
            None => (tag == "code").then_some(Self::Code),
            Some((name, value)) => value.parse().ok().filter(|_| name == "memory").map(Self::Memory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_what_was_changed() {
        let code = Former::Code { zip: Bytes::new(), architectures: Vec::new() };
        for (former, left) in [(code, LeftOver::Code), (Former::Memory(256), LeftOver::Memory(256))] {
            assert_eq!(LeftOver::of(&former.tag()), Some(left));
        }
        for foreign in ["", "yes", "memory", "memory=much", "size=256"] {
            assert_eq!(LeftOver::of(foreign), None, "{foreign}");
        }
    }
}
