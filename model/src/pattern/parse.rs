//! Parses JSON into a pattern, and rejects what EventBridge rejects.

use serde_json::{Map, Value};

use super::operator::{Comparison, Network, Operator};
use super::place::Step;
use super::{Fields, Node};

/// Not a field: its objects are alternatives.
pub(crate) const OR: &str = "$or";

/// Limit of the comparable numbers.
const LARGEST_NUMBER: f64 = 5e9;

/// The names of all tests.
pub(crate) const OPERATORS: &[&str] =
    &["exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr"];

/// The comparisons of `numeric`.
const COMPARISONS: &[&str] = &["=", "<", "<=", ">", ">="];

/// A reason, without its place.
type Reason = String;

/// Something that EventBridge rejects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The path from the pattern to the problem.
    pub(crate) at: Vec<Step>,
    /// The problem, in EventBridge's words.
    pub(crate) reason: String,
}

/// At least one, in the order of the pattern.
type Refusals = Vec<Refusal>;

/// Checks a whole pattern.
pub(super) fn pattern(value: &Value) -> Result<Fields, Refusals> {
    match value {
        Value::Object(members) => fields(members, false),
        _ => Err(refusal("Filter is not an object")),
    }
}

fn fields(members: &Map<String, Value>, in_or: bool) -> Result<Fields, Refusals> {
    if members.is_empty() {
        return Err(refusal("Empty objects are not allowed"));
    }
    let mut parsed = Fields { named: Vec::new(), alternatives: Vec::new() };
    let mut refusals = Vec::new();
    for (name, value) in members {
        let outcome = if name == OR {
            let group = alternatives(value).map_err(|refusals| below(&Step::Or, refusals));
            group.map(|group| parsed.alternatives.push(group))
        } else if in_or && is_reserved(name) {
            Err(refusal(&format!("{name} is Ruler reserved fieldName which cannot be used inside {OR}.")))
        } else {
            let node = node(name, value, in_or).map_err(|refusals| below(&Step::Field(name.clone()), refusals));
            node.map(|node| parsed.named.push((name.clone(), node)))
        };
        refusals.extend(outcome.err().into_iter().flatten());
    }
    if refusals.is_empty() { Ok(parsed) } else { Err(refusals) }
}

/// Whether a name is that of a test, and so cannot be a field of an alternative.
fn is_reserved(name: &str) -> bool {
    OPERATORS.contains(&name) || COMPARISONS.contains(&name)
}

fn node(name: &str, value: &Value, in_or: bool) -> Result<Node, Refusals> {
    match value {
        Value::Object(members) => fields(members, in_or).map(Node::Object),
        Value::Array(elements) if elements.is_empty() => Err(refusal("Empty arrays are not allowed")),
        Value::Array(elements) => {
            each(elements, |element| operator(element).map_err(|reason| refusal(&reason))).map(Node::Leaf)
        }
        _ => Err(refusal(&format!("\"{name}\" must be an object or an array"))),
    }
}

fn alternatives(value: &Value) -> Result<Vec<Fields>, Refusals> {
    let Value::Array(elements) = value else {
        return Err(refusal(&format!("It must be an Array followed with {OR}.")));
    };
    if elements.len() < 2 {
        return Err(refusal(&format!("There must have at least 2 Objects in {OR} relationship.")));
    }
    each(elements, |element| match element {
        Value::Object(members) => fields(members, true),
        _ => Err(refusal(&format!("Only JSON object is allowed in array of {OR} relationship."))),
    })
}

/// The parsed elements, or all refusals.
fn each<T>(elements: &[Value], parse: impl Fn(&Value) -> Result<T, Refusals>) -> Result<Vec<T>, Refusals> {
    let mut parsed = Vec::new();
    let mut refusals = Vec::new();
    for (at, element) in elements.iter().enumerate() {
        match parse(element) {
            Ok(part) => parsed.push(part),
            Err(more) => refusals.extend(below(&Step::Element(at), more)),
        }
    }
    if refusals.is_empty() { Ok(parsed) } else { Err(refusals) }
}

