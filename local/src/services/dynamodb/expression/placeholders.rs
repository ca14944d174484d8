//! The placeholders of a request, and the expressions that use them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::item::size;
use super::super::value::{AttributeValue, Item};
use super::super::{Failure, invalid};
use super::check::{self, Leaf};
use super::fault::Fault;
use super::syntax::{Path, Step};
use super::{Condition, Kind, Projection, Update, binding, limits, parser, paths};

/// `ExpressionAttributeNames` and `ExpressionAttributeValues` of one request, and which of them its expressions use.
#[derive(Debug, Default)]
pub(in super::super) struct Placeholders {
    names: BTreeMap<String, String>,
    values: Item,
    used: RefCell<BTreeSet<String>>,
}

impl Placeholders {
    /// Reads them. `kinds` are the expressions that the operation takes: without any of them, placeholders are refused.
    pub(in super::super) fn read(input: &Value, kinds: &[Kind]) -> Result<Self, Failure> {
        let names = map(input, "ExpressionAttributeNames", '#')?;
        let values = map(input, "ExpressionAttributeValues", ':')?;
        let is_there = |kind: &Kind| input.get(kind.parameter()).is_some_and(|text| !text.is_null());
        if names.is_some() && !kinds.iter().any(is_there) {
            return Err(invalid("ExpressionAttributeNames can only be specified when using expressions"));
        }
        let with_values: Vec<&Kind> = kinds.iter().filter(|kind| kind.has_values()).collect();
        if values.is_some() && !with_values.iter().any(|kind| is_there(kind)) {
            let missing: Vec<&str> = with_values.iter().map(|kind| kind.parameter()).collect();
            let verb = if missing.len() == 1 { "is" } else { "are" };
            return Err(invalid(format!(
                "ExpressionAttributeValues can only be specified when using expressions: {} {verb} null",
                missing.join(" and ")
            )));
        }
        let placeholders = Self {
            names: names.into_iter().flatten().map(read_name).collect::<Result<_, _>>()?,
            values: values.into_iter().flatten().map(read_value).collect::<Result<_, _>>()?,
            used: RefCell::default(),
        };
        limits::check_substitutions(placeholders.bytes()).map(|()| placeholders)
    }

    /// Bytes of all that they stand for, and of themselves.
    pub(in super::super) fn bytes(&self) -> usize {
        let names = self.names.iter().map(|(placeholder, name)| placeholder.len() + name.len());
        names.sum::<usize>() + size(&self.values)
    }

    /// A condition or filter, if the request has it.
    pub(in super::super) fn condition(&self, input: &Value, kind: Kind) -> Result<Option<Condition>, Failure> {
        self.expression(input, kind, |text| {
            let tree = parser::condition(text, kind)?;
            self.look_up(&check::of_condition(&tree), kind)?;
            binding::condition(self, &tree)
        })
    }

    /// What the `UpdateExpression` does; nothing when it is absent.
    pub(in super::super) fn update(&self, input: &Value) -> Result<Update, Failure> {
        let update = self.expression(input, Kind::Update, |text| {
            let tree = parser::update(text)?;
            let leaves = check::of_update(&tree);
            check::check_words(&leaves, Kind::Update)?;
            if let Some(section) = tree.repeated {
                return Err(Fault::Repeated(section.keyword()));
            }
            self.look_up(&leaves, Kind::Update)?;
            binding::update(self, &tree)
        });
        Ok(update?.unwrap_or_default())
    }

    /// What the `ProjectionExpression` wants, if there is one.
    pub(in super::super) fn projection(&self, input: &Value) -> Result<Option<Projection>, Failure> {
        self.expression(input, Kind::Projection, |text| {
            let tree = parser::projection(text)?;
            self.look_up(&tree.iter().map(Leaf::Path).collect::<Vec<_>>(), Kind::Projection)?;
            let bound: Vec<Path> = tree.iter().map(|path| self.path(path)).collect::<Result<_, _>>()?;
            paths::check_distinct(&bound.iter().collect::<Vec<_>>())?;
            Ok(Projection::of(bound))
        })
    }

