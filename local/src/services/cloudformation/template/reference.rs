//! Names that stand for something that is nowhere.

use std::collections::BTreeSet;

use super::Template;
use super::error::{Broken, format_error};
use super::node::{Function, Node};

/// The pseudo parameters that can be referred to.
pub(super) const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Names in a value, by what they have to be.
#[derive(Debug, Default)]
struct Names {
    /// Of parameters, pseudo parameters or resources.
    references: BTreeSet<String>,
    resources: BTreeSet<String>,
    conditions: BTreeSet<String>,
}

impl Template {
    /// Checks that every name stands for something, whichever way conditions turn out.
    pub(super) fn check_references(&self) -> Result<(), Broken> {
        let mut names = Names::default();
        for body in self.resources.values() {
            body.properties.values().for_each(|node| names.collect(node));
            names.resources.extend(body.depends_on.iter().cloned());
            names.conditions.extend(body.condition.iter().cloned());
        }
        self.check(&names, "Resources")?;
        let mut names = Names::default();
        for output in self.outputs.values() {
            names.collect(&output.value);
            names.conditions.extend(output.condition.iter().cloned());
        }
        self.check(&names, "Outputs")?;
        let mut names = Names::default();
        self.conditions.values().for_each(|node| names.collect_condition(node));
        let of_resources = names.references.iter().filter(|name| !self.is_parameter(name)).chain(&names.resources);
        let of_resources: Vec<&str> = of_resources.map(String::as_str).collect();
        if !of_resources.is_empty() {
            return Err(format_error(format_args!(
                "Unresolved dependencies [{}]. Cannot reference resources in the Conditions block of the template",
                of_resources.join(", ")
            )));
        }
        self.check(&names, "Conditions")
    }

    fn check(&self, names: &Names, block: &str) -> Result<(), Broken> {
        let unknown =
            names.references.iter().filter(|name| !self.is_parameter(name) && !self.resources.contains_key(*name));
        let unknown = unknown.chain(names.resources.iter().filter(|name| !self.resources.contains_key(*name)));
        let unknown: BTreeSet<&str> = unknown.map(String::as_str).collect();
        if !unknown.is_empty() {
            return Err(unresolved(unknown, block));
        }
        match names.conditions.iter().find(|name| !self.conditions.contains_key(*name)) {
            Some(name) => Err(format_error(format_args!(
                "Unresolved condition dependency {name} in the {block} block of the template"
            ))),
            None => Ok(()),
        }
    }

    fn is_parameter(&self, name: &str) -> bool {
        self.parameters.contains_key(name) || PSEUDO.contains(&name)
    }
}

/// References to resources that are not there.
pub(super) fn unresolved<'a>(names: impl IntoIterator<Item = &'a str>, block: &str) -> Broken {
    let names: Vec<&str> = names.into_iter().collect();
    format_error(format_args!(
        "Unresolved resource dependencies [{}] in the {block} block of the template",
        names.join(", ")
    ))
}

impl Names {
    fn collect(&mut self, node: &Node) {
        match node {
            Node::Scalar(_) => {}
            Node::List(elements) => elements.iter().for_each(|element| self.collect(element)),
            Node::Map(members) => members.values().for_each(|member| self.collect(member)),
            Node::Function(function, argument) => self.collect_function(*function, argument),
        }
    }

    /// Like a value, but `Condition` names a condition.
    fn collect_condition(&mut self, node: &Node) {
        match node {
            Node::Map(members) => match named_condition(node) {
                Some(name) => _ = self.conditions.insert(name),
                None => members.values().for_each(|member| self.collect_condition(member)),
            },
            Node::Function(Function::And | Function::Or | Function::Not, argument) => {
                argument.elements().unwrap_or_default().iter().for_each(|element| self.collect_condition(element));
            }
            other => self.collect(other),
        }
    }

    fn collect_function(&mut self, function: Function, argument: &Node) {
        let first = || argument.elements().and_then(|elements| elements.first()?.scalar_text());
        match function {
            Function::Ref => self.references.extend(argument.scalar_text()),
            Function::Condition => self.conditions.extend(argument.scalar_text()),
            Function::GetAtt => self.resources.extend(first()),
            Function::Sub => self.collect_substitution(argument),
            Function::If => {
                self.conditions.extend(first());
                argument.elements().unwrap_or_default().iter().skip(1).for_each(|branch| self.collect(branch));
            }
            _ => self.collect(argument),
        }
    }

    fn collect_substitution(&mut self, argument: &Node) {
        let (text, own) = match argument {
            Node::List(parts) => (parts.first(), parts.get(1).and_then(Node::members)),
            text => (Some(text), None),
        };
        own.into_iter().flat_map(|own| own.values()).for_each(|value| self.collect(value));
        let text = text.and_then(Node::scalar_text).unwrap_or_default();
        for name in placeholders(&text).filter(|name| own.is_none_or(|own| !own.contains_key(*name))) {
            match name.split_once('.') {
                Some((resource, _)) => self.resources.insert(resource.to_owned()),
                None => self.references.insert(name.to_owned()),
            };
        }
    }
}

/// The condition that `{"Condition": "Name"}` names.
pub(super) fn named_condition(node: &Node) -> Option<String> {
    let members = node.members().filter(|members| members.len() == 1)?;
    members.get("Condition")?.scalar_text()
}

/// The names in `${…}`; `${!Literal}` is none.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name.trim()));
    inner.filter(|name| !name.starts_with('!'))
}
