//! From JSON to a pattern, refusing what EventBridge refuses.

use serde_json::{Map, Value};

use super::operator::{Comparison, Network, Operator};
use super::{Fields, Node, PatternError};

const OR: &str = "$or";

/// Names that stand for operators and so cannot be fields of an alternative.
const RESERVED_IN_OR: [&str; 14] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
];

/// Numbers beyond it cannot be compared.
const LARGEST_NUMBER: f64 = 5e9;

/// A reason; the caller knows the place.
type Refusal = String;

/// Checks a whole pattern.
pub(super) fn pattern(value: &Value) -> Result<Fields, PatternError> {
    let Value::Object(members) = value else {
        return Err(PatternError::Invalid { path: String::new(), reason: "Filter is not an object".to_owned() });
    };
    fields(members, "", false)
}

fn fields(members: &Map<String, Value>, path: &str, in_or: bool) -> Result<Fields, PatternError> {
    if members.is_empty() {
        return Err(refuse(path, "Empty objects are not allowed"));
    }
    let mut parsed = Fields { named: Vec::new(), alternatives: Vec::new() };
    for (name, value) in members {
        if name == OR {
            parsed.alternatives.push(alternatives(value, path)?);
        } else if in_or && RESERVED_IN_OR.contains(&name.as_str()) {
            return Err(refuse(path, &format!("{name} is Ruler reserved fieldName which cannot be used inside {OR}.")));
        } else {
            parsed.named.push((name.clone(), node(name, value, path, in_or)?));
        }
    }
    Ok(parsed)
}

fn node(name: &str, value: &Value, path: &str, in_or: bool) -> Result<Node, PatternError> {
    let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => Ok(Node::Object(fields(members, &path, in_or)?)),
        Value::Array(elements) if elements.is_empty() => Err(refuse(&path, "Empty arrays are not allowed")),
        Value::Array(elements) => elements
            .iter()
            .map(operator)
            .collect::<Result<_, _>>()
            .map(Node::Leaf)
            .map_err(|reason| refuse(&path, &reason)),
        _ => Err(refuse(&path, &format!("\"{name}\" must be an object or an array"))),
    }
}

fn alternatives(value: &Value, path: &str) -> Result<Vec<Fields>, PatternError> {
    let Value::Array(elements) = value else {
        return Err(refuse(path, &format!("It must be an Array followed with {OR}.")));
    };
    if elements.len() < 2 {
        return Err(refuse(path, &format!("There must have at least 2 Objects in {OR} relationship.")));
    }
    elements
        .iter()
        .map(|element| match element {
            Value::Object(members) => fields(members, path, true),
            _ => Err(refuse(path, &format!("Only JSON object is allowed in array of {OR} relationship."))),
        })
        .collect()
}

fn refuse(path: &str, reason: &str) -> PatternError {
    PatternError::Invalid { path: path.to_owned(), reason: reason.to_owned() }
}

fn operator(value: &Value) -> Result<Operator, Refusal> {
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
fn single(members: &Map<String, Value>) -> Result<(&str, &Value), Refusal> {
    let mut members = members.iter();
    match (members.next(), members.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        (None, _) => Err("Match expression name not found".to_owned()),
        _ => Err("Only one key allowed in match expression".to_owned()),
    }
}

/// Whether an operator stands in `anything-but`, where `prefix` and `suffix` compare letters as they are.
#[derive(Clone, Copy, PartialEq)]
enum Nesting {
    Outermost,
    InAnythingBut,
}

fn text_operator(name: &str, value: &Value, nesting: Nesting) -> Result<Operator, Refusal> {
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
fn ignoring_case(name: &str, members: &Map<String, Value>) -> Result<Operator, Refusal> {
    match (name, single(members)?) {
        ("prefix", ("equals-ignore-case", Value::String(text))) => Ok(Operator::PrefixIgnoringCase(text.clone())),
        ("suffix", ("equals-ignore-case", Value::String(text))) => Ok(Operator::SuffixIgnoringCase(text.clone())),
        (_, ("equals-ignore-case", _)) => Err("equals-ignore-case match pattern must be a string".to_owned()),
        (name, (other, _)) => Err(format!("Unsupported {name} match pattern: {other}")),
    }
}

fn anything_but(value: &Value) -> Result<Operator, Refusal> {
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

fn excluded_values(values: &[Value]) -> Result<Vec<Operator>, Refusal> {
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
fn numeric(value: &Value) -> Result<Operator, Refusal> {
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

fn comparison(term: &[Value]) -> Result<(Comparison, f64), Refusal> {
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
fn wildcard(text: &str) -> Result<Operator, Refusal> {
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

fn cidr(text: &str) -> Result<Operator, Refusal> {
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
