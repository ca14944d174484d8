//! Trees as text: what the parser reads again as the same tree, and paths as DynamoDB's errors have them.

use std::fmt::{self, Display, Formatter};

use super::syntax::{Action, Assigned, Call, Condition, Operand, Path, Step, Update};

impl Path {
    /// `[sent, [0]]`.
    pub(super) fn listed(&self) -> String {
        let steps = self.0.iter().map(|step| match step {
            Step::Name(name) => name.clone(),
            Step::Index(index) => format!("[{index}]"),
        });
        format!("[{}]", steps.collect::<Vec<_>>().join(", "))
    }
}

impl Display for Path {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(position, step)| match step {
            Step::Name(name) if position == 0 => write!(formatter, "{name}"),
            Step::Name(name) => write!(formatter, ".{name}"),
            Step::Index(index) => write!(formatter, "[{index}]"),
        })
    }
}

impl Display for Operand {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(formatter),
            Self::Value(value) => formatter.write_str(value),
            Self::Call(call) => call.fmt(formatter),
        }
    }
}

impl Display for Call {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({})", self.function, joined(&self.arguments, ", "))
    }
}

impl Display for Condition {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(left, comparator, right) => write!(formatter, "{left} {} {right}", comparator.sign()),
            Self::Between(operand, low, high) => write!(formatter, "{operand} BETWEEN {low} AND {high}"),
            Self::In(operand, candidates) => write!(formatter, "{operand} IN ({})", joined(candidates, ", ")),
            Self::Call(call) => call.fmt(formatter),
            Self::Not(inner) => write!(formatter, "NOT {}", grouped(inner)),
            Self::And(parts) => formatter.write_str(&parts.iter().map(grouped).collect::<Vec<_>>().join(" AND ")),
            Self::Or(parts) => formatter.write_str(&parts.iter().map(grouped).collect::<Vec<_>>().join(" OR ")),
        }
    }
}

/// In brackets where it would not hold together without.
fn grouped(condition: &Condition) -> String {
    match condition {
        Condition::And(_) | Condition::Or(_) => format!("({condition})"),
        _ => condition.to_string(),
    }
}

impl Display for Assigned {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operand(operand) => operand.fmt(formatter),
            Self::Plus(left, right) => write!(formatter, "{left} + {right}"),
            Self::Minus(left, right) => write!(formatter, "{left} - {right}"),
        }
    }
}

impl Display for Action {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(path, assigned) => write!(formatter, "{path} = {assigned}"),
            Self::Remove(path) => path.fmt(formatter),
            Self::Add(path, value) | Self::Delete(path, value) => write!(formatter, "{path} {value}"),
        }
    }
}

impl Display for Update {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let sections = self.actions.chunk_by(|one, next| one.section() == next.section());
        let sections = sections
            .filter_map(|actions| Some(format!("{} {}", actions.first()?.section().keyword(), joined(actions, ", "))));
        formatter.write_str(&sections.collect::<Vec<_>>().join(" "))
    }
}

fn joined<T: Display>(parts: &[T], between: &str) -> String {
    parts.iter().map(T::to_string).collect::<Vec<_>>().join(between)
}
