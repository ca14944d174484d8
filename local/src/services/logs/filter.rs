//! Filter patterns: text terms, or conditions on JSON. Pure.

use serde_json::Value;

use super::parameters::{invalid, violation};
use crate::ApiError;

/// A parsed filter pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    /// Matches everything.
    All,
    /// Terms in text.
    Terms {
        /// All must match.
        required: Vec<String>,
        /// At least one must match, if there are any.
        optional: Vec<String>,
        /// None may match.
        excluded: Vec<String>,
    },
    /// At least one of the lists must match in full.
    Json(Vec<Vec<Condition>>),
}

/// `$.path operator value`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    path: Vec<String>,
    operator: Operator,
    value: String,
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

/// Length limit of a pattern in characters (API reference, `FilterLogEvents`).
const MAX_LENGTH: usize = 1024;
/// Nesting limit of brackets.
const MAX_DEPTH: usize = 32;

impl Filter {
    /// Parses a pattern.
    ///
    /// # Errors
    /// `InvalidParameterException` for an invalid or overlong pattern, `NotImplemented` for unsupported ones: regular
    /// expressions, space-delimited fields, brackets in conditions.
    pub(super) fn parse(pattern: &str) -> Result<Self, ApiError> {
        if pattern.chars().count() > MAX_LENGTH {
            return Err(violation(
                pattern,
                "filterPattern",
                &format!("have length less than or equal to {MAX_LENGTH}"),
            ));
        }
        let pattern = pattern.trim();
        match pattern.chars().next() {
            None => Ok(Self::All),
            Some('{') => parse_json(pattern),
            Some('[') => Err(missing("space-delimited fields")),
            Some('%') => Err(missing("regular expressions")),
            Some(_) => parse_terms(pattern),
        }
    }

    /// Whether a message matches.
    pub(super) fn matches(&self, message: &str) -> bool {
        match self {
            Self::All => true,
            Self::Terms { required, optional, excluded } => {
                let has = |term: &String| message.contains(term.as_str());
                required.iter().all(has)
                    && !excluded.iter().any(has)
                    && (optional.is_empty() || optional.iter().any(has))
            }
            Self::Json(alternatives) => match serde_json::from_str::<Value>(message) {
                Ok(value) => alternatives.iter().any(|all| all.iter().all(|condition| condition.holds(&value))),
                Err(_) => false,
            },
        }
    }
}

fn missing(what: &str) -> ApiError {
    ApiError::not_implemented("logs", &format!("FilterLogEvents with {what} in filterPattern"))
}

fn parse_terms(pattern: &str) -> Result<Filter, ApiError> {
    let (mut required, mut optional, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = pattern;
    while !rest.is_empty() {
        let (list, unsigned) = match rest.chars().next() {
            Some('?') => (&mut optional, &rest[1..]),
            Some('-') => (&mut excluded, &rest[1..]),
            _ => (&mut required, rest),
        };
        let (term, remainder) = take_term(unsigned)?;
        list.push(term);
        rest = remainder.trim_start();
    }
    // Combined with plain terms, optional terms are ignored (documented by AWS).
    if !required.is_empty() {
        optional.clear();
    }
    Ok(Filter::Terms { required, optional, excluded })
}

/// A term, delimited by a blank or quoted, and the rest.
fn take_term(text: &str) -> Result<(String, &str), ApiError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        if end == 0 {
            return Err(invalid("Invalid filter pattern"));
        }
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut term = String::new();
    let mut characters = quoted.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return Ok((term, &quoted[position + 1..])),
            '\\' => term.extend(characters.next().map(|(_, escaped)| escaped)),
            other => term.push(other),
        }
    }
    Err(invalid("Invalid filter pattern"))
}

fn parse_json(pattern: &str) -> Result<Filter, ApiError> {
    let inner = pattern
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .ok_or_else(|| invalid("Invalid filter pattern"))?;
    let brackets = inner.chars().filter(|character| !character.is_whitespace());
    if brackets.take_while(|character| *character == '(').count() > MAX_DEPTH {
        return Err(invalid("Invalid filter pattern"));
    }
    if inner.trim_start().starts_with('(') {
        return Err(missing("brackets"));
    }
    let alternatives = inner
        .split("||")
        .map(|alternative| alternative.split("&&").map(parse_condition).collect::<Result<Vec<_>, _>>())
        .collect::<Result<_, _>>()?;
    Ok(Filter::Json(alternatives))
}

