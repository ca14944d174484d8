//! awsQuery requests: a form whose keys spell a tree, such as `Tags.member.1.Key`.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::Input;

/// Deeper keys are truncated: no operation nests further.
const MAX_DEPTH: usize = 16;

#[derive(Debug, Default)]
struct Node {
    text: Option<String>,
    children: IndexMap<String, Node>,
}

pub(super) fn decode(form: Vec<(String, String)>) -> Input {
    let mut root = Node::default();
    for (name, text) in form.into_iter().filter(|(name, _)| !matches!(name.as_str(), "Action" | "Version")) {
        let mut node = &mut root;
        for segment in name.splitn(MAX_DEPTH, '.') {
            node = node.children.entry(segment.to_owned()).or_default();
        }
        node.text = Some(text);
    }
    Input(root.children.into_iter().map(|(name, node)| (name, node.into_value())).collect())
}

impl Node {
    fn into_value(mut self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text.unwrap_or_default());
        }
        if self.children.len() == 1 {
            if let Some(node) = self.children.get_mut("member")
                && node.is_numbered()
            {
                return std::mem::take(node).into_list();
            }
            if let Some(node) = self.children.get_mut("entry")
                && node.is_numbered()
            {
                return std::mem::take(node).into_map();
            }
        }
        if self.is_numbered() {
            return self.into_list();
        }
        Value::Object(self.children.into_iter().map(|(name, node)| (name, node.into_value())).collect())
    }

    fn is_numbered(&self) -> bool {
        !self.children.is_empty() && self.children.keys().all(|name| name.parse::<u32>().is_ok())
    }

    /// Elements in numeric order.
    fn numbered(self) -> Vec<Node> {
        let mut elements: Vec<(u32, Node)> =
            self.children.into_iter().map(|(name, node)| (name.parse().unwrap_or(u32::MAX), node)).collect();
        elements.sort_by_key(|(number, _)| *number);
        elements.into_iter().map(|(_, node)| node).collect()
    }

    fn into_list(self) -> Value {
        Value::Array(self.numbered().into_iter().map(Node::into_value).collect())
    }

    /// `key`/`value` entries; SNS message attributes use `Name`/`Value`.
    fn into_map(self) -> Value {
        let mut map = Map::new();
        for mut entry in self.numbered() {
            let mut take = |names: [&str; 2]| names.iter().find_map(|name| entry.children.swap_remove(*name));
            if let Some(key) = take(["key", "Name"]).and_then(|node| node.text) {
                let value = take(["value", "Value"]).unwrap_or_default();
                map.insert(key, value.into_value());
            }
        }
        Value::Object(map)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::decode;
    use crate::gateway::request::parameters;

    #[test]
    fn keys_form_a_tree() {
        let cases = [
            ("Action=X&Version=1&RoleName=r", json!({"RoleName":"r"})),
            (
                "Tags.member.2.Key=b&Tags.member.1.Key=a&Tags.member.1.Value=1",
                json!({"Tags":[{"Key":"a","Value":"1"},{"Key":"b"}]}),
            ),
            ("Names.member.10=k&Names.member.9=j", json!({"Names":["j","k"]})),
            (
                "Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=Ops",
                json!({"Attributes":{"DisplayName":"Ops"}}),
            ),
            (
                "M.entry.1.Name=n&M.entry.1.Value.DataType=String&M.entry.1.Value.StringValue=s",
                json!({"M":{"n":{"DataType":"String","StringValue":"s"}}}),
            ),
            (
                "Attribute.1.Name=DelaySeconds&Attribute.1.Value=5",
                json!({"Attribute":[{"Name":"DelaySeconds","Value":"5"}]}),
            ),
            ("Tags=", json!({"Tags":""})),
        ];
        for (form, expected) in cases {
            assert_eq!(Value::Object(decode(parameters(form)).0), expected, "{form}");
        }
    }

    proptest! {
        #[test]
        fn decoding_never_panics(form in "[a-c.1-3=&%]{0,80}") {
            let _ = decode(parameters(&form));
        }
    }
}
