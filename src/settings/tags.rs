//! Tags for every resource.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::checked::read_from_file;

/// Tags accepted by every service of the stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

/// AWS allows 50 tags on a resource; up to seven are the stack's own.
const LIMIT: usize = 43;

impl Tags {
    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TagsVisitor)
    }
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = Tags;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping of tag keys to values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tags, A::Error> {
        let mut tags = BTreeMap::new();
        while let Some(key) = entries.next_key_seed(Next(&tags))? {
            let TagValue(value) = entries.next_value()?;
            tags.insert(key, value);
        }
        Ok(Tags(tags))
    }
}

/// Deserializes the key after these, so that an error points at the one that does not go with them.
struct Next<'t>(&'t BTreeMap<String, String>);

impl<'de> DeserializeSeed<'de> for Next<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Next<'_> {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the key of a tag")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        match reason_against_key(key) {
            Some(reason) => Err(E::custom(format!("invalid tag key `{key}`: {reason}"))),
            None if self.0.len() >= LIMIT => {
                Err(E::custom(format!("at most {LIMIT} tags are allowed; `{key}` is one too many")))
            }
            None => match self.0.keys().find(|other| other.to_lowercase() == key.to_lowercase()) {
                // IAM would refuse the role after other resources have their tags.
                Some(other) => {
                    Err(E::custom(format!("the tag keys `{other}` and `{key}` differ only by case, which IAM ignores")))
                }
                None => Ok(key.to_owned()),
            },
        }
    }
}

struct TagValue(String);

read_from_file!(text, TagValue);

impl std::str::FromStr for TagValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.chars().count() > 256 {
            return Err("a tag value may have at most 256 characters".to_owned());
        }
        match forbidden(text) {
            Some(character) => Err(format!("{character:?} is not allowed in a tag value")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

fn reason_against_key(key: &str) -> Option<String> {
    let lower = key.to_ascii_lowercase();
    if key.is_empty() {
        Some("it is empty".to_owned())
    } else if key.chars().count() > 128 {
        Some("it has more than 128 characters".to_owned())
    } else if lower.starts_with("aws:") {
        Some("the prefix `aws:` is reserved by AWS".to_owned())
    } else if lower.starts_with("incidentctl:") {
        Some("the prefix `incidentctl:` is reserved for the stack's own tags".to_owned())
    } else {
        forbidden(key).map(|character| format!("{character:?} is not allowed"))
    }
}

/// The first character that some service rejects: letters, digits, spaces and `_.:/=+-@` are allowed everywhere.
fn forbidden(text: &str) -> Option<char> {
    text.chars().find(|character| !(character.is_alphanumeric() || " _.:/=+-@".contains(*character)))
}
