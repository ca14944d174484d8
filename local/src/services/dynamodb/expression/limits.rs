//! How long and how rich an expression may be, from "Quotas in Amazon DynamoDB"; and how deep, for which AWS names no
//! number.

use super::super::{Failure, invalid};
use super::Kind;
use super::fault::Fault;
use super::lexer::{Lexeme, Token};

/// Bytes of an expression, as it is sent.
const LONGEST: usize = 4096;
/// Operators and functions of an expression.
const OPERATORS: usize = 300;
/// Brackets, calls and `NOT`s in one another. Each takes a part of the stack.
pub(super) const DEEPEST: usize = 50;
/// Steps of a document path.
pub(super) const LONGEST_PATH: usize = 32;
/// Operands in the brackets of an `IN`.
pub(super) const CANDIDATES: usize = 100;
/// Bytes of a placeholder, `#` or `:` included.
const LONGEST_PLACEHOLDER: usize = 255;
/// Bytes of all placeholders of a request and what they stand for: "the maximum length of all substitution variables in
/// an expression is 2 MB".
const SUBSTITUTIONS: usize = 2 * 1024 * 1024;

/// The words are ours.
pub(super) fn check_placeholder(parameter: &str, placeholder: &str) -> Result<(), Failure> {
    match placeholder.len() {
        length if length > LONGEST_PLACEHOLDER => Err(invalid(format!(
            "{parameter} contains invalid key: The expression attribute placeholder has {length} bytes, at most {LONGEST_PLACEHOLDER} are allowed"
        ))),
        _ => Ok(()),
    }
}

/// The words are ours.
pub(super) fn check_substitutions(bytes: usize) -> Result<(), Failure> {
    match bytes {
        bytes if bytes > SUBSTITUTIONS => Err(invalid(format!(
            "ExpressionAttributeNames and ExpressionAttributeValues have {bytes} bytes, at most {SUBSTITUTIONS} are allowed"
        ))),
        _ => Ok(()),
    }
}

pub(super) fn check_length(text: &str) -> Result<(), Fault> {
    match text.len() {
        _ if text.trim().is_empty() => Err(Fault::Empty),
        length if length > LONGEST => Err(Fault::TooLong(length)),
        _ => Ok(()),
    }
}

pub(super) fn check_operators(tokens: &[Token<'_>], kind: Kind) -> Result<(), Fault> {
    match operators(tokens, kind) {
        count if count > OPERATORS => Err(Fault::TooManyOperators(count)),
        _ => Ok(()),
    }
}

fn operators(tokens: &[Token<'_>], kind: Kind) -> usize {
    let counts = |token: &Token<'_>, next: Option<&Token<'_>>| match token.lexeme {
        // What a SET assigns with is no operator: "SET a = :val1 + :val2 + :val3 contains two".
        Lexeme::Sign("=") => kind != Kind::Update,
        Lexeme::Sign(sign) => matches!(sign, "<>" | "<" | "<=" | ">" | ">=" | "+" | "-"),
        Lexeme::Word(word) if kind != Kind::Update && is_operator(word) => true,
        Lexeme::Word(_) => next.is_some_and(|next| next.lexeme == Lexeme::Sign("(")),
        _ => false,
    };
    (0..tokens.len()).filter(|at| counts(&tokens[*at], tokens.get(at + 1))).count()
}

fn is_operator(word: &str) -> bool {
    ["AND", "OR", "NOT", "IN", "BETWEEN"].iter().any(|operator| word.eq_ignore_ascii_case(operator))
}
