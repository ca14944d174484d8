//! Typed access to the properties of a resolved template.

use serde_json::Value;

use crate::aws::AwsError;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// Typed access to JSON properties. Like CloudFormation, it accepts numbers and booleans as text.
pub trait Values {
    /// A string; empty if absent, which AWS then rejects by name.
    fn text(&self, name: &str) -> String;
    /// A string, if present.
    fn optional_text(&self, name: &str) -> Option<String>;
    /// A whole number.
    fn integer(&self, name: &str) -> Option<i32>;
    /// A number.
    fn number(&self, name: &str) -> Option<f64>;
    /// A boolean.
    fn flag(&self, name: &str) -> Option<bool>;
    /// The members of a list; empty if absent.
    fn list(&self, name: &str) -> &[Value];
    /// The members of a list of strings.
    fn texts(&self, name: &str) -> Vec<String>;
    /// A value as JSON; a string unchanged.
    fn json(&self, name: &str) -> String;
    /// The `Tags`.
    fn tags(&self) -> Vec<Tag>;
}

impl Values for Value {
    fn text(&self, name: &str) -> String {
        self.optional_text(name).unwrap_or_default()
    }

    fn optional_text(&self, name: &str) -> Option<String> {
        scalar(self.get(name)?)
    }

    fn integer(&self, name: &str) -> Option<i32> {
        self.optional_text(name)?.parse().ok()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.optional_text(name)?.parse().ok()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.optional_text(name)?.parse().ok()
    }

    fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(scalar).collect()
    }

    fn json(&self, name: &str) -> String {
        match self.get(name) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        }
    }

    fn tags(&self) -> Vec<Tag> {
        self.list("Tags").iter().map(|tag| Tag { key: tag.text("Key"), value: tag.text("Value") }).collect()
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Tags in CloudFormation's shape.
pub(super) fn tag_list<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    tags.into_iter().map(|(key, value)| serde_json::json!({"Key": key, "Value": value})).collect()
}

/// A JSON document from its text; the text itself if it is not JSON.
pub(super) fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// The error for an SDK input with a missing required field.
pub(super) fn incomplete(call: &str) -> impl Fn(aws_smithy_types::error::operation::BuildError) -> AwsError {
    let call = call.to_owned();
    move |error| AwsError::new(&call, "IncompleteTemplate", error.to_string())
}
