//! The pattern of a rule in its file: its problems, and the places of its parts.

use super::document::{Content, Node, Place};
use super::findings::Finding;
use super::similar::similar;
use crate::Pattern;
use crate::pattern::place::{Step, dotted};
use crate::pattern::{OPERATORS, OR, Refusal};

/// Parses a pattern, and reports everything that EventBridge would reject.
pub(super) fn read(node: &Node, found: &mut Vec<Finding>) -> Option<Pattern> {
    let checked = Pattern::check(&node.json());
    checked.map_err(|refusals| found.extend(refusals.iter().map(|refusal| refused(node, refusal)))).ok()
}

/// The part of a pattern at the end of a path, or the nearest one before it.
pub(super) fn part<'d>(pattern: &'d Node, way: &[Step]) -> &'d Node {
    way.iter().try_fold(pattern, |node, step| below(node, step).ok_or(node)).unwrap_or_else(|last| last)
}

/// The key of the last field on a path.
pub(super) fn key(pattern: &Node, way: &[Step]) -> Place {
    let last = way.iter().rposition(|step| matches!(step, Step::Field(_)));
    let entry = last.and_then(|last| match &way[last] {
        Step::Field(name) => part(pattern, &way[..last]).entry(name),
        Step::Or | Step::Element(_) => None,
    });
    entry.map_or(pattern.place, |entry| entry.place)
}

fn below<'d>(node: &'d Node, step: &Step) -> Option<&'d Node> {
    match step {
        Step::Field(name) => node.entry(name).map(|entry| &entry.value),
        Step::Or => node.entry(OR).map(|entry| &entry.value),
        Step::Element(at) => node.element(*at),
    }
}

fn refused(pattern: &Node, Refusal { at, reason }: &Refusal) -> Finding {
    let part = part(pattern, at);
    let field = match dotted(at) {
        path if path.is_empty() => "pattern".to_owned(),
        path => format!("pattern.{path}"),
    };
    Finding::unreadable(part.place, format!("{field}: {reason}{}", advice(part, at)))
}

/// The likely correction.
fn advice(part: &Node, way: &[Step]) -> String {
    match (&part.content, way.last()) {
        (_, None) => "; write a map of fields, such as {source: [lambda]}".to_owned(),
        (Content::Scalar(value), Some(Step::Field(name))) if OPERATORS.contains(&name.as_str()) => {
            format!("; tests must be in a list: write [{{{name}: {value}}}]")
        }
        (Content::Scalar(value), Some(Step::Field(_))) => format!("; write [{value}]"),
        (Content::Map(entries), Some(Step::Element(_))) => match &entries[..] {
            [entry] if !OPERATORS.contains(&entry.key.as_str()) => similar(&entry.key, OPERATORS),
            _ => String::new(),
        },
        _ => String::new(),
    }
}
