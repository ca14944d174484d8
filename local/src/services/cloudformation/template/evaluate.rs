//! The functions of the language.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::error::{Broken, takes};
use super::node::{Function, Node, plain};
use super::resolve::Scope;

impl Scope<'_> {
    /// The value of a node; nothing where it is `AWS::NoValue`.
    pub(super) fn value_of(&mut self, node: &Node) -> Result<Option<Value>, Broken> {
        Ok(Some(match node {
            Node::Scalar(value) => value.clone(),
            Node::List(elements) => Value::Array(self.values_of(elements)?),
            Node::Map(members) => {
                let mut values = Map::new();
                for (name, member) in members {
                    if let Some(value) = self.value_of(member)? {
                        values.insert(name.clone(), value);
                    }
                }
                Value::Object(values)
            }
            Node::Function(function, argument) => return self.call(*function, argument),
        }))
    }

    fn values_of(&mut self, elements: &[Node]) -> Result<Vec<Value>, Broken> {
        let mut values = Vec::new();
        for element in elements {
            values.extend(self.value_of(element)?);
        }
        Ok(values)
    }

    /// The value of a node that has to be a text.
    pub(super) fn text_of(&mut self, node: &Node) -> Result<String, Broken> {
        let value = self.value_of(node)?.unwrap_or_default();
        plain(&value).ok_or_else(|| "Template error: a string is required where a list or a map is given".to_owned())
    }

    fn call(&mut self, function: Function, argument: &Node) -> Result<Option<Value>, Broken> {
        let arguments = argument.elements().unwrap_or_default();
        match (function, arguments) {
            (Function::Ref, _) => {
                let name = argument.scalar_text().ok_or_else(|| takes("Ref", "a single string parameter."))?;
                self.reference(&name)
            }
            (Function::If, [condition, then, otherwise]) => {
                let name = condition.scalar_text().ok_or_else(|| takes("Fn::If", "the name of a condition"))?;
                self.value_of(if self.is_met(Some(&name)) { then } else { otherwise })
            }
            (Function::If, _) => Err(takes("Fn::If", "a list of 3 parameters, the first of them a condition")),
            (Function::GetAtt, [resource, attribute]) => {
                // The attribute may be a parameter's value, the resource may not.
                let resource = resource.scalar_text().unwrap_or_default();
                let attribute = self.text_of(attribute)?;
                self.attribute(&resource, &attribute).map(Some)
            }
            (Function::Sub, _) => self.substitute(argument).map(|text| Some(text.into())),
            (Function::Join, [separator, parts]) => {
                let separator =
                    separator.scalar_text().ok_or_else(|| takes("Fn::Join", "a string as its delimiter"))?;
                Ok(Some(self.texts_of(parts, "Fn::Join")?.join(&separator).into()))
            }
            (Function::Split, [separator, text]) => {
                let separator = separator.scalar_text().unwrap_or_default();
                Ok(Some(self.text_of(text)?.split(&separator).map(Value::from).collect()))
            }
            (Function::Select, [index, list]) => self.select(index, list).map(Some),
            (Function::FindInMap, [map, first, second]) => self.find_in_map([map, first, second]).map(Some),
            (Function::Base64, _) => Ok(Some(BASE64_STANDARD.encode(self.text_of(argument)?).into())),
            (Function::GetAtt, _) => Err(takes("Fn::GetAtt", "two non-empty parameters")),
            (Function::Join, _) => Err(takes("Fn::Join", "two parameters, a string delimiter and a list of strings")),
            (Function::Split, _) => Err(takes("Fn::Split", "two parameters, a string delimiter and a string")),
            (Function::Select, _) => Err(takes("Fn::Select", "two parameters, an index and a list")),
            (Function::FindInMap, _) => {
                Err(takes("Fn::FindInMap", "three parameters: map name, top level key, second level key"))
            }
            (Function::And | Function::Or | Function::Not | Function::Equals | Function::Condition, _) => {
                Err("Template error: condition functions are allowed in the Conditions block and in Fn::If only"
                    .to_owned())
            }
        }
    }

    fn texts_of(&mut self, node: &Node, function: &str) -> Result<Vec<String>, Broken> {
        match self.value_of(node)? {
            Some(Value::Array(elements)) => {
                let texts: Option<Vec<String>> = elements.iter().map(plain).collect();
                texts.ok_or_else(|| takes(function, "a list of strings"))
            }
            _ => Err(takes(function, "a list of strings")),
        }
    }

    fn select(&mut self, index: &Node, list: &Node) -> Result<Value, Broken> {
        let index = self.text_of(index)?;
        let Some(Value::Array(mut elements)) = self.value_of(list)? else {
            return Err(takes("Fn::Select", "a list"));
        };
        match index.parse::<usize>().ok().filter(|position| *position < elements.len()) {
            Some(position) => Ok(elements.swap_remove(position)),
            None => Err(format!("Template error: Fn::Select cannot select nonexistent value at index {index}")),
        }
    }

    fn find_in_map(&mut self, keys: [&Node; 3]) -> Result<Value, Broken> {
        let mut node = &self.template.mappings;
        let mut path = Vec::new();
        for key in keys {
            let key = self.text_of(key)?;
            let found = node.members().and_then(|members| members.get(&key));
            path.push(key);
            node = found.ok_or_else(|| format!("Template error: Unable to get mapping for {}", path.join("::")))?;
        }
        Ok(self.value_of(node)?.unwrap_or_default())
    }

    fn substitute(&mut self, argument: &Node) -> Result<String, Broken> {
        let none = IndexMap::new();
        let (text, names) = match argument {
            Node::List(parts) => match parts.as_slice() {
                [text, Node::Map(names)] => (text, names),
                _ => return Err(takes("Fn::Sub", "a string, or a list of a string and a map")),
            },
            text => (text, &none),
        };
        let text = text.scalar_text().ok_or_else(|| takes("Fn::Sub", "a string as its first parameter"))?;
        let mut result = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            result.push_str(before);
            match name.strip_prefix('!') {
                // `${!Name}` stands for `${Name}`.
                Some(literal) => result.push_str(&format!("${{{literal}}}")),
                None => result.push_str(&self.named(name.trim(), names)?),
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    fn named(&mut self, name: &str, names: &IndexMap<String, Node>) -> Result<String, Broken> {
        if let Some(node) = names.get(name) {
            return self.text_of(node);
        }
        let value = match name.split_once('.') {
            Some((resource, attribute)) => Some(self.attribute(resource, attribute)?),
            None => self.reference(name)?,
        };
        let text = value.as_ref().and_then(plain);
        text.ok_or_else(|| format!("Template error: {name} in Fn::Sub does not resolve to a string"))
    }
}