fn refusal(reason: &str) -> Refusals {
    vec![Refusal { at: Vec::new(), reason: reason.to_owned() }]
}

/// A part's refusals, relative to the whole.
fn below(step: &Step, mut refusals: Refusals) -> Refusals {
    refusals.iter_mut().for_each(|refusal| refusal.at.insert(0, step.clone()));
    refusals
}

fn operator(value: &Value) -> Result<Operator, Reason> {
    match value {
        Value::Object(members) => match single(members)? {
            ("exists", Value::Bool(true)) => Ok(Operator::Present),
            ("exists", Value::Bool(false)) => Ok(Operator::Absent),
            ("exists", _) => Err("exists match pattern must be either true or false.".to_owned()),
            ("numeric", value) => numeric(value),
            ("anything-but", value) => anything_but(value),
            (name, value) => text_operator(name, value, Nesting::Outermost),
        },
        Value::Array(_) => Err("Match value must be String, number, true, false, or null".to_owned()),
        _ => Ok(Operator::Equals(value.clone())),
    }
}

/// The one member of an operator.
fn single(members: &Map<String, Value>) -> Result<(&str, &Value), Reason> {
    let mut members = members.iter();
    match (members.next(), members.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        (None, _) => Err("Match expression name not found".to_owned()),
        _ => Err("Only one key allowed in match expression".to_owned()),
    }
}

/// Whether an operator is in `anything-but`, where `prefix` and `suffix` are case-sensitive.
#[derive(Clone, Copy, PartialEq)]
enum Nesting {
    Outermost,
    InAnythingBut,
}

fn text_operator(name: &str, value: &Value, nesting: Nesting) -> Result<Operator, Reason> {
    if !["exactly", "equals-ignore-case", "prefix", "suffix", "wildcard", "cidr"].contains(&name) {
        return Err(format!("Unrecognized match type {name}"));
    }
    if let (Value::Object(members), "prefix" | "suffix", Nesting::Outermost) = (value, name, nesting) {
        return ignoring_case(name, members);
    }
    let Value::String(text) = value else {
        return Err(format!("{name} match pattern must be a string"));
    };
    let text = text.clone();
    match name {
        "exactly" => Ok(Operator::Equals(Value::String(text))),
        "equals-ignore-case" => Ok(Operator::EqualsIgnoringCase(text)),
        "prefix" => Ok(Operator::Prefix(text)),
        "suffix" => Ok(Operator::Suffix(text)),
        "wildcard" => wildcard(&text),
        _ => cidr(&text),
    }
}

/// `{"prefix": {"equals-ignore-case": "text"}}` and the same with `suffix`.
fn ignoring_case(name: &str, members: &Map<String, Value>) -> Result<Operator, Reason> {
    match (name, single(members)?) {
        ("prefix", ("equals-ignore-case", Value::String(text))) => Ok(Operator::PrefixIgnoringCase(text.clone())),
        ("suffix", ("equals-ignore-case", Value::String(text))) => Ok(Operator::SuffixIgnoringCase(text.clone())),
        (_, ("equals-ignore-case", _)) => Err("equals-ignore-case match pattern must be a string".to_owned()),
        (name, (other, _)) => Err(format!("Unsupported {name} match pattern: {other}")),
    }
}

fn anything_but(value: &Value) -> Result<Operator, Reason> {
    let excluded = match value {
        Value::Object(members) => {
            let (name, value) = single(members)?;
            if !["prefix", "suffix", "wildcard", "equals-ignore-case"].contains(&name) {
                return Err(format!("Unsupported anything-but pattern: {name}"));
            }
            one_or_many(value)
                .iter()
                .map(|value| match value {
                    Value::String(text) if text.is_empty() => Err(format!("Null {name} not allowed")),
                    value => text_operator(name, value, Nesting::InAnythingBut),
                })
                .collect::<Result<Vec<_>, _>>()?
        }
        Value::String(_) | Value::Number(_) | Value::Array(_) => excluded_values(one_or_many(value))?,
        _ => return Err("Value of anything-but must be an array or single string/number value.".to_owned()),
    };
    if excluded.is_empty() {
        return Err(MIXED_TYPES.to_owned());
    }
    Ok(Operator::AnythingBut(excluded))
}

