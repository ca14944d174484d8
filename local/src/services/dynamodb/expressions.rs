//! Expressions: parsed by `winterbaume-dynamodb`, checked and evaluated as AWS does.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use winterbaume_dynamodb::expr::{self, CompOp, Expr, Operand};
use winterbaume_dynamodb::types::{AttributeValue, Item, PathSegment, UpdateAction};

use super::key::compare_numbers;
use super::{Failure, invalid, limits};

static RESERVED: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("reserved.txt").split_whitespace().collect());

#[expect(clippy::unwrap_used, reason = "the pattern is a constant that the tests compile")]
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[:#]?[A-Za-z0-9_]+(?:\s*\()?").unwrap());

const OPERATORS: [&str; 9] = ["AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE"];

/// The placeholders of one request, and which of them its expressions use.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    names: HashMap<String, String>,
    values: Item,
    used: std::cell::RefCell<BTreeSet<String>>,
}

impl Placeholders {
    pub(super) fn read(input: &Value) -> Result<Self, Failure> {
        let names: HashMap<String, String> = match input.get("ExpressionAttributeNames") {
            Some(names) if !names.is_null() => serde_json::from_value(names.clone())
                .map_err(|_| invalid("ExpressionAttributeNames must be a map of strings"))?,
            _ => HashMap::new(),
        };
        let values = match input.get("ExpressionAttributeValues") {
            Some(values) if !values.is_null() => super::item::read(values)?,
            _ => Item::new(),
        };
        for (map, prefix, what) in [
            (names.keys().collect::<Vec<_>>(), '#', "ExpressionAttributeNames"),
            (values.keys().collect::<Vec<_>>(), ':', "ExpressionAttributeValues"),
        ] {
            if let Some(wrong) = map.iter().find(|key| !key.starts_with(prefix)) {
                return Err(invalid(format!("{what} contains invalid key: Syntax error; key: \"{wrong}\"")));
            }
        }
        Ok(Self { names, values, used: Default::default() })
    }

    /// A condition, filter or key condition, if the request has it.
    pub(super) fn condition(&self, input: &Value, kind: &str) -> Result<Option<Expr>, Failure> {
        let Some(text) = self.check(input, kind)? else { return Ok(None) };
        expr::parse_expression(&text, &self.names, &self.values)
            .map(Some)
            .map_err(|reason| invalid(format!("Invalid {kind}: {reason}")))
    }

    /// The actions of the `UpdateExpression`; none when it is absent.
    pub(super) fn update(&self, input: &Value) -> Result<Vec<UpdateAction>, Failure> {
        let Some(text) = self.check(input, "UpdateExpression")? else { return Ok(Vec::new()) };
        let actions = expr::parse_update_expression(&text, &self.names, &self.values).map_err(invalid)?;
        refuse_overlaps(&actions).map(|()| actions)
    }

    /// The paths of the `ProjectionExpression`, if any.
    pub(super) fn projection(&self, input: &Value) -> Result<Option<Vec<Vec<String>>>, Failure> {
        let text = self.check(input, "ProjectionExpression")?;
        expr::parse_projection_expression(text.as_deref(), &self.names).map_err(invalid)
    }

    /// Refuses empty expressions, reserved words and undefined placeholders, and notes what is used.
    fn check(&self, input: &Value, kind: &str) -> Result<Option<String>, Failure> {
        let Some(text) = input.get(kind).and_then(Value::as_str) else { return Ok(None) };
        if text.trim().is_empty() {
            return Err(invalid(format!("Invalid {kind}: The expression can not be empty;")));
        }
        limits::check(text, kind)?;
        for word in WORD.find_iter(text).map(|found| found.as_str()) {
            match word.chars().next() {
                Some('#') if !self.names.contains_key(word) => {
                    return Err(invalid(format!(
                        "Invalid {kind}: An expression attribute name used in the document path is not defined; attribute name: {word}"
                    )));
                }
                Some(':') if !self.values.contains_key(word) => {
                    return Err(invalid(format!(
                        "Invalid {kind}: An expression attribute value used in expression is not defined; attribute value: {word}"
                    )));
                }
                Some('#' | ':') => {
                    self.used.borrow_mut().insert(word.to_owned());
                }
                _ => check_word(word, kind)?,
            }
        }
        Ok(Some(text.to_owned()))
    }

