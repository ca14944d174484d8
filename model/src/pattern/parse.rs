//! Parses JSON into a pattern, and rejects what EventBridge rejects.

use serde_json::{Map, Value};

use super::operator::{Comparison, Network, Operator};
use super::place::Step;
use super::{Fields, Member, Node};

/// Not a field: its objects are alternatives.
pub(crate) const OR: &str = "$or";

/// Limit of the comparable numbers.
const LARGEST_NUMBER: f64 = 5e9;

/// The names of all tests.
pub(crate) const OPERATORS: &[&str] =
    &["exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr"];

/// The comparisons of `numeric`.
const COMPARISONS: &[&str] = &["=", "<", "<=", ">", ">="];

/// Names that EventBridge's matcher reserves for tests to come.
const FUTURE: &[&str] = &[
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

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
    let mut parsed = Vec::new();
    let mut refusals = Vec::new();
    for (name, value) in members {
        let outcome = if name == OR {
            let group = alternatives(value).map_err(|refusals| below(&Step::Or, refusals));
            group.map(|group| parsed.push(Member::Alternatives(group)))
        } else if in_or && is_reserved(name) {
            Err(refusal(&format!("{name} is Ruler reserved fieldName which cannot be used inside {OR}.")))
        } else {
            let node = node(name, value, in_or).map_err(|refusals| below(&Step::Field(name.clone()), refusals));
            node.map(|node| parsed.push(Member::Named(name.clone(), node)))
        };
        refusals.extend(outcome.err().into_iter().flatten());
    }
    if refusals.is_empty() { Ok(Fields(parsed)) } else { Err(refusals) }
}

/// Whether a name is that of a test, and so cannot be a field of an alternative.
fn is_reserved(name: &str) -> bool {
    OPERATORS.contains(&name) || COMPARISONS.contains(&name) || FUTURE.contains(&name)
}

