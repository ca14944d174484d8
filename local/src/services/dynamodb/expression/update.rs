//! Updates, bound: what they make of an item.

use super::super::item::LIMIT;
use super::super::number::NumberError;
use super::super::value::{AttributeValue, Item};
use super::document::{self, Projection, find};
use super::syntax::Path;

/// Why an update does not fit an item, in AWS's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum UpdateError {
    #[error("The document path provided in the update expression is invalid for update")]
    Path,
    #[error("The provided expression refers to an attribute that does not exist in the item")]
    Missing,
    #[error("An operand in the update expression has an incorrect data type")]
    Type,
    /// All that an update sets is in the item afterwards: it need not be made first.
    #[error("Item size to update has exceeded the maximum allowed size")]
    Size,
    #[error(transparent)]
    Number(#[from] NumberError),
}

/// Where a value to set comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Path(Path),
    Value(AttributeValue),
    IfNotExists(Path, Box<Source>),
    ListAppend(Box<Source>, Box<Source>),
    Plus(Box<Source>, Box<Source>),
    Minus(Box<Source>, Box<Source>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Set(Path, Source),
    Remove(Path),
    Add(Path, AttributeValue),
    Delete(Path, AttributeValue),
}

impl Action {
    fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }

    /// Whether it makes an item that is not there.
    fn creates(&self) -> bool {
        matches!(self, Self::Set(..) | Self::Add(..))
    }

    /// What is at its path afterwards: a value or nothing.
    fn outcome(&self, item: &Item) -> Result<Option<AttributeValue>, UpdateError> {
        let there = || find(item, self.path()).cloned();
        match self {
            Self::Set(_, source) => source.of(item).map(Some),
            Self::Remove(_) => Ok(None),
            Self::Add(_, value) => there().map_or_else(|| Ok(value.clone()), |there| sum(there, value)).map(Some),
            Self::Delete(_, value) => there().map_or(Ok(None), |there| difference(there, value)),
        }
    }
}

/// All that an `UpdateExpression` does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Update {
    actions: Vec<Action>,
}

impl Update {
    pub(super) fn of(actions: Vec<Action>) -> Self {
        Self { actions }
    }

    /// Whether it makes an item where there is none. One that only removes does not; one of nothing does.
    pub(in super::super) fn creates(&self) -> bool {
        self.actions.is_empty() || self.actions.iter().any(Action::creates)
    }

    /// What it changes.
    pub(in super::super) fn targets(&self) -> impl Iterator<Item = &Path> {
        self.actions.iter().map(Action::path)
    }

    /// All that it names: what it changes, and what it reads.
    pub(in super::super) fn paths(&self) -> Vec<&Path> {
        let mut paths: Vec<&Path> = Vec::new();
        for action in &self.actions {
            paths.push(action.path());
            if let Action::Set(_, source) = action {
                source.add_paths(&mut paths);
            }
        }
        paths
    }

    /// What of an item it is about, for `UPDATED_OLD` and `UPDATED_NEW`.
    pub(in super::super) fn part_of(&self, item: &Item) -> Item {
        Projection::of(self.targets().cloned().collect()).from(item)
    }

    /// The item afterwards. Everything is read from the item as it was, and indexes count there too.
    pub(in super::super) fn applied(&self, item: &Item) -> Result<Item, UpdateError> {
        let (mut outcomes, mut bytes) = (Vec::new(), 0);
        for action in &self.actions {
            let outcome = action.outcome(item)?;
            bytes += outcome.as_ref().map_or(0, AttributeValue::size);
            if bytes > LIMIT {
                return Err(UpdateError::Size);
            }
            if !document::is_place(item, action.path()) {
                return Err(UpdateError::Path);
            }
            outcomes.push((action.path(), outcome));
        }
        // In this order, elements beyond the end of a list are appended by their indexes, and removals backwards leave
        // the places of the others alone.
        outcomes.sort_by_key(|(path, _)| *path);
        let mut updated = item.clone();
        let (put, gone): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|(_, outcome)| outcome.is_some());
        for (path, outcome) in put {
            outcome.into_iter().for_each(|value| document::put(&mut updated, path, value));
        }
        for (path, _) in gone.iter().rev().filter(|(path, _)| find(item, path).is_some()) {
            document::remove(&mut updated, path);
        }
        Ok(updated)
    }
}

impl Source {
    fn add_paths<'s>(&'s self, paths: &mut Vec<&'s Path>) {
        match self {
            Self::Path(path) => paths.push(path),
            Self::Value(_) => {}
            Self::IfNotExists(path, source) => {
                paths.push(path);
                source.add_paths(paths);
            }
            Self::ListAppend(left, right) | Self::Plus(left, right) | Self::Minus(left, right) => {
                left.add_paths(paths);
                right.add_paths(paths);
            }
        }
    }

    fn of(&self, item: &Item) -> Result<AttributeValue, UpdateError> {
        match self {
            Self::Path(path) => find(item, path).cloned().ok_or(UpdateError::Missing),
            Self::Value(value) => Ok(value.clone()),
            Self::IfNotExists(path, source) => find(item, path).cloned().map_or_else(|| source.of(item), Ok),
            Self::ListAppend(left, right) => match (left.of(item)?, right.of(item)?) {
                (AttributeValue::L(left), AttributeValue::L(right)) => {
                    Ok(AttributeValue::L(left.into_iter().chain(right).collect()))
                }
                _ => Err(UpdateError::Type),
            },
            Self::Plus(left, right) => match (left.of(item)?, right.of(item)?) {
                (AttributeValue::N(left), AttributeValue::N(right)) => Ok(AttributeValue::N(left.plus(right)?)),
                _ => Err(UpdateError::Type),
            },
            Self::Minus(left, right) => match (left.of(item)?, right.of(item)?) {
                (AttributeValue::N(left), AttributeValue::N(right)) => Ok(AttributeValue::N(left.plus(-right)?)),
                _ => Err(UpdateError::Type),
            },
        }
    }
}

/// `ADD`: numbers are added, sets united.
fn sum(there: AttributeValue, value: &AttributeValue) -> Result<AttributeValue, UpdateError> {
    match (there, value) {
        (AttributeValue::N(there), AttributeValue::N(value)) => Ok(AttributeValue::N(there.plus(*value)?)),
        (AttributeValue::SS(there), AttributeValue::SS(value)) => Ok(AttributeValue::SS(&there | value)),
        (AttributeValue::NS(there), AttributeValue::NS(value)) => Ok(AttributeValue::NS(&there | value)),
        (AttributeValue::BS(there), AttributeValue::BS(value)) => Ok(AttributeValue::BS(&there | value)),
        _ => Err(UpdateError::Type),
    }
}

/// `DELETE`: members leave a set, and a set that nothing is left of leaves its item.
fn difference(there: AttributeValue, value: &AttributeValue) -> Result<Option<AttributeValue>, UpdateError> {
    let left = match (there, value) {
        (AttributeValue::SS(there), AttributeValue::SS(value)) => {
            let left = &there - value;
            (!left.is_empty()).then_some(AttributeValue::SS(left))
        }
        (AttributeValue::NS(there), AttributeValue::NS(value)) => {
            let left = &there - value;
            (!left.is_empty()).then_some(AttributeValue::NS(left))
        }
        (AttributeValue::BS(there), AttributeValue::BS(value)) => {
            let left = &there - value;
            (!left.is_empty()).then_some(AttributeValue::BS(left))
        }
        _ => return Err(UpdateError::Type),
    };
    Ok(left)
}