    /// Refuses placeholders that no expression uses, as AWS does; to call after the last expression was read.
    pub(super) fn all_used(&self) -> Result<(), Failure> {
        let used = self.used.borrow();
        let unused = |keys: Vec<&String>| {
            let mut unused: Vec<String> = keys.into_iter().filter(|key| !used.contains(*key)).cloned().collect();
            unused.sort();
            unused
        };
        for (keys, what) in [
            (unused(self.names.keys().collect()), "ExpressionAttributeNames"),
            (unused(self.values.keys().collect()), "ExpressionAttributeValues"),
        ] {
            if !keys.is_empty() {
                return Err(invalid(format!(
                    "Value provided in {what} unused in expressions: keys: {{{}}}",
                    keys.join(", ")
                )));
            }
        }
        Ok(())
    }
}

fn check_word(word: &str, kind: &str) -> Result<(), Failure> {
    let upper = word.to_ascii_uppercase();
    let is_function = word.ends_with('(') && !OPERATORS.contains(&upper.trim_end_matches(['(', ' ']).trim_end());
    if is_function || OPERATORS.contains(&upper.trim_end_matches('(').trim_end()) || !RESERVED.contains(upper.as_str())
    {
        return Ok(());
    }
    Err(invalid(format!("Invalid {kind}: Attribute name is a reserved keyword; reserved keyword: {word}")))
}

/// Whether an item satisfies a condition.
pub(super) fn holds(condition: &Expr, item: &Item) -> bool {
    match condition {
        Expr::And(left, right) => holds(left, item) && holds(right, item),
        Expr::Or(left, right) => holds(left, item) || holds(right, item),
        Expr::Not(inner) => !holds(inner, item),
        Expr::Comparison(left, operator, right) => compare(operand(left, item), *operator, operand(right, item)),
        Expr::In(left, candidates) => {
            candidates.iter().any(|candidate| compare(operand(left, item), CompOp::Eq, operand(candidate, item)))
        }
        Expr::Contains(path, needle) => match (find(item, path), operand(needle, item)) {
            (Some(AttributeValue::SS(set)), Some(AttributeValue::S(text))) => set.contains(&text),
            (Some(AttributeValue::NS(set)), Some(AttributeValue::N(number))) => {
                set.iter().any(|member| compare_numbers(member, &number) == Ordering::Equal)
            }
            (Some(AttributeValue::BS(set)), Some(AttributeValue::B(bytes))) => set.contains(&bytes),
            (Some(AttributeValue::L(list)), Some(needle)) => list.iter().any(|element| equal(element, &needle)),
            _ => expr::evaluate(condition, item),
        },
        other => expr::evaluate(other, item),
    }
}

/// The attributes that a condition looks at, by their names at the top level of the item.
pub(super) fn attributes(condition: &Expr) -> BTreeSet<&str> {
    match condition {
        Expr::And(left, right) | Expr::Or(left, right) => {
            attributes(left).into_iter().chain(attributes(right)).collect()
        }
        Expr::Not(inner) => attributes(inner),
        Expr::Comparison(left, _, right) => [left, right].into_iter().filter_map(attribute_of).collect(),
        Expr::Between(value, low, high) => [value, low, high].into_iter().filter_map(attribute_of).collect(),
        Expr::In(value, candidates) => candidates.iter().chain([value]).filter_map(attribute_of).collect(),
        Expr::AttributeExists(path) | Expr::AttributeNotExists(path) => attribute(path).into_iter().collect(),
        Expr::AttributeType(path, operand) | Expr::Contains(path, operand) | Expr::BeginsWith(path, operand) => {
            attribute(path).into_iter().chain(attribute_of(operand)).collect()
        }
    }
}

fn attribute_of(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Path(path) | Operand::Size(path) => attribute(path),
        Operand::Value(_) => None,
    }
}

fn attribute(path: &[PathSegment]) -> Option<&str> {
    match path.first()? {
        PathSegment::Attr(name) => Some(name),
        PathSegment::Index(_) => None,
    }
}

