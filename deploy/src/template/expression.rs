//! Values with references, parsed from YAML.

use indexmap::IndexMap;
use serde_json::Value;
use yaml_serde::Value as Yaml;

use super::TemplateError;

/// A value with unresolved references.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Text, number, boolean or null.
    Scalar(Value),
    /// A list.
    List(Vec<Expression>),
    /// A mapping.
    Map(IndexMap<String, Expression>),
    /// `Ref`: a parameter, a pseudo parameter, or a resource's physical id.
    Reference(String),
    /// `Fn::GetAtt`.
    Attribute {
        /// Logical id.
        resource: String,
        /// Attribute name, which may itself contain dots.
        attribute: String,
    },
    /// `Fn::Sub`.
    Substitution {
        /// The parsed text.
        pieces: Vec<Piece>,
        /// Local names, which shadow all others.
        names: IndexMap<String, Expression>,
    },
    /// `Fn::Join`.
    Join {
        /// The separator.
        separator: String,
        /// A list.
        parts: Box<Expression>,
    },
    /// `Fn::If`.
    Choice {
        /// Name of the condition.
        condition: String,
        /// The value when it holds.
        then: Box<Expression>,
        /// The value when it does not.
        otherwise: Box<Expression>,
    },
}

/// A part of the text of a substitution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Stands for itself.
    Text(String),
    /// `${Name}` or `${Resource.Attribute}`.
    Name(String),
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `Fn::Equals`.
    Equals(Expression, Expression),
    /// `Fn::Not`.
    Not(Box<Condition>),
    /// `Fn::And`.
    And(Vec<Condition>),
    /// `Fn::Or`.
    Or(Vec<Condition>),
    /// Another condition by name.
    Named(String),
}

impl Expression {
    /// Reads a value.
    ///
    /// # Errors
    /// An unsupported function, or one with invalid arguments.
    pub(super) fn parse(yaml: &Yaml, place: &str) -> Result<Self, TemplateError> {
        if let Some((function, argument)) = function_of(yaml) {
            return Self::function(&function, argument, place);
        }
        match yaml {
            Yaml::Sequence(items) => {
                let parse = |(index, item)| Self::parse(item, &format!("{place}[{index}]"));
                Ok(Self::List(items.iter().enumerate().map(parse).collect::<Result<_, _>>()?))
            }
            Yaml::Mapping(entries) => {
                let parse = |(key, value): (&Yaml, &Yaml)| {
                    let key = text(key, place)?;
                    let value = Self::parse(value, &format!("{place}.{key}"))?;
                    Ok((key, value))
                };
                Ok(Self::Map(entries.iter().map(parse).collect::<Result<_, TemplateError>>()?))
            }
            scalar => Ok(Self::Scalar(json_scalar(scalar, place)?)),
        }
    }

    fn function(function: &str, argument: &Yaml, place: &str) -> Result<Self, TemplateError> {
        match function {
            "Ref" => Ok(Self::Reference(text(argument, place)?)),
            "GetAtt" => attribute(argument, place),
            "Sub" => substitution(argument, place),
            "Join" => match arguments(function, argument, place)? {
                [separator, parts] => {
                    Ok(Self::Join { separator: text(separator, place)?, parts: Box::new(Self::parse(parts, place)?) })
                }
                _ => Err(TemplateError::at(place, "Join takes a separator and a list")),
            },
            "If" => match arguments(function, argument, place)? {
                [condition, then, otherwise] => Ok(Self::Choice {
                    condition: text(condition, place)?,
                    then: Box::new(Self::parse(then, place)?),
                    otherwise: Box::new(Self::parse(otherwise, place)?),
                }),
                _ => Err(TemplateError::at(place, "If takes a condition and two values")),
            },
            other => Err(TemplateError::at(place, format!("the function {other} is not supported"))),
        }
    }
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// Anything that is not a condition.
    pub(super) fn parse(yaml: &Yaml, place: &str) -> Result<Self, TemplateError> {
        let Some((function, argument)) = function_of(yaml) else {
            return Err(TemplateError::at(place, "a condition is made of Equals, Not, And, Or and Condition"));
        };
        let all = |argument| -> Result<Vec<Self>, TemplateError> {
            arguments(&function, argument, place)?.iter().map(|part| Self::parse(part, place)).collect()
        };
        match function.as_str() {
            "Equals" => match arguments(&function, argument, place)? {
                [left, right] => Ok(Self::Equals(Expression::parse(left, place)?, Expression::parse(right, place)?)),
                _ => Err(TemplateError::at(place, "Equals takes two values")),
            },
            "Not" => match arguments(&function, argument, place)? {
                [one] => Ok(Self::Not(Box::new(Self::parse(one, place)?))),
                _ => Err(TemplateError::at(place, "Not takes one condition")),
            },
            "And" => Ok(Self::And(all(argument)?)),
            "Or" => Ok(Self::Or(all(argument)?)),
            "Condition" => Ok(Self::Named(text(argument, place)?)),
            other => Err(TemplateError::at(place, format!("the condition function {other} is not supported"))),
        }
    }
}

