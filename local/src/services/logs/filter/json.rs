//! Conditions on JSON: `{ ($.a = "x*" || $.b >= 2) && $.c NOT EXISTS }`. Pure.

use serde_json::Value;

use super::{check_characters, missing};
use crate::ApiError;
use crate::services::logs::parameters::invalid;

/// Nesting limit of brackets.
const MAX_DEPTH: usize = 32;

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::services::logs) enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    One(Condition),
}

/// What is said of the value at a path.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::services::logs) struct Condition {
    path: Vec<String>,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Compare(Operator, String),
    Is(Value),
    NotExists,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    Equal,
    NotEqual,
    AtMost,
    AtLeast,
    Less,
    Greater,
}

/// Longest first, because `<` is a prefix of `<=`.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::NotEqual),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Tests in words, and the value that they ask for.
const WORDS: [(&str, Option<Value>); 4] = [
    ("IS NULL", Some(Value::Null)),
    ("IS TRUE", Some(Value::Bool(true))),
    ("IS FALSE", Some(Value::Bool(false))),
    ("NOT EXISTS", None),
];

impl Expression {
    /// Parses a pattern in braces.
    ///
    /// # Errors
    /// `InvalidParameterException`, and `NotImplemented` for regular expressions.
    pub(super) fn parse(pattern: &str) -> Result<Self, ApiError> {
        let inner = pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or_else(wrong)?;
        let mut parser = Parser { rest: inner.trim() };
        let expression = parser.any(0)?;
        if parser.rest.is_empty() { Ok(expression) } else { Err(wrong()) }
    }

    /// Whether a document meets it.
    pub(super) fn holds(&self, document: &Value) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(document)),
            Self::All(parts) => parts.iter().all(|part| part.holds(document)),
            Self::One(condition) => condition.holds(document),
        }
    }
}

fn wrong() -> ApiError {
    invalid("Invalid filter pattern")
}

struct Parser<'p> {
    /// Without leading blanks.
    rest: &'p str,
}

impl<'p> Parser<'p> {
    fn any(&mut self, depth: usize) -> Result<Expression, ApiError> {
        let mut parts = vec![self.all(depth)?];
        while self.takes("||") {
            parts.push(self.all(depth)?);
        }
        Ok(Expression::Any(parts))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, ApiError> {
        let mut parts = vec![self.one(depth)?];
        while self.takes("&&") {
            parts.push(self.one(depth)?);
        }
        Ok(Expression::All(parts))
    }

    fn one(&mut self, depth: usize) -> Result<Expression, ApiError> {
        if !self.takes("(") {
            return Ok(Expression::One(Condition { path: self.path()?, test: self.test()? }));
        }
        if depth >= MAX_DEPTH {
            return Err(wrong());
        }
        let inner = self.any(depth + 1)?;
        if self.takes(")") { Ok(inner) } else { Err(wrong()) }
    }

    fn path(&mut self) -> Result<Vec<String>, ApiError> {
        let path = self.until(|character| character.is_whitespace() || "!=<>()&|".contains(character));
        let path = path.strip_prefix("$.").filter(|path| !path.is_empty()).ok_or_else(wrong)?;
        check_characters(path, "_-.[]:@/")?;
        Ok(path.split('.').map(str::to_owned).collect())
    }

    fn test(&mut self) -> Result<Test, ApiError> {
        if let Some((_, wanted)) = WORDS.into_iter().find(|(words, _)| self.takes(words)) {
            return Ok(wanted.map_or(Test::NotExists, Test::Is));
        }
        let (_, operator) = OPERATORS.iter().find(|(sign, _)| self.takes(sign)).ok_or_else(wrong)?;
        Ok(Test::Compare(*operator, self.value()?))
    }

    fn value(&mut self) -> Result<String, ApiError> {
        if self.rest.starts_with('%') {
            return Err(missing("regular expressions"));
        }
        if self.takes("\"") {
            return self.quoted();
        }
        let value = self.until(|character| character.is_whitespace() || "()&|".contains(character));
        check_characters(value, "_-.*+")?;
        if value.is_empty() { Err(wrong()) } else { Ok(value.to_owned()) }
    }

    fn quoted(&mut self) -> Result<String, ApiError> {
        let mut value = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((position, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest[position + 1..].trim_start();
                    return Ok(value);
                }
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                other => value.push(other),
            }
        }
        Err(wrong())
    }

    /// Takes a text, if it comes next.
    fn takes(&mut self, text: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(text) else { return false };
        // A blank within quotes belongs to the value.
        self.rest = if text == "\"" { rest } else { rest.trim_start() };
        true
    }

    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'p str {
        let (taken, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        taken
    }
}

impl Condition {
    fn holds(&self, document: &Value) -> bool {
        let found = self.path.iter().try_fold(document, |value, segment| step(value, segment));
        match (&self.test, found) {
            (Test::NotExists, found) => found.is_none(),
            (_, None) => false,
            (Test::Is(wanted), Some(found)) => found == wanted,
            (Test::Compare(operator, value), Some(found)) => compares(*operator, value, found),
        }
    }
}

fn compares(operator: Operator, value: &str, found: &Value) -> bool {
    let by_number = |holds: fn(&f64, &f64) -> bool| match (found.as_f64(), value.parse::<f64>()) {
        (Some(found), Ok(value)) => holds(&found, &value),
        _ => false,
    };
    match operator {
        Operator::Equal => equals(value, found),
        Operator::NotEqual => !equals(value, found),
        Operator::AtMost => by_number(f64::le),
        Operator::AtLeast => by_number(f64::ge),
        Operator::Less => by_number(f64::lt),
        Operator::Greater => by_number(f64::gt),
    }
}

fn equals(value: &str, found: &Value) -> bool {
    match found {
        Value::String(text) => matches_wildcard(value, text),
        Value::Number(number) => number.as_f64() == value.parse().ok(),
        Value::Bool(flag) => value.parse() == Ok(*flag),
        Value::Null => value == "null",
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// A member, or `name[index]` of an array.
fn step<'a>(value: &'a Value, segment: &str) -> Option<&'a Value> {
    match segment.split_once('[') {
        Some((name, index)) => value.get(name)?.get(index.strip_suffix(']')?.parse::<usize>().ok()?),
        None => value.get(segment),
    }
}

/// `*` matches any text.
fn matches_wildcard(pattern: &str, text: &str) -> bool {
    let Some((prefix, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut remaining) = text.strip_prefix(prefix) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let suffix = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match remaining.find(piece) {
            Some(position) => remaining = &remaining[position + piece.len()..],
            None => return false,
        }
    }
    remaining.ends_with(suffix)
}
