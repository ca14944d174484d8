//! Parallel scans: each segment has a part of the partitions.

use std::fmt::{self, Display, Formatter};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::key::KeyValue;
use super::{Failure, invalid};

/// One of so many parts of a table or index; all of it when there is one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    number: u64,
    total: u64,
}

impl Segment {
    /// Reads `Segment` and `TotalSegments`, which come together.
    pub(super) fn read(input: &Value) -> Result<Self, Failure> {
        let given = |name: &str| input.get(name).and_then(Value::as_u64);
        match (given("Segment"), given("TotalSegments")) {
            (None, None) => Ok(Self { number: 0, total: 1 }),
            (Some(number), Some(total)) if number < total => Ok(Self { number, total }),
            (Some(number), Some(total)) => Err(invalid(format!(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {number} is not less than TotalSegments: {total}"
            ))),
            (Some(_), None) => Err(invalid(
                "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
            )),
            (None, Some(_)) => Err(invalid(
                "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
            )),
        }
    }

    /// Whether a partition is in it. Each partition is in one of them.
    pub(super) fn holds(self, partition: &KeyValue) -> bool {
        let mut hasher = DefaultHasher::new();
        partition.hash(&mut hasher);
        hasher.finish() % self.total == self.number
    }
}

impl Display for Segment {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "TotalSegments: {} Segment: {}", self.total, self.number)
    }
}
