//! Expressions, by the grammar of the DynamoDB Developer Guide: "Condition and filter expressions, operators, and
//! functions", "Update expressions", "Projection expressions", "Key condition expressions".
//!
//! A text becomes tokens ([`lexer`]), the tokens a tree of what is written ([`syntax`], [`parser`]), and the tree, with
//! the request's placeholders, something that has a meaning ([`binding`]): a [`Condition`], an [`Update`], a
//! [`Projection`]. All that can be refused without an item is refused by then. None of it goes deeper than
//! [`limits::DEEPEST`].

mod binding;
mod check;
mod comparison;
mod condition;
mod document;
mod fault;
mod functions;
mod key_condition;
mod lexer;
mod limits;
mod operand;
mod parser;
mod paths;
mod placeholders;
mod syntax;
#[cfg(test)]
mod tests;
mod update;
mod written;

pub(super) use condition::Condition;
pub(super) use document::Projection;
pub(super) use key_condition::KeyCondition;
pub(super) use placeholders::Placeholders;
pub(super) use syntax::Path;
pub(super) use update::Update;

/// What an expression is for, which is also the name of its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Update,
    Condition,
    Filter,
    KeyCondition,
    Projection,
}

impl Kind {
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::Update => "UpdateExpression",
            Self::Condition => "ConditionExpression",
            Self::Filter => "FilterExpression",
            Self::KeyCondition => "KeyConditionExpression",
            Self::Projection => "ProjectionExpression",
        }
    }

    /// Whether its text can hold values.
    fn has_values(self) -> bool {
        self != Self::Projection
    }
}