    fn expression<T>(
        &self,
        input: &Value,
        kind: Kind,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Failure> {
        match input.get(kind.parameter()) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => read(text).map(Some).map_err(|fault| fault.of(kind)),
            Some(_) => Err(not_a_string()),
        }
    }

    /// Checks the words of a tree, and that its placeholders are defined; notes that they are used.
    fn look_up(&self, leaves: &[Leaf<'_>], kind: Kind) -> Result<(), Fault> {
        check::check_words(leaves, kind)?;
        leaves.iter().try_for_each(|leaf| match leaf {
            Leaf::Path(path) => self.path(path).map(|_| ()),
            Leaf::Value(value) => self.value(value).map(|_| ()),
            Leaf::Call(..) => Ok(()),
        })
    }

    /// A path with the names that its placeholders stand for.
    pub(super) fn path(&self, path: &Path) -> Result<Path, Fault> {
        let steps = path.0.iter().map(|step| match step {
            Step::Name(name) if name.starts_with('#') => {
                let meant = self.names.get(name).ok_or_else(|| Fault::UndefinedName(name.clone()))?;
                self.used.borrow_mut().insert(name.clone());
                Ok(Step::Name(meant.clone()))
            }
            step => Ok(step.clone()),
        });
        steps.collect::<Result<_, _>>().map(Path)
    }

    /// The value that a placeholder stands for.
    pub(super) fn value(&self, name: &str) -> Result<AttributeValue, Fault> {
        let value = self.values.get(name).ok_or_else(|| Fault::UndefinedValue(name.to_owned()))?;
        self.used.borrow_mut().insert(name.to_owned());
        Ok(value.clone())
    }

    /// Refuses placeholders that no expression uses, as AWS does; to call after the last expression was read.
    pub(in super::super) fn all_used(&self) -> Result<(), Failure> {
        let used = self.used.borrow();
        let unused = |keys: Vec<&String>, what: &str| {
            let unused: Vec<&str> = keys.into_iter().filter(|key| !used.contains(*key)).map(String::as_str).collect();
            match unused.is_empty() {
                true => Ok(()),
                false => Err(invalid(format!(
                    "Value provided in {what} unused in expressions: keys: {{{}}}",
                    unused.join(", ")
                ))),
            }
        };
        unused(self.names.keys().collect(), "ExpressionAttributeNames")?;
        unused(self.values.keys().collect(), "ExpressionAttributeValues")
    }
}

/// The members of a map of placeholders, if it is there.
fn map<'i>(input: &'i Value, parameter: &str, prefix: char) -> Result<Option<&'i Map<String, Value>>, Failure> {
    let map = match input.get(parameter) {
        None | Some(Value::Null) => return Ok(None),
        Some(map) => map.as_object().ok_or_else(not_a_string)?,
    };
    if map.is_empty() {
        return Err(invalid(format!("{parameter} must not be empty")));
    }
    let is_name = |key: &str| {
        key.strip_prefix(prefix)
            .is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    };
    match map.keys().find(|key| !is_name(key)) {
        None => map.keys().try_for_each(|key| limits::check_placeholder(parameter, key)).map(|()| Some(map)),
        Some(wrong) => Err(invalid(format!("{parameter} contains invalid key: Syntax error; key: \"{wrong}\""))),
    }
}

fn read_name((key, name): (&String, &Value)) -> Result<(String, String), Failure> {
    let name = name.as_str().ok_or_else(not_a_string)?;
    super::super::value::check_name(name).map(|()| (key.clone(), name.to_owned()))
}

fn read_value((key, value): (&String, &Value)) -> Result<(String, AttributeValue), Failure> {
    let read = super::super::item::read_value(value).map_err(|failure| match failure.error.code.as_str() {
        "ValidationException" => invalid(format!(
            "ExpressionAttributeValues contains invalid value: {} for key {key}",
            failure.error.message
        )),
        _ => failure,
    });
    Ok((key.clone(), read?))
}

fn not_a_string() -> Failure {
    Failure::new("SerializationException", "Unexpected field type")
}
