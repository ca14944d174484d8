//! Updates.

use super::super::super::value::AttributeValue;
use super::super::fault::Fault;
use super::super::paths;
use super::super::placeholders::Placeholders;
use super::super::syntax::{self, Assigned, Call, Section};
use super::super::update::{Action, Source, Update};
use super::arguments;

/// Binds an update. Its words have been checked.
pub(in super::super) fn update(placeholders: &Placeholders, tree: &syntax::Update) -> Result<Update, Fault> {
    let targets: Vec<_> =
        tree.actions.iter().map(|action| placeholders.path(action.path())).collect::<Result<_, _>>()?;
    paths::check_distinct(&targets.iter().collect::<Vec<_>>())?;
    for action in &tree.actions {
        if let syntax::Action::Add(_, value) | syntax::Action::Delete(_, value) = action {
            check_section(action.section(), &placeholders.value(value)?)?;
        }
    }
    let bound = tree.actions.iter().zip(targets).map(|(action, path)| match action {
        syntax::Action::Set(_, assigned) => Ok(Action::Set(path, assigned_of(placeholders, assigned)?)),
        syntax::Action::Remove(_) => Ok(Action::Remove(path)),
        syntax::Action::Add(_, value) => Ok(Action::Add(path, placeholders.value(value)?)),
        syntax::Action::Delete(_, value) => Ok(Action::Delete(path, placeholders.value(value)?)),
    });
    bound.collect::<Result<_, _>>().map(Update::of)
}

fn check_section(section: Section, value: &AttributeValue) -> Result<(), Fault> {
    let kind = match value {
        AttributeValue::SS(_) | AttributeValue::NS(_) | AttributeValue::BS(_) => return Ok(()),
        AttributeValue::N(_) if section == Section::Add => return Ok(()),
        AttributeValue::N(_) => "NUMBER",
        AttributeValue::S(_) => "STRING",
        AttributeValue::B(_) => "BINARY",
        AttributeValue::Bool(_) => "BOOLEAN",
        AttributeValue::Null => "NULL",
        AttributeValue::L(_) => "LIST",
        AttributeValue::M(_) => "MAP",
    };
    Err(Fault::SectionOperand { section: section.keyword(), kind })
}

fn assigned_of(placeholders: &Placeholders, assigned: &Assigned) -> Result<Source, Fault> {
    let both = |operator, left, right| {
        let (left, right) = (source(placeholders, left)?, source(placeholders, right)?);
        check_kind(operator, &left, "N")?;
        check_kind(operator, &right, "N")?;
        Ok((Box::new(left), Box::new(right)))
    };
    match assigned {
        Assigned::Operand(operand) => source(placeholders, operand),
        Assigned::Plus(left, right) => both("+", left, right).map(|(left, right)| Source::Plus(left, right)),
        Assigned::Minus(left, right) => both("-", left, right).map(|(left, right)| Source::Minus(left, right)),
    }
}

fn source(placeholders: &Placeholders, operand: &syntax::Operand) -> Result<Source, Fault> {
    match operand {
        syntax::Operand::Path(path) => placeholders.path(path).map(Source::Path),
        syntax::Operand::Value(value) => placeholders.value(value).map(Source::Value),
        syntax::Operand::Call(call) => called(placeholders, call),
    }
}

fn called(placeholders: &Placeholders, call: &Call) -> Result<Source, Fault> {
    let [first, second] = arguments(call)?;
    if call.function == "if_not_exists" {
        let syntax::Operand::Path(path) = first else { return Err(Fault::NoPath("if_not_exists")) };
        return Ok(Source::IfNotExists(placeholders.path(path)?, Box::new(source(placeholders, second)?)));
    }
    let (first, second) = (source(placeholders, first)?, source(placeholders, second)?);
    check_kind("list_append", &first, "L")?;
    check_kind("list_append", &second, "L")?;
    Ok(Source::ListAppend(Box::new(first), Box::new(second)))
}

/// Refuses an operand whose type is known by now and another.
fn check_kind(operator: &'static str, source: &Source, allowed: &str) -> Result<(), Fault> {
    let kind = match source {
        Source::Value(value) => value.kind(),
        Source::ListAppend(..) => "L",
        _ => return Ok(()),
    };
    if kind == allowed { Ok(()) } else { Err(Fault::OperandType { operator, kind }) }
}
