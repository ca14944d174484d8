//! awsJson1_0 and awsJson1_1.

use serde_json::Value;

use crate::{ApiError, Input, Output};

pub(super) fn decode(body: &[u8]) -> Result<Input, ApiError> {
    if body.is_empty() {
        return Ok(Input::default());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(Input(members)),
        _ => Err(ApiError::new("SerializationException", "the request body is not a JSON object")),
    }
}

pub(super) fn encode(output: &Output) -> Vec<u8> {
    Value::from(output).to_string().into_bytes()
}
