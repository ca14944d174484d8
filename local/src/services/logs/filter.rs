//! Filter patterns: text terms, or conditions on JSON. Pure.

mod json;

use super::parameters::{invalid, violation};
use crate::ApiError;
use json::Expression;

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
    /// Conditions that a JSON object must meet.
    Json(Expression),
}

/// Length limit of a pattern in characters (API reference, `FilterLogEvents`).
const MAX_LENGTH: usize = 1024;

impl Filter {
    /// Parses a pattern.
    ///
    /// # Errors
    /// `InvalidParameterException` for an invalid or overlong pattern, `NotImplemented` for unsupported ones: regular
    /// expressions and space-delimited fields.
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
            Some('{') => Expression::parse(pattern).map(Self::Json),
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
            Self::Json(expression) => serde_json::from_str(message).is_ok_and(|value| expression.holds(&value)),
        }
    }
}

/// Rejects an unquoted text with other characters than letters, digits and those.
///
/// # Errors
/// `InvalidParameterException` in AWS's words.
fn check_characters(text: &str, others: &str) -> Result<(), ApiError> {
    match text.chars().find(|character| !character.is_alphanumeric() && !others.contains(*character)) {
        Some(character) => Err(invalid(format!("Invalid character(s) in term '{character}'"))),
        None => Ok(()),
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

/// A term, delimited by a blank or quoted, and the rest. Only a quoted one may hold more than letters, digits and
/// underscores ("Filter pattern syntax"; AWS takes some other characters, which it does not list).
fn take_term(text: &str) -> Result<(String, &str), ApiError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        if end == 0 {
            return Err(invalid("Invalid filter pattern"));
        }
        check_characters(&text[..end], "_")?;
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
            ("{ ($.status = 504 || $.status = 503) && $.ok IS FALSE }", json, true),
            ("{ $.status = 503 || $.status = 504 && $.ok IS TRUE }", json, true),
            ("{ ($.status = 503 || $.status = 504) && $.ok IS TRUE }", json, false),
            ("{ $.absent NOT EXISTS }", json, true),
            ("{ $.level NOT EXISTS }", json, false),
            ("{ $.none IS NULL }", r#"{"none":null}"#, true),
            ("{ $.none IS NULL }", "{}", false),
            (r#"{ $.text = "a && (b || c)" }"#, r#"{"text":"a && (b || c)"}"#, true),
            (r#"{ $.text = "say \"hi\"" }"#, r#"{"text":"say \"hi\""}"#, true),
            (r#""8f5b-4a""#, "RequestId: 8f5b-4a", true),
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
            ("8f5b-4a", "InvalidParameterException"),
            ("?Status: timeout", "InvalidParameterException"),
            ("{ $.a = x:y }", "InvalidParameterException"),
            (r#"{ $."a" = 1 }"#, "InvalidParameterException"),
            ("{ ($.a = 1 }", "InvalidParameterException"),
            ("{ $.a = 1) }", "InvalidParameterException"),
            ("{ $.a = 1 && }", "InvalidParameterException"),
            ("{ $.a IS }", "InvalidParameterException"),
            ("{ $.a = %x% }", "NotImplemented"),
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