fn parse_condition(text: &str) -> Result<Condition, ApiError> {
    let text = text.trim();
    let path_end = text
        .find(|character: char| character.is_whitespace() || "!=<>".contains(character))
        .ok_or_else(|| invalid("Invalid filter pattern"))?;
    let (path, rest) = text.split_at(path_end);
    let path = path.strip_prefix("$.").ok_or_else(|| invalid("Invalid filter pattern"))?;
    let rest = rest.trim_start();
    let (sign, operator) =
        OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign)).ok_or_else(|| missing("IS and EXISTS conditions"))?;
    let value = rest[sign.len()..].trim();
    if value.starts_with('%') {
        return Err(missing("regular expressions"));
    }
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    Ok(Condition { path: path.split('.').map(str::to_owned).collect(), operator: *operator, value: value.to_owned() })
}

impl Condition {
    fn holds(&self, document: &Value) -> bool {
        let found = self.path.iter().try_fold(document, |value, segment| step(value, segment));
        let Some(found) = found else { return false };
        match self.operator {
            Operator::Equal => self.equals(found),
            Operator::NotEqual => !self.equals(found),
            ordering => match (found.as_f64(), self.value.parse::<f64>()) {
                (Some(found), Ok(value)) => match ordering {
                    Operator::AtMost => found <= value,
                    Operator::AtLeast => found >= value,
                    Operator::Less => found < value,
                    _ => found > value,
                },
                _ => false,
            },
        }
    }

    fn equals(&self, found: &Value) -> bool {
        match found {
            Value::String(text) => matches_wildcard(&self.value, text),
            Value::Number(number) => number.as_f64() == self.value.parse().ok(),
            Value::Bool(flag) => self.value.parse() == Ok(*flag),
            Value::Null => self.value == "null",
            Value::Array(_) | Value::Object(_) => false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_documented() {
        let json = r#"{"level":"error","status":503,"user":{"name":"ann"},"tags":["a","b"],"ok":false}"#;
        let cases = [
            ("", "anything", true),
            ("ERROR", "[ERROR 400] BAD REQUEST", true),
            ("ERROR", "error", false),
            ("ERROR 400", "[ERROR 400]", true),
            ("ERROR 401", "[ERROR 400]", false),
            (r#""BAD REQUEST""#, "400 BAD REQUEST", true),
            (r#""BAD REQUEST""#, "BAD 400 REQUEST", false),
            ("ERROR -400", "ERROR 400", false),
            ("ERROR -400", "ERROR 500", true),
            ("?ERROR ?WARN", "a WARN", true),
            ("?ERROR ?WARN", "INFO", false),
            (r#"{ $.level = "error" }"#, json, true),
            (r#"{ $.level = "warn" }"#, json, false),
            (r#"{ $.level = err* }"#, json, true),
            (r#"{ $.level != "warn" }"#, json, true),
            ("{ $.status >= 500 }", json, true),
            ("{ $.status < 500 }", json, false),
            ("{ $.status = 503 && $.user.name = \"ann\" }", json, true),
            ("{ $.status = 504 || $.user.name = \"ann\" }", json, true),
            ("{ $.tags[1] = \"b\" }", json, true),
            ("{ $.absent = \"b\" }", json, false),
            ("{ $.level = \"error\" }", "no json", false),
        ];
        for (pattern, message, expected) in cases {
            let filter = Filter::parse(pattern);
            assert_eq!(filter.map(|filter| filter.matches(message)), Ok(expected), "{pattern} on {message}");
        }
    }

    #[test]
    fn invalid_patterns_are_rejected() {
        let cases = [
            ("\"open", "InvalidParameterException"),
            ("{ $.a = 1", "InvalidParameterException"),
            ("{ a = 1 }", "InvalidParameterException"),
            ("{ $.a IS NULL }", "NotImplemented"),
            ("[a, b]", "NotImplemented"),
            ("%regex%", "NotImplemented"),
            (&"a".repeat(1025), "InvalidParameterException"),
            (&format!("{{{}$.a = 1{}}}", "(".repeat(400), ")".repeat(400)), "InvalidParameterException"),
        ];
        for (pattern, code) in cases {
            assert_eq!(Filter::parse(pattern).map_err(|error| error.code), Err(code.to_owned()), "{pattern}");
        }
    }
}
