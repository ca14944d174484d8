//! Operation results, before a protocol serialises them.

/// A reply as a tree. JSON, CBOR and XML each encode it differently: a timestamp is a number, a tag or text, and only
/// XML distinguishes a map from a structure.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A present member without a value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A fractional number.
    Double(f64),
    /// A string.
    Text(String),
    /// A timestamp, in seconds since 1970.
    Timestamp(f64),
    /// A list; XML wraps each element in `<member>`.
    List(Vec<Output>),
    /// A structure with named members, in output order.
    Structure(Vec<(String, Output)>),
    /// A map whose keys are data; XML writes `<entry><key/><value/></entry>`.
    Map(Vec<(String, Output)>),
}

impl Output {
    /// A reply without members.
    pub fn empty() -> Self {
        Self::Structure(Vec::new())
    }

    /// A structure from members; omits those without a value.
    pub fn structure<const N: usize>(members: [(&str, Option<Output>); N]) -> Self {
        Self::Structure(
            members.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect(),
        )
    }

    /// A map of strings.
    pub fn string_map<K: Into<String>, V: Into<String>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), Self::Text(value.into()))).collect())
    }

    /// A list from convertible items.
    pub fn list<T: Into<Output>>(elements: impl IntoIterator<Item = T>) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }
}

impl From<&str> for Output {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Output {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Output {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Output {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Output {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<jiff::Timestamp> for Output {
    fn from(value: jiff::Timestamp) -> Self {
        Self::Timestamp(value.as_millisecond() as f64 / 1000.0)
    }
}

/// A JSON value as a reply: objects become structures.
impl From<serde_json::Value> for Output {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => Self::Double(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => Self::Text(text),
            Value::Array(elements) => Self::list(elements),
            Value::Object(members) => {
                Self::Structure(members.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

/// The reply as JSON: timestamps become numbers, maps and structures become objects.
impl From<&Output> for serde_json::Value {
    fn from(output: &Output) -> Self {
        match output {
            Output::Null => Self::Null,
            Output::Bool(flag) => Self::from(*flag),
            Output::Integer(integer) => Self::from(*integer),
            Output::Double(double) | Output::Timestamp(double) => number(*double),
            Output::Text(text) => Self::from(text.as_str()),
            Output::List(elements) => elements.iter().map(Self::from).collect(),
            Output::Structure(members) | Output::Map(members) => {
                Self::Object(members.iter().map(|(name, member)| (name.clone(), Self::from(member))).collect())
            }
        }
    }
}

/// A number that JSON can represent; AWS writes the others as text.
fn number(double: f64) -> serde_json::Value {
    match serde_json::Number::from_f64(double) {
        Some(number) => number.into(),
        None if double.is_nan() => "NaN".into(),
        None if double > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}
