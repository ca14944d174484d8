//! Parameters: what they take, and what a reference to one gives.

use regex::Regex;
use serde_json::Value;

use super::error::{Broken, format_error, lacks};
use super::node::Node;

/// A parameter that a template declares.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) kind: Kind,
    pub(super) default: Option<String>,
    pub(super) description: Option<String>,
    pub(super) allowed_values: Vec<String>,
    pub(super) no_echo: bool,
    /// To be matched from end to end, and as it is written.
    pattern: Option<(Regex, String)>,
    /// Bounds of a number.
    values: (Option<f64>, Option<f64>),
    /// Bounds of the number of characters.
    lengths: (Option<f64>, Option<f64>),
    constraint: Option<String>,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Texts,
    Numbers,
}

const KINDS: [(&str, Kind); 4] = [
    ("String", Kind::Text),
    ("Number", Kind::Number),
    ("CommaDelimitedList", Kind::Texts),
    ("List<Number>", Kind::Numbers),
];
const MEMBERS: [&str; 11] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

impl Kind {
    /// As the template writes it.
    pub(super) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl Parameter {
    /// Reads a declaration.
    pub(super) fn parse(name: &str, node: &Node) -> Result<Self, Broken> {
        let broken = |problem: &str| format_error(format_args!("[/Parameters/{name}] {problem}"));
        let members = node.members().ok_or_else(|| broken("Every Parameters member must be a map."))?;
        if let Some(unknown) = members.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
            return Err(format!("Invalid template parameter property '{unknown}'"));
        }
        let text = |member: &str| members.get(member).and_then(Node::scalar_text);
        let number = |member: &str| match text(member).map(|text| text.parse()) {
            Some(Err(_)) => Err(broken(&format!("'{member}' must be a number"))),
            Some(Ok(number)) => Ok(Some(number)),
            None => Ok(None),
        };
        let declared = text("Type").ok_or_else(|| broken("Every Parameters object must contain a Type member."))?;
        let kind = match KINDS.iter().find(|(known, _)| *known == declared) {
            Some((_, kind)) => *kind,
            None if declared.starts_with("AWS::") || declared.starts_with("List<AWS::") => {
                return Err(lacks(format_args!("parameters of type {declared}")));
            }
            None => return Err(format_error(format_args!("Unrecognized parameter type: {declared}"))),
        };
        let allowed = members.get("AllowedValues").map(|node| node.elements().unwrap_or_default());
        let pattern = text("AllowedPattern").map(|text| Ok((Regex::new(&format!("^(?:{text})$"))?, text)));
        let pattern: Result<Option<(Regex, String)>, regex::Error> = pattern.transpose();
        Ok(Self {
            kind,
            default: text("Default"),
            description: text("Description"),
            allowed_values: allowed.unwrap_or_default().iter().filter_map(Node::scalar_text).collect(),
            no_echo: text("NoEcho").as_deref() == Some("true"),
            pattern: pattern.map_err(|_| broken("AllowedPattern is not a valid regular expression"))?,
            values: (number("MinValue")?, number("MaxValue")?),
            lengths: (number("MinLength")?, number("MaxLength")?),
            constraint: text("ConstraintDescription"),
        })
    }

    /// What a reference to the parameter gives, where a value is given.
    ///
    /// # Errors
    /// A value that the declaration does not allow.
    pub(super) fn value(&self, name: &str, given: &str) -> Result<Value, Broken> {
        let elements: Vec<&str> = match self.kind {
            Kind::Text | Kind::Number => vec![given],
            Kind::Texts | Kind::Numbers if given.is_empty() => Vec::new(),
            Kind::Texts | Kind::Numbers => given.split(',').map(str::trim).collect(),
        };
        for element in &elements {
            if let Some(problem) = self.problem(element) {
                return Err(match &self.constraint {
                    Some(constraint) => format!("Parameter {name} failed to satisfy constraint: {constraint}"),
                    None => format!("Parameter '{name}' must {problem}"),
                });
            }
        }
        Ok(match self.kind {
            Kind::Text | Kind::Number => given.into(),
            Kind::Texts | Kind::Numbers => elements.into(),
        })
    }

    /// What a value would have to do to be allowed.
    fn problem(&self, value: &str) -> Option<String> {
        let below = |number: f64, least: Option<f64>| least.filter(|least| number < *least);
        let above = |number: f64, most: Option<f64>| most.filter(|most| number > *most);
        if !self.allowed_values.is_empty() && !self.allowed_values.iter().any(|allowed| allowed == value) {
            return Some("be one of AllowedValues".to_owned());
        }
        if let Some((_, pattern)) = self.pattern.as_ref().filter(|(pattern, _)| !pattern.is_match(value)) {
            return Some(format!("match pattern {pattern}"));
        }
        if matches!(self.kind, Kind::Number | Kind::Numbers) {
            let Ok(number) = value.parse::<f64>() else { return Some("be a number".to_owned()) };
            let (least, most) = self.values;
            return below(number, least)
                .map(|least| format!("be a number not less than {least}"))
                .or_else(|| above(number, most).map(|most| format!("be a number not greater than {most}")));
        }
        let (length, (least, most)) = (value.chars().count() as f64, self.lengths);
        below(length, least)
            .map(|least| format!("contain at least {least} characters"))
            .or_else(|| above(length, most).map(|most| format!("contain at most {most} characters")))
    }
}
