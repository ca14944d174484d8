//! What is compared: attributes, values and sizes.

use std::borrow::Cow;

use super::super::value::{AttributeValue, Item};
use super::document::find;
use super::syntax::Path;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Operand {
    Path(Path),
    Value(AttributeValue),
    Size(Box<Operand>),
}

impl Operand {
    /// The type, where it does not depend on the item.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Path(_) => None,
            Self::Value(value) => Some(value.kind()),
            Self::Size(_) => Some("N"),
        }
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Value(_) => None,
            Self::Size(inner) => inner.path(),
        }
    }

    /// What it is in an item; nothing where the item lacks it, or it has no size.
    pub(super) fn of<'i>(&'i self, item: &'i Item) -> Option<Cow<'i, AttributeValue>> {
        match self {
            Self::Path(path) => find(item, path).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(inner) => size(inner.of(item)?.as_ref()).map(|size| Cow::Owned(AttributeValue::N(size.into()))),
        }
    }
}

fn size(value: &AttributeValue) -> Option<usize> {
    match value {
        AttributeValue::S(text) => Some(text.len()),
        AttributeValue::B(bytes) => Some(bytes.len()),
        AttributeValue::SS(set) => Some(set.len()),
        AttributeValue::NS(set) => Some(set.len()),
        AttributeValue::BS(set) => Some(set.len()),
        AttributeValue::L(list) => Some(list.len()),
        AttributeValue::M(map) => Some(map.len()),
        AttributeValue::N(_) | AttributeValue::Bool(_) | AttributeValue::Null => None,
    }
}
