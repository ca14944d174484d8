//! What is written: the trees that the parser makes. Names and values are still placeholders.

/// A step of a path. While an expression is not bound, a name that begins with `#` is a placeholder; no plain name can.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Step {
    Name(String),
    Index(usize),
}

/// Where in an item something is: `a.b[2].c`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Path(pub(in super::super) Vec<Step>);

impl Path {
    /// The attribute at the top level of the item that it leads to or into.
    pub(in super::super) fn attribute(&self) -> Option<&str> {
        match self.0.first()? {
            Step::Name(name) => Some(name),
            Step::Index(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    Path(Path),
    /// The placeholder of a value, with its colon.
    Value(String),
    Call(Call),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) function: String,
    pub(super) arguments: Vec<Operand>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Comparator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparator {
    pub(super) const ALL: [Self; 6] =
        [Self::Equal, Self::Unequal, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// A condition, filter or key condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Compare(Operand, Comparator, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Call(Call),
    Not(Box<Condition>),
    /// A chain, which is as deep as one of it.
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

/// The sections of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Set,
    Remove,
    Add,
    Delete,
}

impl Section {
    pub(super) const ALL: [Self; 4] = [Self::Set, Self::Remove, Self::Add, Self::Delete];

    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Set => "SET",
            Self::Remove => "REMOVE",
            Self::Add => "ADD",
            Self::Delete => "DELETE",
        }
    }
}

/// The right side of a `SET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Assigned {
    Operand(Operand),
    Plus(Operand, Operand),
    Minus(Operand, Operand),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Set(Path, Assigned),
    Remove(Path),
    Add(Path, String),
    Delete(Path, String),
}

impl Action {
    pub(super) fn section(&self) -> Section {
        match self {
            Self::Set(..) => Section::Set,
            Self::Remove(_) => Section::Remove,
            Self::Add(..) => Section::Add,
            Self::Delete(..) => Section::Delete,
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

/// An update, its actions in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Update {
    pub(super) actions: Vec<Action>,
    /// A section that is there twice.
    pub(super) repeated: Option<Section>,
}
