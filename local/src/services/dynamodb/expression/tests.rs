#![expect(clippy::unwrap_used, reason = "tests")]

mod conditions;
mod identities;
mod keys;
mod projections;
mod properties;
mod refusals;
mod updates;

use serde_json::{Map, Value, json};

use super::super::value::{self, Item};
use super::{Condition, Kind, Placeholders};

/// A request with an expression. Of the placeholders it has those that the text uses.
fn request(kind: Kind, text: &str, names: &Value, values: &Value) -> Value {
    let mut request = json!({kind.parameter(): text});
    for (parameter, all) in [("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)] {
        let used = all.as_object().unwrap().iter().filter(|(key, _)| is_used(text, key));
        let used: Map<String, Value> = used.map(|(key, value)| (key.clone(), value.clone())).collect();
        if !used.is_empty() {
            request[parameter] = Value::Object(used);
        }
    }
    request
}

fn is_used(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| !text[at + key.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()))
}

fn placeholders(request: &Value, kind: Kind) -> Placeholders {
    Placeholders::read(request, &[kind]).unwrap()
}

/// A filter with the values of [`values`] and `#a` for `a`; or why it is refused.
fn filter(text: &str) -> Result<Condition, String> {
    filter_with(text, &values())
}

fn filter_with(text: &str, values: &Value) -> Result<Condition, String> {
    let request = request(Kind::Filter, text, &json!({"#a": "a", "#s": "status"}), values);
    let condition = placeholders(&request, Kind::Filter).condition(&request, Kind::Filter);
    condition.map(Option::unwrap).map_err(|failure| failure.error.message)
}

fn refusal(text: &str) -> String {
    let message = filter(text).err().unwrap_or_default();
    message.strip_prefix("Invalid FilterExpression: ").unwrap_or(&message).to_owned()
}

/// A value of each type, by the name of the type.
fn values() -> Value {
    json!({
        ":s": {"S": "text"}, ":n": {"N": "2"}, ":b": {"B": "gAE="}, ":bool": {"BOOL": true}, ":null": {"NULL": true},
        ":ss": {"SS": ["x", "y"]}, ":ns": {"NS": ["1", "2"]}, ":bs": {"BS": ["AQ=="]}, ":l": {"L": [{"N": "2"}]},
        ":m": {"M": {"k": {"S": "v"}}}, ":zero": {"N": "0"}, ":big": {"N": "10"},
    })
}

fn item(value: Value) -> Item {
    value::read_map(value.as_object().unwrap()).unwrap()
}
