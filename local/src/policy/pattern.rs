//! Wildcards and policy variables.

use super::Need;
use super::evaluation::Context;

/// A pattern with its variables resolved: values match literally, so a `*` in a value a caller chose grants nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    AnyOne,
    AnyRun,
}

/// Whether a text matches a pattern: `*` matches any run of characters, `?` any single one.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    run(&tokens(pattern), text)
}

/// The same, ignoring case, for action names.
pub(super) fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    matches(&pattern.to_lowercase(), &text.to_lowercase())
}

/// The same, resolving policy variables such as `${aws:PrincipalArn}`. A variable without a value matches nothing.
pub(super) fn matches_with_variables(pattern: &str, text: &str, context: &Context<'_>) -> bool {
    expand(pattern, context).is_some_and(|tokens| run(&tokens, text))
}

/// Whether two ARNs match segment by segment: wildcards do not cross colons, except in the resource.
pub(super) fn matches_arn(pattern: &str, text: &str, context: &Context<'_>) -> bool {
    let patterns: Vec<&str> = split_arn(pattern);
    let texts: Vec<&str> = split_arn(text);
    patterns.len() == texts.len()
        && patterns.iter().zip(texts).all(|(pattern, text)| matches_with_variables(pattern, text, context))
}

/// A pattern with its variables resolved and no wildcards, for equality.
pub(super) fn filled(pattern: &str, context: &Context<'_>) -> Option<String> {
    let mut filled = String::with_capacity(pattern.len());
    for part in parts(pattern) {
        match part {
            Part::Plain(text) => filled.push_str(text),
            Part::Variable(name) => filled.push_str(&context.variable(name)?),
        }
    }
    Some(filled)
}

enum Part<'a> {
    Plain(&'a str),
    Variable(&'a str),
}

fn parts(pattern: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        parts.push(Part::Plain(before));
        parts.push(Part::Variable(name));
        rest = after;
    }
    parts.push(Part::Plain(rest));
    parts
}

fn expand(pattern: &str, context: &Context<'_>) -> Option<Vec<Token>> {
    let mut expanded = Vec::with_capacity(pattern.len());
    for part in parts(pattern) {
        match part {
            Part::Plain(text) => expanded.extend(tokens(text)),
            Part::Variable(name) => expanded.extend(context.variable(name)?.chars().map(Token::Literal)),
        }
    }
    Some(expanded)
}

fn tokens(pattern: &str) -> Vec<Token> {
    pattern
        .chars()
        .map(|character| match character {
            '*' => Token::AnyRun,
            '?' => Token::AnyOne,
            other => Token::Literal(other),
        })
        .collect()
}

fn split_arn(arn: &str) -> Vec<&str> {
    arn.splitn(6, ':').collect()
}

/// Greedy match that, on a mismatch, extends the last `*` by one character: linear for one star, never exponential.
fn run(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut position) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some(Token::AnyRun) => {
                star = Some((at, position));
                at += 1;
            }
            Some(Token::AnyOne) => (at, position) = (at + 1, position + 1),
            Some(Token::Literal(character)) if *character == text[position] => {
                (at, position) = (at + 1, position + 1);
            }
            _ => match star {
                Some((star_at, swallowed)) => {
                    star = Some((star_at, swallowed + 1));
                    (at, position) = (star_at + 1, swallowed + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|token| *token == Token::AnyRun)
}

/// Whether a resource pattern matches a need's resource.
pub(super) fn names_resource(patterns: &[String], need: &Need, context: &Context<'_>) -> bool {
    patterns.iter().any(|pattern| matches_with_variables(pattern, &need.resource, context))
}
