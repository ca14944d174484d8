//! Attribute values: what they are, and how they are written in JSON.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::number::Number;
use super::{Failure, invalid};

/// Bytes of an attribute's name.
const LONGEST_NAME: usize = 65_535;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AttributeValue {
    S(String),
    N(Number),
    B(Vec<u8>),
    Bool(bool),
    Null,
    SS(BTreeSet<String>),
    NS(BTreeSet<Number>),
    BS(BTreeSet<Vec<u8>>),
    L(Vec<AttributeValue>),
    M(Item),
}

/// An item, or a map within one.
pub(super) type Item = BTreeMap<String, AttributeValue>;

impl AttributeValue {
    /// The type as requests and errors name it: `S`, `BOOL`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::SS(_) => "SS",
            Self::NS(_) => "NS",
            Self::BS(_) => "BS",
            Self::L(_) => "L",
            Self::M(_) => "M",
        }
    }

    /// Reads `{"S": "text"}` and its like.
    pub(super) fn read(value: &Value) -> Result<Self, Failure> {
        let members = value.as_object().ok_or_else(empty)?;
        let mut set = members.iter().filter(|(_, value)| !value.is_null());
        let (Some((kind, value)), None) = (set.next(), set.next()) else {
            return Err(if members.len() > 1 { several() } else { empty() });
        };
        match kind.as_str() {
            "S" => text(value).map(|text| Self::S(text.to_owned())),
            "N" => number(value).map(Self::N),
            "B" => bytes(value).map(Self::B),
            "BOOL" => boolean(value).map(Self::Bool),
            "NULL" => match boolean(value)? {
                true => Ok(Self::Null),
                false => Err(wrong("Null attribute value types must have the value of true")),
            },
            "SS" => {
                set_of(value, "An string set  may not be empty", |member| text(member).map(str::to_owned)).map(Self::SS)
            }
            "NS" => set_of(value, "An number set  may not be empty", number).map(Self::NS),
            "BS" => set_of(value, "Binary sets should not be empty", bytes).map(Self::BS),
            "L" => list(value)?.iter().map(Self::read).collect::<Result<_, _>>().map(Self::L),
            "M" => read_map(value.as_object().ok_or_else(|| mistyped(value))?).map(Self::M),
            _ => Err(empty()),
        }
    }

    pub(super) fn write(&self) -> Value {
        let encoded = |bytes: &Vec<u8>| STANDARD.encode(bytes);
        match self {
            Self::S(text) => json!({"S": text}),
            Self::N(number) => json!({"N": number.to_string()}),
            Self::B(bytes) => json!({"B": encoded(bytes)}),
            Self::Bool(value) => json!({"BOOL": value}),
            Self::Null => json!({"NULL": true}),
            Self::SS(texts) => json!({"SS": texts}),
            Self::NS(numbers) => json!({"NS": numbers.iter().map(Number::to_string).collect::<Vec<_>>()}),
            Self::BS(list) => json!({"BS": list.iter().map(encoded).collect::<Vec<_>>()}),
            Self::L(list) => json!({"L": list.iter().map(Self::write).collect::<Vec<_>>()}),
            Self::M(map) => json!({"M": write_map(map)}),
        }
    }

    /// Bytes as DynamoDB counts them.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number_size(*number),
            Self::B(bytes) => bytes.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::SS(texts) => texts.iter().map(String::len).sum(),
            Self::NS(numbers) => numbers.iter().copied().map(number_size).sum(),
            Self::BS(list) => list.iter().map(Vec::len).sum(),
            Self::L(list) => 3 + list.iter().map(|element| 1 + element.size()).sum::<usize>(),
            Self::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + value.size()).sum::<usize>(),
        }
    }
}

pub(super) fn read_map(members: &Map<String, Value>) -> Result<Item, Failure> {
    let read = |(name, value): (&String, &Value)| {
        check_name(name)?;
        Ok((name.clone(), AttributeValue::read(value)?))
    };
    members.iter().map(read).collect()
}

/// Refuses the names that no attribute and no member of a map can have.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    match name.len() {
        0 => Err(wrong("Empty attribute name")),
        1..=LONGEST_NAME => Ok(()),
        _ => Err(invalid("1 validation error detected: Attribute name is too large, must be less than 65536 bytes")),
    }
}

pub(super) fn write_map(map: &Item) -> Value {
    Value::Object(map.iter().map(|(name, value)| (name.clone(), value.write())).collect())
}

/// A byte for each two digits, before the point and after it, and one besides: so measured on AWS, where "DynamoDB Item
/// sizes and formats" says "approximately".
fn number_size(number: Number) -> usize {
    let (whole, fraction) = number.digits_around_point();
    whole.div_ceil(2) + fraction.div_ceil(2) + 1 + usize::from(number.is_negative())
}

fn text(value: &Value) -> Result<&str, Failure> {
    value.as_str().ok_or_else(|| mistyped(value))
}

fn boolean(value: &Value) -> Result<bool, Failure> {
    value.as_bool().ok_or_else(|| mistyped(value))
}

fn list(value: &Value) -> Result<&Vec<Value>, Failure> {
    value.as_array().ok_or_else(|| mistyped(value))
}

fn number(value: &Value) -> Result<Number, Failure> {
    Number::parse(text(value)?).map_err(|error| invalid(error.to_string()))
}

fn bytes(value: &Value) -> Result<Vec<u8>, Failure> {
    STANDARD.decode(text(value)?).map_err(|error| unreadable(&format!("Invalid base64: {error}")))
}

fn set_of<M: Ord>(
    value: &Value,
    when_empty: &str,
    read: impl Fn(&Value) -> Result<M, Failure>,
) -> Result<BTreeSet<M>, Failure> {
    let members = list(value)?;
    let set = members.iter().map(read).collect::<Result<BTreeSet<M>, Failure>>()?;
    match set.len() {
        0 => Err(wrong(when_empty)),
        count if count == members.len() => Ok(set),
        _ => {
            let texts: Vec<&str> = members.iter().filter_map(Value::as_str).collect();
            Err(wrong(&format!("Input collection [{}] contains duplicates.", texts.join(", "))))
        }
    }
}

fn empty() -> Failure {
    invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
}

fn several() -> Failure {
    invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    )
}

fn wrong(what: &str) -> Failure {
    invalid(format!("One or more parameter values were invalid: {what}"))
}

fn unreadable(what: &str) -> Failure {
    Failure::new("SerializationException", what)
}

/// A JSON value of another kind than the data type has.
fn mistyped(value: &Value) -> Failure {
    match value {
        Value::Number(_) => unreadable("NUMBER_VALUE cannot be converted to String"),
        Value::Bool(true) => unreadable("TRUE_VALUE cannot be converted to String"),
        Value::Bool(false) => unreadable("FALSE_VALUE cannot be converted to String"),
        Value::String(_) => unreadable("Unexpected token received from parser"),
        _ => unreadable("Start of structure or map found where not expected."),
    }
}
