//! How long, how deep and how rich an expression may be. Asked before it is parsed: the parser takes a part of the
//! stack for every level.
//!
//! The numbers are those of "Quotas in Amazon DynamoDB", save that of levels, for which AWS names none.

use super::{Failure, invalid};

/// Bytes of an expression.
const LONGEST: usize = 4096;
/// Operators and functions of an expression.
const OPERATORS: usize = 300;
/// Brackets in one another.
const DEEPEST: usize = 50;

const WORDS: [&str; 5] = ["AND", "OR", "NOT", "IN", "BETWEEN"];

/// Checks the text of an expression; `kind` is the name of its parameter.
pub(super) fn check(text: &str, kind: &str) -> Result<(), Failure> {
    if text.len() > LONGEST {
        let size = text.len();
        return Err(invalid(format!(
            "Invalid {kind}: Expression size has exceeded the maximum allowed size; expression size: {size}"
        )));
    }
    check_brackets(text).map_err(|reason| invalid(format!("Invalid {kind}: {reason}")))?;
    let operators = operators(text);
    if operators > OPERATORS {
        return Err(invalid(format!(
            "Invalid {kind}: The expression contains too many operators; operator count: {operators}"
        )));
    }
    Ok(())
}

/// Refuses a bracket around nothing but brackets, as AWS does, and brackets too deep.
fn check_brackets(text: &str) -> Result<(), String> {
    let symbols: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
    // Of each open bracket: whether it stands right behind another.
    let mut open = Vec::new();
    for (position, symbol) in symbols.iter().enumerate() {
        match symbol {
            '(' if open.len() == DEEPEST => return Err(format!("More than {DEEPEST} levels of parentheses;")),
            '(' => open.push(position > 0 && symbols[position - 1] == '('),
            ')' if open.pop() == Some(true) && symbols.get(position + 1) == Some(&')') => {
                return Err("The expression has redundant parentheses;".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

fn operators(text: &str) -> usize {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "_#:.[]".contains(character);
    let words = text.split(|character| !is_part(character));
    let words = words.filter(|word| WORDS.iter().any(|operator| word.eq_ignore_ascii_case(operator))).count();
    // A function is a name right before its bracket.
    let functions = text.split('(').rev().skip(1).filter(|before| before.ends_with(is_part)).count();
    let signs = text.replace("<>", "=").replace("<=", "=").replace(">=", "=");
    words + functions + signs.chars().filter(|character| "=<>+-".contains(*character)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<String> {
        check(text, "FilterExpression").err().map(|failure| failure.error.message)
    }

    #[test]
    fn expressions_as_people_write_them_pass() {
        for text in [
            "a = :a AND (b > :b OR (NOT contains(c, :c)))",
            "(a = :a) AND ((b = :b) OR (c = :c))",
            "SET a = if_not_exists(a, :zero) + :one, b = list_append(if_not_exists(b, :empty), :b) REMOVE c",
            "((a = :a) AND (b = :b))",
        ] {
            assert_eq!(refusal(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_too_deep_or_too_rich_is_refused_before_it_is_parsed() {
        let levels = "(a = :a AND ".repeat(60) + "a = :a" + &")".repeat(60);
        for (text, reason) in [
            ("(".repeat(20_000) + "a = :a" + &")".repeat(20_000), "exceeded the maximum allowed size"),
            ("((a = :a))".to_owned(), "redundant parentheses"),
            ("( (a = :a) ) AND b = :b".to_owned(), "redundant parentheses"),
            ("(".repeat(400), "levels of parentheses"),
            (levels, "levels of parentheses"),
            ("NOT ".repeat(500) + "a = :a", "too many operators; operator count: 501"),
        ] {
            let refusal = refusal(&text).unwrap_or_default();
            assert!(refusal.contains(reason), "{refusal}");
        }
    }
}
