//! What AWS takes as tags of a resource (AWS General Reference, "Tag naming limits and requirements"). Each service says it
//! in its own words.

use std::collections::HashSet;
use std::fmt;

use crate::Input;

/// Longest key and value in characters.
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Why a list of tags is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// More than a resource can have.
    TooMany,
    /// A key that is empty, too long or has other characters than letters, digits, spaces and `_.:/=+-@`.
    Key(String),
    /// A value that is too long or has such characters.
    Value(String),
    /// A key with the prefix of AWS's own tags.
    Reserved(String),
    /// A key that is given twice; keys that differ by case are different.
    Duplicate(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => formatter.write_str("too many tags"),
            Self::Key(key) => write!(formatter, "the tag key '{key}' is not valid"),
            Self::Value(key) => write!(formatter, "the value of the tag '{key}' is not valid"),
            Self::Reserved(key) => {
                write!(formatter, "the tag key '{key}' is not valid: tags that begin with aws: are reserved")
            }
            Self::Duplicate(key) => write!(formatter, "the tag key '{key}' is given twice"),
        }
    }
}

/// The pairs of a list of `{Key, Value}`, in order and with duplicates.
pub(crate) fn pairs(input: &Input, parameter: &str) -> Vec<(String, String)> {
    let pair = |tag: &Input| {
        let text = |name: &str| tag.text(name).unwrap_or_default().to_owned();
        (text("Key"), text("Value"))
    };
    input.structures(parameter).iter().map(pair).collect()
}

/// The first problem of the tags in a call.
pub(crate) fn problem<'t>(
    tags: impl IntoIterator<Item = &'t (impl AsRef<str> + 't, impl AsRef<str> + 't)>,
    most: usize,
) -> Option<Problem> {
    let mut seen = HashSet::new();
    for (key, value) in tags {
        let (key, value) = (key.as_ref(), value.as_ref());
        let owned = || key.to_owned();
        if !(1..=MAX_KEY).contains(&key.chars().count()) || !key.chars().all(is_legal) {
            return Some(Problem::Key(owned()));
        }
        if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            return Some(Problem::Reserved(owned()));
        }
        if value.chars().count() > MAX_VALUE || !value.chars().all(is_legal) {
            return Some(Problem::Value(owned()));
        }
        if !seen.insert(key) {
            return Some(Problem::Duplicate(owned()));
        }
    }
    (seen.len() > most).then_some(Problem::TooMany)
}

/// Letters, separators and digits of any script, and `_.:/=+-@`.
fn is_legal(character: char) -> bool {
    character.is_alphanumeric()
        || (character.is_whitespace() && !character.is_control())
        || "_.:/=+-@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked_as_aws_does() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let key = || "k".to_owned();
        for (tags, expected) in [
            (vec![], None),
            (vec![pair("k", "")], None),
            (vec![pair("k", "v"), pair("K", "v")], None),
            (vec![pair("Größe (cm)", "")], Some(Problem::Key("Größe (cm)".to_owned()))),
            (vec![pair("Größe cm_.:/=+-@", "día 1")], None),
            (vec![pair("", "v")], Some(Problem::Key(String::new()))),
            (vec![pair(&"k".repeat(128), &"v".repeat(256))], None),
            (vec![pair(&"k".repeat(129), "v")], Some(Problem::Key("k".repeat(129)))),
            (vec![pair("k", &"v".repeat(257))], Some(Problem::Value(key()))),
            (vec![pair("k", "a\nb")], Some(Problem::Value(key()))),
            (vec![pair("k", "<b>")], Some(Problem::Value(key()))),
            (vec![pair("AWS:k", "v")], Some(Problem::Reserved("AWS:k".to_owned()))),
            (vec![pair("k", "v"), pair("k", "v")], Some(Problem::Duplicate(key()))),
            ((0..51).map(|at| pair(&at.to_string(), "v")).collect(), Some(Problem::TooMany)),
        ] {
            assert_eq!(problem(&tags, 50), expected, "{tags:?}");
        }
    }
}
