//! Smithy RPC v2 CBOR, the protocol newer SDKs use for CloudWatch.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};

use crate::{ApiError, Input, Output};

/// Tag of an epoch timestamp in seconds (RFC 8949, 3.4.2).
const EPOCH: u64 = 1;

/// Nesting limit; CloudWatch's own requests need ten.
const MAX_DEPTH: usize = 32;

pub(super) fn decode(body: &[u8]) -> Result<Input, ApiError> {
    if body.is_empty() {
        return Ok(Input::default());
    }
    let invalid = || ApiError::new("SerializationException", "the request body is not a CBOR map");
    let value: Cbor = ciborium::de::from_reader_with_recursion_limit(body, MAX_DEPTH).map_err(|_| invalid())?;
    match to_json(value) {
        Value::Object(members) => Ok(Input(members)),
        _ => Err(invalid()),
    }
}

/// Timestamps become seconds, blobs become base64 text.
fn to_json(value: Cbor) -> Value {
    match value {
        Cbor::Bool(flag) => Value::Bool(flag),
        Cbor::Integer(integer) => i64::try_from(integer).map_or(Value::Null, Value::from),
        Cbor::Float(float) => Number::from_f64(float).map_or(Value::Null, Value::Number),
        Cbor::Text(text) => Value::String(text),
        Cbor::Bytes(bytes) => Value::String(BASE64_STANDARD.encode(bytes)),
        Cbor::Array(elements) => Value::Array(elements.into_iter().map(to_json).collect()),
        Cbor::Map(entries) => Value::Object(
            entries
                .into_iter()
                .filter_map(|(key, value)| Some((key.into_text().ok()?, to_json(value))))
                .collect::<Map<_, _>>(),
        ),
        Cbor::Tag(_, value) => to_json(*value),
        _ => Value::Null,
    }
}

pub(super) fn encode(output: &Output) -> Vec<u8> {
    let mut body = Vec::new();
    // Writing to a `Vec` cannot fail.
    let _ = ciborium::into_writer(&from_output(output), &mut body);
    body
}

fn from_output(output: &Output) -> Cbor {
    match output {
        Output::Null => Cbor::Null,
        Output::Bool(flag) => Cbor::Bool(*flag),
        Output::Integer(integer) => Cbor::Integer((*integer).into()),
        Output::Double(double) => Cbor::Float(*double),
        Output::Timestamp(seconds) => Cbor::Tag(EPOCH, Box::new(Cbor::Float(*seconds))),
        Output::Text(text) => Cbor::Text(text.clone()),
        Output::List(elements) => Cbor::Array(elements.iter().map(from_output).collect()),
        Output::Structure(members) | Output::Map(members) => {
            Cbor::Map(members.iter().map(|(name, member)| (Cbor::Text(name.clone()), from_output(member))).collect())
        }
    }
}