/// The function and its argument, in the short form (`!Ref X`) or the long one (`{Ref: X}`, `{Fn::Sub: …}`).
pub(super) fn function_of(yaml: &Yaml) -> Option<(String, &Yaml)> {
    match yaml {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            Some((tag.trim_start_matches('!').to_owned(), &tagged.value))
        }
        Yaml::Mapping(entries) if entries.len() == 1 => {
            let (key, argument) = entries.iter().next()?;
            match key.as_str()? {
                "Ref" => Some(("Ref".to_owned(), argument)),
                // `Condition` is also a key of policy statements, where it holds a mapping.
                "Condition" if argument.is_string() => Some(("Condition".to_owned(), argument)),
                key => Some((key.strip_prefix("Fn::")?.to_owned(), argument)),
            }
        }
        _ => None,
    }
}

fn arguments<'a>(function: &str, argument: &'a Yaml, place: &str) -> Result<&'a [Yaml], TemplateError> {
    match argument {
        Yaml::Sequence(items) => Ok(items),
        _ => Err(TemplateError::at(place, format!("{function} takes a list"))),
    }
}

/// `Resource.Attribute` or `[Resource, Attribute]`. Only the first dot separates.
fn attribute(argument: &Yaml, place: &str) -> Result<Expression, TemplateError> {
    let (resource, attribute) = match argument {
        Yaml::Sequence(items) => match items.as_slice() {
            [resource, attribute] => (text(resource, place)?, text(attribute, place)?),
            _ => return Err(TemplateError::at(place, "GetAtt takes a logical id and an attribute")),
        },
        dotted => match text(dotted, place)?.split_once('.') {
            Some((resource, attribute)) => (resource.to_owned(), attribute.to_owned()),
            None => return Err(TemplateError::at(place, "GetAtt takes a logical id and an attribute")),
        },
    };
    Ok(Expression::Attribute { resource, attribute })
}

fn substitution(argument: &Yaml, place: &str) -> Result<Expression, TemplateError> {
    let (template, names) = match argument {
        Yaml::Sequence(items) => match items.as_slice() {
            [template, names] => (template, Expression::parse(names, place)?),
            _ => return Err(TemplateError::at(place, "Sub takes a string, or a string and a mapping")),
        },
        template => (template, Expression::Map(IndexMap::new())),
    };
    match names {
        Expression::Map(names) => {
            Ok(Expression::Substitution { pieces: pieces(&text(template, place)?, place)?, names })
        }
        _ => Err(TemplateError::at(place, "the names of Sub are a mapping")),
    }
}

/// Splits `a ${B} c`. `${!Literal}` is the escape for `${Literal}`.
fn pieces(template: &str, place: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err(TemplateError::at(place, "Sub has a `${` without its `}`"));
        };
        push_text(&mut pieces, before);
        match name.strip_prefix('!') {
            Some(literal) => push_text(&mut pieces, &format!("${{{literal}}}")),
            None => pieces.push(Piece::Name(name.trim().to_owned())),
        }
        rest = after;
    }
    push_text(&mut pieces, rest);
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// A string; numbers and booleans are converted.
pub(super) fn text(yaml: &Yaml, place: &str) -> Result<String, TemplateError> {
    match yaml {
        Yaml::String(text) => Ok(text.clone()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(flag) => Ok(flag.to_string()),
        _ => Err(TemplateError::at(place, "a string is expected")),
    }
}

fn json_scalar(yaml: &Yaml, place: &str) -> Result<Value, TemplateError> {
    serde_json::to_value(yaml).map_err(|error| TemplateError::at(place, error.to_string()))
}
