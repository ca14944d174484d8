//! What is checked of a tree before its placeholders are looked up: its words.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Kind;
use super::fault::Fault;
use super::functions::{self, Place};
use super::syntax::{Action, Assigned, Call, Condition, Operand, Path, Step, Update};

/// "Reserved words in DynamoDB".
static RESERVED: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("reserved.txt").split_whitespace().collect());

/// The parts of a tree that its placeholders and words are in, in the order of the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaf<'t> {
    Path(&'t Path),
    Value(&'t str),
    Call(&'t str, Place),
}

pub(super) fn of_condition(condition: &Condition) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    add_condition(condition, &mut leaves);
    leaves
}

fn add_condition<'t>(condition: &'t Condition, leaves: &mut Vec<Leaf<'t>>) {
    match condition {
        Condition::Compare(left, _, right) => add_all([left, right], leaves),
        Condition::Between(operand, low, high) => add_all([operand, low, high], leaves),
        Condition::In(operand, candidates) => add_all(std::iter::once(operand).chain(candidates), leaves),
        Condition::Call(call) => add_call(call, Place::Condition, leaves),
        Condition::Not(inner) => add_condition(inner, leaves),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| add_condition(part, leaves)),
    }
}

fn add_all<'t>(operands: impl IntoIterator<Item = &'t Operand>, leaves: &mut Vec<Leaf<'t>>) {
    operands.into_iter().for_each(|operand| add_operand(operand, Place::Operand, leaves));
}

fn add_operand<'t>(operand: &'t Operand, place: Place, leaves: &mut Vec<Leaf<'t>>) {
    match operand {
        Operand::Path(path) => leaves.push(Leaf::Path(path)),
        Operand::Value(value) => leaves.push(Leaf::Value(value)),
        Operand::Call(call) => add_call(call, place, leaves),
    }
}

fn add_call<'t>(call: &'t Call, place: Place, leaves: &mut Vec<Leaf<'t>>) {
    leaves.push(Leaf::Call(&call.function, place));
    call.arguments.iter().for_each(|argument| add_operand(argument, Place::Argument, leaves));
}

pub(super) fn of_update(update: &Update) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    for action in &update.actions {
        leaves.push(Leaf::Path(action.path()));
        match action {
            Action::Set(_, Assigned::Operand(operand)) => add_all([operand], &mut leaves),
            Action::Set(_, Assigned::Plus(left, right) | Assigned::Minus(left, right)) => {
                add_all([left, right], &mut leaves);
            }
            Action::Add(_, value) | Action::Delete(_, value) => leaves.push(Leaf::Value(value)),
            Action::Remove(_) => {}
        }
    }
    leaves
}

/// Refuses functions that there are not, that stand where they must not, and reserved words, in this order.
pub(super) fn check_words(leaves: &[Leaf<'_>], kind: Kind) -> Result<(), Fault> {
    let calls = || {
        leaves.iter().filter_map(|leaf| if let Leaf::Call(name, place) = leaf { Some((*name, *place)) } else { None })
    };
    calls().try_for_each(|(function, _)| functions::check_name(function))?;
    calls().try_for_each(|(function, place)| functions::check_place(function, place, kind))?;
    let paths = leaves.iter().filter_map(|leaf| if let Leaf::Path(path) = leaf { Some(*path) } else { None });
    let mut names =
        paths.flat_map(|path| &path.0).filter_map(|step| if let Step::Name(name) = step { Some(name) } else { None });
    match names.find(|name| RESERVED.contains(name.to_ascii_uppercase().as_str())) {
        Some(name) => Err(Fault::Reserved(name.clone())),
        None => Ok(()),
    }
}