fn node(name: &str, value: &Value, in_or: bool) -> Result<Node, Refusals> {
    match value {
        Value::Object(members) => fields(members, in_or).map(Node::Object),
        Value::Array(elements) if elements.is_empty() => Err(refusal("Empty arrays are not allowed")),
        Value::Array(elements) => each(elements, |element| operator(element).map_err(|reason| refusal(&reason)))
            .map(|tests| Node::Leaf(tests.into())),
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
            (name, value) => text_operator(name, value),
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

fn text_operator(name: &str, value: &Value) -> Result<Operator, Reason> {
    // The matcher gives the reason of `prefix` for a `cidr` that is not a string.
    let noun = match name {
        "exactly" => "exact",
        "equals-ignore-case" | "prefix" | "suffix" | "wildcard" => name,
        "cidr" => "prefix",
        _ => return Err(format!("Unrecognized match type {name}")),
    };
    if let (Value::Object(members), "prefix" | "suffix") = (value, name) {
        return ignoring_case(name, members);
    }
    let Value::String(text) = value else {
        return Err(format!("{noun} match pattern must be a string"));
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
        (name, (other, _)) => Err(format!("Unsupported {name} pattern: {other}")),
    }
}

fn anything_but(value: &Value) -> Result<Operator, Reason> {
    let (name, value) = match value {
        Value::Object(members) => {
            let (name, value) = single(members)?;
            if !["prefix", "suffix", "wildcard", "equals-ignore-case"].contains(&name) {
                return Err(format!("Unsupported anything-but pattern: {name}"));
            }
            (Some(name), value)
        }
        value => (None, value),
    };
    let values = match value {
        Value::Array(values) => &values[..],
        Value::String(_) | Value::Number(_) => std::slice::from_ref(value),
        _ => return Err("Value of anything-but must be an array or single string/number value.".to_owned()),
    };
    let excluded = match name {
        Some(name) => values.iter().map(|value| excluded_text(name, value)).collect::<Result<Vec<_>, _>>()?,
        None => excluded_values(values)?,
    };
    if excluded.is_empty() {
        return Err(MIXED_TYPES.to_owned());
    }
    Ok(Operator::AnythingBut(excluded))
}

/// A text of a test within `anything-but`, where `prefix` and `suffix` are case-sensitive and not empty.
fn excluded_text(name: &str, value: &Value) -> Result<Operator, Reason> {
    match (name, value) {
        ("prefix" | "suffix", Value::String(text)) if text.is_empty() => {
            Err("Null prefix/suffix not allowed".to_owned())
        }
        (name, Value::String(_)) => text_operator(name, value),
        ("equals-ignore-case", _) => {
            Err("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.".to_owned())
        }
        ("wildcard", _) => Err("wildcard match pattern must be a string".to_owned()),
        _ => Err("prefix/suffix match pattern must be a string".to_owned()),
    }
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

/// `["=", 1]`, `["<", 5]`, `[">=", 0]`, or a range `[">", 0, "<=", 5]`.
fn numeric(value: &Value) -> Result<Operator, Reason> {
    let Value::Array(terms) = value else {
        return Err("Value of numeric must be an array.".to_owned());
    };
    let mut terms = terms.iter();
    let (comparison, bottom) = limit(&mut terms, |word| match word {
        Value::String(symbol) => format!("Unrecognized numeric range operator: {symbol}"),
        other => format!("Invalid member in numeric match: {other}"),
    })?;
    if terms.len() == 0 {
        return Ok(Operator::Numeric(vec![(comparison, bottom)]));
    }
    if !matches!(comparison, Comparison::Greater | Comparison::AtLeast) {
        return Err("Too many elements in numeric expression".to_owned());
    }
    let bad = |word: &Value| match word {
        Value::String(symbol) => format!("Bad numeric range operator: {symbol}"),
        other => format!("Bad value in numeric range: {other}"),
    };
    if let Some(word) = terms.as_slice().first()
        && !matches!(word.as_str(), Some("<" | "<="))
    {
        return Err(bad(word));
    }
    let (upper, top) = limit(&mut terms, bad)?;
    if terms.len() > 0 {
        return Err("Too many terms in numeric range expression".to_owned());
    }
    if bottom >= top {
        return Err("Bottom must be less than top".to_owned());
    }
    Ok(Operator::Numeric(vec![(comparison, bottom), (upper, top)]))
}

/// A comparison and its number.
fn limit(
    terms: &mut std::slice::Iter<'_, Value>,
    unknown: impl Fn(&Value) -> Reason,
) -> Result<(Comparison, f64), Reason> {
    let word = terms.next().ok_or_else(|| "Invalid member in numeric match: ]".to_owned())?;
    let (comparison, noun) = match word.as_str() {
        Some("=") => (Comparison::Equal, "equals"),
        Some("<") => (Comparison::Less, "<"),
        Some("<=") => (Comparison::AtMost, "<="),
        Some(">") => (Comparison::Greater, ">"),
        Some(">=") => (Comparison::AtLeast, ">="),
        _ => return Err(unknown(word)),
    };
    let number = terms.next().and_then(Value::as_f64).ok_or_else(|| format!("Value of {noun} must be numeric"))?;
    if number.abs() > LARGEST_NUMBER {
        return Err("Value must be between -5.0E9 and 5.0E9, inclusive".to_owned());
    }
    Ok((comparison, number))
}

/// Splits at the asterisks; a backslash makes an asterisk or a backslash literal. Positions are in the bytes of the text
/// with its quotes.
fn wildcard(text: &str) -> Result<Operator, Reason> {
    let mut parts = vec![String::new()];
    let mut characters = text.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        let position = index + 1;
        let literal = match character {
            '*' if characters.peek().is_some_and(|(_, next)| *next == '*') => {
                return Err(format!("Consecutive wildcard characters at pos {position}"));
            }
            '*' => None,
            '\\' => match characters.next() {
                Some((_, escaped @ ('*' | '\\'))) => Some(escaped),
                _ => return Err(format!("Invalid escape character at pos {position}")),
            },
            other => Some(other),
        };
        match (literal, parts.last_mut()) {
            (Some(literal), Some(part)) => part.push(literal),
            _ => parts.push(String::new()),
        }
    }
    Ok(Operator::Wildcard(parts))
}

/// A block with more than one address: the matcher refuses a mask of all bits.
fn cidr(text: &str) -> Result<Operator, Reason> {
    let parts: Vec<&str> = text.split('/').collect();
    let [address, bits] = parts[..] else {
        return Err("Malformed CIDR, one '/' required".to_owned());
    };
    let bits: i32 = bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer")?;
    let bits = u32::try_from(bits).map_err(|_| "Malformed CIDR, mask bits must not be negative")?;
    let address: std::net::IpAddr = address.parse().map_err(|_| format!("Nonstandard IP address: {address}"))?;
    let (version, most) = if address.is_ipv4() { (4, 32) } else { (6, 128) };
    if bits >= most {
        return Err(format!("IPv{version} mask bits must be < {most}"));
    }
    Ok(Operator::Cidr(Network { address, bits }))
}
