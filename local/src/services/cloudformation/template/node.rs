//! A value of a template before its functions are evaluated.

use indexmap::IndexMap;
use serde_json::Value;
use yaml_serde::Value as Yaml;

use super::error::{Broken, format_error, lacks};

/// A value that may hold functions.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Text, number, flag or null.
    Scalar(Value),
    List(Vec<Node>),
    Map(IndexMap<String, Node>),
    /// `Ref`, `Condition` or `Fn::…`, whichever form it was written in.
    Function(Function, Box<Node>),
}

/// The functions of the language that can be evaluated here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Ref,
    Condition,
    And,
    Base64,
    Equals,
    FindInMap,
    GetAtt,
    If,
    Join,
    Not,
    Or,
    Select,
    Split,
    Sub,
}

/// The functions and their names without `Fn::`.
const FUNCTIONS: [(&str, Function); 14] = [
    ("Ref", Function::Ref),
    ("Condition", Function::Condition),
    ("And", Function::And),
    ("Base64", Function::Base64),
    ("Equals", Function::Equals),
    ("FindInMap", Function::FindInMap),
    ("GetAtt", Function::GetAtt),
    ("If", Function::If),
    ("Join", Function::Join),
    ("Not", Function::Not),
    ("Or", Function::Or),
    ("Select", Function::Select),
    ("Split", Function::Split),
    ("Sub", Function::Sub),
];
/// The other functions of the language.
const LACKING: [&str; 8] =
    ["Cidr", "ForEach", "GetAZs", "GetStackOutput", "ImportValue", "Length", "ToJsonString", "Transform"];

impl Function {
    fn named(name: &str) -> Result<Self, Broken> {
        match FUNCTIONS.iter().find(|(known, _)| *known == name) {
            Some((_, function)) => Ok(*function),
            None if LACKING.contains(&name) => Err(lacks(format_args!("Fn::{name}"))),
            None => Err(format_error(format_args!("Unrecognized intrinsic function: Fn::{name}"))),
        }
    }
}

impl Node {
    /// Reads a template's text: JSON is YAML.
    pub(super) fn parse(text: &str) -> Result<Self, Broken> {
        let kind = if text.trim_start().starts_with('{') { "JSON" } else { "YAML" };
        let yaml: Yaml = yaml_serde::from_str(text).map_err(|error| {
            let place = error.location().map(|at| format!(" (line {}, column {})", at.line(), at.column()));
            format_error(format_args!("{kind} not well-formed.{}", place.unwrap_or_default()))
        })?;
        Self::of(yaml)
    }

    fn of(yaml: Yaml) -> Result<Self, Broken> {
        match yaml {
            Yaml::Sequence(elements) => Ok(Self::List(elements.into_iter().map(Self::of).collect::<Result<_, _>>()?)),
            Yaml::Mapping(entries) => {
                let mut members = IndexMap::new();
                for (key, value) in entries {
                    members.insert(key_text(&key)?, Self::of(value)?);
                }
                Self::long_form(members)
            }
            Yaml::Tagged(tagged) => {
                let tag = tagged.tag.to_string();
                let function = Function::named(tag.trim_start_matches('!'))?;
                Ok(Self::function(function, Self::of(tagged.value)?))
            }
            scalar => serde_json::to_value(scalar).map(Self::Scalar).map_err(format_error),
        }
    }

    /// `{"Ref": …}` and `{"Fn::…": …}` are functions. `Condition` is one only where conditions stand: everywhere else it
    /// is a name like any other.
    fn long_form(mut members: IndexMap<String, Self>) -> Result<Self, Broken> {
        let name = match members.keys().next().map(String::as_str) {
            Some("Ref") if members.len() == 1 => "Ref".to_owned(),
            Some(name) if members.len() == 1 => match name.strip_prefix("Fn::") {
                Some(bare) => bare.to_owned(),
                None => return Ok(Self::Map(members)),
            },
            _ => return Ok(Self::Map(members)),
        };
        let argument = members.pop().map_or(Self::Scalar(Value::Null), |(_, argument)| argument);
        Ok(Self::function(Function::named(&name)?, argument))
    }

    /// `GetAtt` takes `Resource.Attribute` in the place of a list; only the first dot separates.
    fn function(function: Function, argument: Self) -> Self {
        let argument = match argument {
            Self::Scalar(Value::String(dotted)) if function == Function::GetAtt => {
                let (resource, attribute) = dotted.split_once('.').unwrap_or((&dotted, ""));
                Self::List(vec![Self::text(resource), Self::text(attribute)])
            }
            argument => argument,
        };
        Self::Function(function, Box::new(argument))
    }

    /// A text.
    pub(super) fn text(text: &str) -> Self {
        Self::Scalar(Value::String(text.to_owned()))
    }

    /// The text that a scalar stands for; numbers and flags are texts in CloudFormation.
    pub(super) fn scalar_text(&self) -> Option<String> {
        match self {
            Self::Scalar(value) => plain(value),
            _ => None,
        }
    }

    /// The elements of a list.
    pub(super) fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members of a mapping.
    pub(super) fn members(&self) -> Option<&IndexMap<String, Self>> {
        match self {
            Self::Map(members) => Some(members),
            _ => None,
        }
    }
}

/// A scalar as text.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn key_text(key: &Yaml) -> Result<String, Broken> {
    match key {
        Yaml::String(text) => Ok(text.clone()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(flag) => Ok(flag.to_string()),
        _ => Err(format_error("[/] map keys must be strings")),
    }
}
