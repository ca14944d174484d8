//! Event patterns of the user's own.

use std::fmt;

use incident_deploy::template::{LONGEST_PATTERN, joined};
use incident_model::Pattern;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Patterns that EventBridge accepts, together in one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventPatterns(Vec<Value>);

impl EventPatterns {
    /// The patterns.
    pub fn patterns(&self) -> &[Value] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for EventPatterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PatternsVisitor)
    }
}

struct PatternsVisitor;

impl<'de> Visitor<'de> for PatternsVisitor {
    type Value = EventPatterns;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of EventBridge patterns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<EventPatterns, A::Error> {
        let mut patterns: Vec<Value> = Vec::new();
        while let Some(pattern) = elements.next_element::<Value>()? {
            let number = patterns.len() + 1;
            Pattern::from_value(&pattern)
                .map_err(|error| A::Error::custom(format!("EventBridge rejects pattern {number}: {error}")))?;
            patterns.push(pattern);
        }
        let length = joined(&patterns).to_string().chars().count();
        if length > LONGEST_PATTERN {
            let message = format!(
                "the patterns have {length} characters together, and a rule of EventBridge takes {LONGEST_PATTERN}"
            );
            return Err(A::Error::custom(message));
        }
        Ok(EventPatterns(patterns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<EventPatterns, String> {
        yaml_serde::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn what_eventbridge_rejects_is_rejected_with_its_place() {
        assert_eq!(
            read("- {source: [my.orders]}\n- {detail: {count: [{numeric: ['>', 3]}]}}").map(|all| all.0.len()),
            Ok(2)
        );
        assert_eq!(read("[]"), Ok(EventPatterns::default()));
        for (yaml, reason) in [
            ("- {source: my.orders}", "EventBridge rejects pattern 1: "),
            ("- {source: [a]}\n- {}", "EventBridge rejects pattern 2: "),
            ("- {source: [{prefix: 3}]}", "field `source`"),
            ("source: [a]", "a list of EventBridge patterns"),
        ] {
            let told = read(yaml).err();
            assert!(told.as_ref().is_some_and(|told| told.contains(reason)), "{yaml}: {told:?}");
        }
    }

    #[test]
    fn all_patterns_together_fit_into_a_rule() {
        let pattern = |length: usize| format!("- {{source: [{}]}}\n", "a".repeat(length));
        // {"source":["…"]}
        assert!(read(&pattern(2048 - 15)).is_ok());
        let told = read(&pattern(2048 - 14)).err();
        assert!(told.is_some_and(|told| told.contains("2049 characters together")));
        assert!(read(&pattern(1000).repeat(2)).is_ok());
        assert!(read(&pattern(1010).repeat(2)).is_err());
    }
}