/// An attribute that is absent is unequal to everything and comparable with nothing.
fn compare(left: Option<AttributeValue>, operator: CompOp, right: Option<AttributeValue>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return operator == CompOp::Ne };
    match operator {
        CompOp::Eq => equal(&left, &right),
        CompOp::Ne => !equal(&left, &right),
        ordering => match (order(&left, &right), ordering) {
            (None, _) => false,
            (Some(found), CompOp::Lt) => found == Ordering::Less,
            (Some(found), CompOp::Le) => found != Ordering::Greater,
            (Some(found), CompOp::Gt) => found == Ordering::Greater,
            (Some(found), _) => found != Ordering::Less,
        },
    }
}

fn equal(left: &AttributeValue, right: &AttributeValue) -> bool {
    match (left, right) {
        (AttributeValue::N(left), AttributeValue::N(right)) => compare_numbers(left, right) == Ordering::Equal,
        (AttributeValue::SS(left), AttributeValue::SS(right))
        | (AttributeValue::BS(left), AttributeValue::BS(right)) => {
            left.len() == right.len() && left.iter().all(|member| right.contains(member))
        }
        (AttributeValue::L(left), AttributeValue::L(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (AttributeValue::M(left), AttributeValue::M(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => left == right,
    }
}

fn order(left: &AttributeValue, right: &AttributeValue) -> Option<Ordering> {
    match (left, right) {
        (AttributeValue::S(left), AttributeValue::S(right)) | (AttributeValue::B(left), AttributeValue::B(right)) => {
            Some(left.cmp(right))
        }
        (AttributeValue::N(left), AttributeValue::N(right)) => Some(compare_numbers(left, right)),
        _ => None,
    }
}

fn operand(operand: &Operand, item: &Item) -> Option<AttributeValue> {
    match operand {
        Operand::Path(path) => find(item, path).cloned(),
        Operand::Value(value) => Some(value.clone()),
        Operand::Size(path) => {
            let size = match find(item, path)? {
                AttributeValue::S(text) => text.len(),
                AttributeValue::B(bytes) => super::item::decoded_length(bytes),
                AttributeValue::SS(set) | AttributeValue::NS(set) | AttributeValue::BS(set) => set.len(),
                AttributeValue::L(list) => list.len(),
                AttributeValue::M(map) => map.len(),
                _ => return None,
            };
            Some(AttributeValue::N(size.to_string()))
        }
    }
}

fn find<'a>(item: &'a Item, path: &[PathSegment]) -> Option<&'a AttributeValue> {
    let (PathSegment::Attr(first), rest) = path.split_first()? else { return None };
    rest.iter().try_fold(item.get(first)?, |value, segment| match (value, segment) {
        (AttributeValue::M(map), PathSegment::Attr(name)) => map.get(name),
        (AttributeValue::L(list), PathSegment::Index(index)) => list.get(*index),
        _ => None,
    })
}

/// Refuses an update in which one path is another, or lies within it.
fn refuse_overlaps(actions: &[UpdateAction]) -> Result<(), Failure> {
    let paths: Vec<Vec<PathSegment>> = actions.iter().map(path).collect();
    for (position, one) in paths.iter().enumerate() {
        if let Some(two) = paths[position + 1..].iter().find(|two| two.starts_with(one) || one.starts_with(two)) {
            return Err(invalid(format!(
                "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {}, path two: {}",
                written(one),
                written(two)
            )));
        }
    }
    Ok(())
}

fn path(action: &UpdateAction) -> Vec<PathSegment> {
    match action {
        UpdateAction::Set { path, .. } | UpdateAction::Remove(path) => path.clone(),
        UpdateAction::Add(name, _) | UpdateAction::Delete(name, _) => vec![PathSegment::Attr(name.clone())],
    }
}

/// A path as DynamoDB's errors write it: `[sent, [0]]`.
fn written(path: &[PathSegment]) -> String {
    let segments = path.iter().map(|segment| match segment {
        PathSegment::Attr(name) => name.clone(),
        PathSegment::Index(index) => format!("[{index}]"),
    });
    format!("[{}]", segments.collect::<Vec<_>>().join(", "))
}

/// The attribute that an action changes, at the top level of the item.
pub(super) fn changed(action: &UpdateAction) -> &str {
    let path = match action {
        UpdateAction::Set { path, .. } | UpdateAction::Remove(path) => path,
        UpdateAction::Add(name, _) | UpdateAction::Delete(name, _) => return name,
    };
    match path.first() {
        Some(PathSegment::Attr(name)) => name,
        _ => "",
    }
}
