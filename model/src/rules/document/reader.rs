//! Deserialises YAML into values with places.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Content, Entry, Node, Place};

/// Deserialises values, and fails at the wanted place.
#[derive(Clone, Copy)]
pub(super) struct Reader<'c> {
    /// Number of keys and values read.
    pub(super) count: &'c Cell<usize>,
    pub(super) wanted: Option<Place>,
}

impl Reader<'_> {
    fn place<E: Error>(self) -> Result<Place, E> {
        let place = Place(self.count.get());
        self.count.set(place.0 + 1);
        if self.wanted == Some(place) { Err(E::custom("here it is")) } else { Ok(place) }
    }

    fn scalar<E: Error>(self, value: impl Into<Value>) -> Result<Node, E> {
        Ok(Node { place: self.place()?, content: Content::Scalar(value.into()) })
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.scalar(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        self.scalar(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.scalar(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.scalar(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.scalar(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.scalar(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.scalar(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
        let place = self.place()?;
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            list.push(element);
        }
        Ok(Node { place, content: Content::List(list) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let place = self.place()?;
        let mut map = Vec::new();
        while let Some((place, key)) = members.next_key_seed(KeyReader(self))? {
            map.push(Entry { place, key, value: members.next_value_seed(self)? });
        }
        Ok(Node { place, content: Content::Map(map) })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Err(A::Error::custom("a tag, such as `!Sub`, means nothing in a rules file"))
    }
}

struct KeyReader<'c>(Reader<'c>);

impl<'de> DeserializeSeed<'de> for KeyReader<'_> {
    type Value = (Place, String);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyReader<'_> {
    type Value = (Place, String);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok((self.0.place()?, key.to_owned()))
    }
}