const MIXED_TYPES: &str =
    "Inside anything but list, either all values are number or string, mixed type is not supported";

fn excluded_values(values: &[Value]) -> Result<Vec<Operator>, Reason> {
    if !values.iter().all(|value| value.is_string() || value.is_number()) {
        return Err("Inside anything but list, start|null|boolean is not supported.".to_owned());
    }
    if values.iter().any(Value::is_string) && values.iter().any(Value::is_number) {
        return Err(MIXED_TYPES.to_owned());
    }
    Ok(values.iter().cloned().map(Operator::Equals).collect())
}

fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        single => std::slice::from_ref(single),
    }
}

/// `["=", 1]`, `["<", 5]`, `[">=", 0]`, or a range `[">", 0, "<=", 5]`.
fn numeric(value: &Value) -> Result<Operator, Reason> {
    let Value::Array(terms) = value else {
        return Err("Value of numeric must be an array.".to_owned());
    };
    let comparisons = terms.chunks(2).map(comparison).collect::<Result<Vec<_>, _>>()?;
    match comparisons[..] {
        [] => Err("Invalid member in numeric match: ]".to_owned()),
        [_] => Ok(Operator::Numeric(comparisons)),
        [(Comparison::Greater | Comparison::AtLeast, bottom), (Comparison::Less | Comparison::AtMost, top)] => {
            if bottom < top {
                Ok(Operator::Numeric(comparisons))
            } else {
                Err("Bottom must be less than top".to_owned())
            }
        }
        [_, _] => Err("Too many elements in numeric expression".to_owned()),
        _ => Err("Too many terms in numeric range expression".to_owned()),
    }
}

fn comparison(term: &[Value]) -> Result<(Comparison, f64), Reason> {
    let Some(Value::String(symbol)) = term.first() else {
        return Err(format!("Invalid member in numeric match: {}", term.first().unwrap_or(&Value::Null)));
    };
    let comparison = match symbol.as_str() {
        "=" => Comparison::Equal,
        "<" => Comparison::Less,
        "<=" => Comparison::AtMost,
        ">" => Comparison::Greater,
        ">=" => Comparison::AtLeast,
        other => return Err(format!("Unrecognized numeric range operator: {other}")),
    };
    let Some(number) = term.get(1).and_then(Value::as_f64) else {
        return Err(format!("Value of {} must be numeric", if symbol == "=" { "equals" } else { symbol }));
    };
    if number.abs() > LARGEST_NUMBER {
        return Err("Value must be between -5.0E9 and 5.0E9, inclusive".to_owned());
    }
    Ok((comparison, number))
}

/// Splits at the asterisks; a backslash makes an asterisk or a backslash literal.
fn wildcard(text: &str) -> Result<Operator, Reason> {
    let mut parts = vec![String::new()];
    let mut after_asterisk = false;
    let mut characters = text.chars().enumerate();
    while let Some((position, character)) = characters.next() {
        let literal = match character {
            '*' if after_asterisk => return Err(format!("Consecutive wildcard characters at pos {position}")),
            '*' => None,
            '\\' => match characters.next() {
                Some((_, escaped @ ('*' | '\\'))) => Some(escaped),
                _ => return Err(format!("Invalid escape character at pos {position}")),
            },
            other => Some(other),
        };
        after_asterisk = literal.is_none();
        match (literal, parts.last_mut()) {
            (Some(literal), Some(part)) => part.push(literal),
            _ => parts.push(String::new()),
        }
    }
    Ok(Operator::Wildcard(parts))
}

fn cidr(text: &str) -> Result<Operator, Reason> {
    let (address, bits) = text.split_once('/').ok_or("Malformed CIDR, one '/' required")?;
    let address: std::net::IpAddr = address.parse().map_err(|_| format!("Nonstandard IP address: {address}"))?;
    let bits = bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer")?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    if bits > most {
        let version = if address.is_ipv4() { 4 } else { 6 };
        return Err(format!("IPv{version} mask bits must be <= {most}"));
    }
    Ok(Operator::Cidr(Network { address, bits }))
}
