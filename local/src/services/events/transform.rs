//! Input transformation: which part of an event a target receives.

use std::collections::BTreeMap;

use serde_json::Value;

use super::state::RuleId;

/// How a target's input is made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// The whole event.
    Whole,
    /// A constant JSON text.
    Constant(String),
    /// A part of the event.
    Part(Path),
    /// A template with placeholders `<name>`.
    Template { paths: BTreeMap<String, Path>, template: String },
}

impl Shape {
    /// The input for an event.
    pub(super) fn apply(&self, event: &Value, rule: &RuleId) -> String {
        match self {
            Self::Whole => event.to_string(),
            Self::Constant(text) => text.clone(),
            Self::Part(path) => path.find(event).unwrap_or(&Value::Null).to_string(),
            Self::Template { paths, template } => fill(template, |name| match name {
                "aws.events.rule-arn" => Some(Value::from(rule.arn.as_str())),
                "aws.events.rule-name" => Some(Value::from(rule.name.as_str())),
                "aws.events.event.ingestion-time" => event.get("time").cloned(),
                "aws.events.event" | "aws.events.event.json" => Some(event.clone()),
                name => paths.get(name).map(|path| path.find(event).cloned().unwrap_or_default()),
            }),
        }
    }
}

/// Replaces placeholders that have a value: verbatim within quotes, elsewhere as JSON.
fn fill(template: &str, value_of: impl Fn(&str) -> Option<Value>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut quoted = false;
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        let placeholder = rest.strip_prefix('<').and_then(|after| after.split_once('>'));
        if let Some((value, after)) = placeholder.and_then(|(name, after)| Some((value_of(name)?, after))) {
            filled.push_str(&written(&value, quoted));
            rest = after;
            continue;
        }
        let length = match rest.strip_prefix('\\').and_then(|after| after.chars().next()) {
            // Escaped quotes do not delimit strings.
            Some(escaped) => 1 + escaped.len_utf8(),
            None => character.len_utf8(),
        };
        quoted ^= character == '"';
        filled.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    filled
}

fn written(value: &Value, quoted: bool) -> String {
    match value {
        Value::Null if quoted => String::new(),
        Value::String(text) if quoted => {
            let escaped = Value::from(text.as_str()).to_string();
            escaped[1..escaped.len() - 1].to_owned()
        }
        value if quoted => {
            let escaped = Value::from(value.to_string()).to_string();
            escaped[1..escaped.len() - 1].to_owned()
        }
        value => value.to_string(),
    }
}

/// A JSON path without filters: `$.detail.items[0].name`, `$.detail['a-b']`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

impl Path {
    /// Parses a path; `None` when invalid.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                (Step::Member(after[..end].to_owned()), &after[end..])
            } else {
                let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
                let name = inside.trim_matches(['\'', '"']);
                let step = match inside.parse() {
                    Ok(index) => Step::Element(index),
                    Err(_) if name.len() + 2 == inside.len() => Step::Member(name.to_owned()),
                    Err(_) => return None,
                };
                (step, after)
            };
            if step == Step::Member(String::new()) {
                return None;
            }
            steps.push(step);
            rest = after;
        }
        Some(Self(steps))
    }

    /// The value at the path.
    pub(super) fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Element(index) => value.get(index),
        })
    }
}
