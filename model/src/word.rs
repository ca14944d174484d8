//! Words of a newer version: enumeration values in records that this version does not know.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Maximum length of a word, in bytes. Existing names have at most twelve.
const LONGEST: usize = 128;
/// Limit on distinct words. An enumeration gains a few names per year.
const MOST: usize = 256;

/// A name that this version does not know, as written in the record. It is interned for the life of the process; the
/// limits on number and length bound that to kilobytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(&'static str);

impl Word {
    /// Interns a word; `None` beyond the limits, which no version exceeds.
    pub fn of(text: &str) -> Option<Self> {
        static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(word) = words.get(text) {
            return Some(Self(word));
        }
        if text.len() > LONGEST || words.len() >= MOST {
            return None;
        }
        let word: &'static str = Box::leak(text.into());
        words.insert(word);
        Some(Self(word))
    }

    /// The word as written.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// Serialises an enumeration by the names of its values. Anything but `$known` becomes the variant `Other`, which is
/// written as it was read.
macro_rules! by_name {
    ($enumeration:ident, $known:expr) => {
        impl serde::Serialize for $enumeration {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enumeration {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                let known = $known.into_iter().find(|known: &$enumeration| known.name() == text);
                let other = || $crate::word::Word::of(&text).map($enumeration::Other);
                known.or_else(other).ok_or_else(|| serde::de::Error::custom("not a name that any version writes"))
            }
        }

        impl std::fmt::Display for $enumeration {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.name())
            }
        }
    };
}

pub(crate) use by_name;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reason, Severity, Status};

    #[test]
    fn a_name_of_a_newer_version_is_written_as_it_was_read() -> Result<(), serde_json::Error> {
        let text = r#"["DISASTER","snoozed","paged","HIGH","resolved","escalated"]"#;
        type All = (Severity, Status, Reason, Severity, Status, Reason);
        let read: All = serde_json::from_str(text)?;
        assert_eq!(serde_json::to_string(&read)?, text);
        assert_eq!((read.3, read.4, read.5), (Severity::High, Status::Resolved, Reason::Escalated));
        assert_eq!(format!("{}|{:9}|{}", read.0, read.1, read.2), "DISASTER|snoozed  |paged");
        assert!(read.0 > Severity::Critical, "the safe choice");
        Ok(())
    }

    #[test]
    fn values_that_no_version_writes_are_rejected() {
        for text in [format!("{:?}", "x".repeat(LONGEST + 1)), "7".to_owned(), "null".to_owned()] {
            assert!(serde_json::from_str::<Severity>(&text).is_err(), "{text}");
        }
        assert!("DISASTER".parse::<Severity>().is_err(), "rules and flags know what this version knows");
    }

    #[test]
    fn a_word_is_interned_once() {
        let words = [Word::of("kept-once"), Word::of("kept-once")].map(|word| word.map(|word| word.as_str().as_ptr()));
        assert!(words[0].is_some() && words[0] == words[1]);
    }
}
