//! awsJson1_0 and awsJson1_1.

use serde_json::{Map, Number, Value};

use crate::{ApiError, Input, Output};

pub(super) fn decode(body: &[u8]) -> Result<Input, ApiError> {
    if body.is_empty() {
        return Ok(Input::default());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(Input(members)),
        _ => Err(ApiError::new("SerializationException", "the request body is no JSON object")),
    }
}

pub(super) fn encode(output: &Output) -> Vec<u8> {
    value(output).to_string().into_bytes()
}

fn value(output: &Output) -> Value {
    match output {
        Output::Null => Value::Null,
        Output::Bool(flag) => Value::Bool(*flag),
        Output::Integer(integer) => Value::from(*integer),
        Output::Double(double) | Output::Timestamp(double) => number(*double),
        Output::Text(text) => Value::String(text.clone()),
        Output::List(elements) => Value::Array(elements.iter().map(value).collect()),
        Output::Structure(members) | Output::Map(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), value(member))).collect::<Map<_, _>>())
        }
    }
}

/// A number that JSON can hold; what it cannot, AWS writes as text.
fn number(double: f64) -> Value {
    match Number::from_f64(double) {
        Some(number) => Value::Number(number),
        None if double.is_nan() => Value::from("NaN"),
        None => Value::from(if double > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}
