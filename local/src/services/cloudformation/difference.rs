//! What an update changes, resource by resource.

use serde_json::{Map, Value, json};

use super::provisioner::{Provisioner, Resource};
use super::stack::{Member, Stack};
use crate::Output;

/// What happens to a resource.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Difference {
    Add(Resource),
    Modify(Box<Modification>),
    Remove(Member),
}

/// A resource whose properties change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Modification {
    pub(super) before: Member,
    pub(super) after: Resource,
    /// Names of the properties that differ.
    pub(super) properties: Vec<String>,
    /// The property that takes a new resource, if such a one differs.
    pub(super) replaces: Option<String>,
}

/// What turns a stack into what it should be, by logical id.
pub(super) fn differences(stack: &Stack, wanted: &[Resource], provisioner: &dyn Provisioner) -> Vec<Difference> {
    let existing = |id: &str| stack.members.get(id).filter(|member| member.exists);
    let mut differences: Vec<Difference> = wanted
        .iter()
        .filter_map(|after| match existing(&after.logical_id) {
            None => Some(Difference::Add(after.clone())),
            Some(before) => modification(before, after, provisioner).map(|found| Difference::Modify(Box::new(found))),
        })
        .collect();
    let gone = stack.members.values().filter(|member| {
        member.exists && wanted.iter().all(|resource| resource.logical_id != member.resource.logical_id)
    });
    differences.extend(gone.cloned().map(Difference::Remove));
    differences.sort_by(|left, right| left.logical_id().cmp(right.logical_id()));
    differences
}

fn modification(before: &Member, after: &Resource, provisioner: &dyn Provisioner) -> Option<Modification> {
    let properties = changed(&before.resource.properties, &after.properties);
    let other_type = before.resource.resource_type != after.resource_type;
    let other_policy = before.resource.retain != after.retain;
    if properties.is_empty() && !other_type && !other_policy {
        return None;
    }
    let replaces = match other_type {
        true => Some("Type".to_owned()),
        false => provisioner.replacement(&before.resource, after),
    };
    Some(Modification { before: before.clone(), after: after.clone(), properties, replaces })
}

/// Names of the properties that differ, sorted.
fn changed(before: &Value, after: &Value) -> Vec<String> {
    let none = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
    let mut names: Vec<String> = before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)))
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    names.sort();
    names
}

impl Difference {
    fn logical_id(&self) -> &str {
        match self {
            Self::Add(resource) => &resource.logical_id,
            Self::Modify(modification) => &modification.after.logical_id,
            Self::Remove(member) => &member.resource.logical_id,
        }
    }

    /// The change as `DescribeChangeSet` shows it.
    pub(super) fn output(&self, with_values: bool) -> Output {
        let change = match self {
            Self::Add(resource) => Output::structure([
                ("Action", Some("Add".into())),
                ("LogicalResourceId", Some(resource.logical_id.as_str().into())),
                ("ResourceType", Some(resource.resource_type.as_str().into())),
                ("Scope", Some(Output::List(Vec::new()))),
                ("Details", Some(Output::List(Vec::new()))),
                ("AfterContext", with_values.then(|| context(resource))),
            ]),
            Self::Remove(member) => Output::structure([
                ("PolicyAction", Some(policy(&member.resource).into())),
                ("Action", Some("Remove".into())),
                ("LogicalResourceId", Some(member.resource.logical_id.as_str().into())),
                ("PhysicalResourceId", Some(member.physical_id.as_str().into())),
                ("ResourceType", Some(member.resource.resource_type.as_str().into())),
                ("Scope", Some(Output::List(Vec::new()))),
                ("Details", Some(Output::List(Vec::new()))),
                ("BeforeContext", with_values.then(|| context(&member.resource))),
            ]),
            Self::Modify(modification) => modification.output(with_values),
        };
        Output::structure([("Type", Some("Resource".into())), ("ResourceChange", Some(change))])
    }
}

impl Modification {
    fn output(&self, with_values: bool) -> Output {
        let mut scope = Vec::new();
        if self.properties.iter().any(|name| name != "Tags") {
            scope.push("Properties");
        }
        if self.properties.iter().any(|name| name == "Tags") {
            scope.push("Tags");
        }
        let details = self.properties.iter().map(|name| self.detail(name, with_values));
        Output::structure([
            ("PolicyAction", self.replaces.as_ref().map(|_| format!("ReplaceAnd{}", policy(&self.after)).into())),
            ("Action", Some("Modify".into())),
            ("LogicalResourceId", Some(self.after.logical_id.as_str().into())),
            ("PhysicalResourceId", Some(self.before.physical_id.as_str().into())),
            ("ResourceType", Some(self.after.resource_type.as_str().into())),
            ("Replacement", Some(if self.replaces.is_some() { "True" } else { "False" }.into())),
            ("Scope", Some(Output::list(scope))),
            ("Details", Some(Output::List(details.collect()))),
            ("BeforeContext", with_values.then(|| context(&self.before.resource))),
            ("AfterContext", with_values.then(|| context(&self.after))),
        ])
    }

    fn detail(&self, name: &str, with_values: bool) -> Output {
        let recreates = match self.replaces.as_deref().and_then(|path| path.split(['.', '[']).next()) {
            Some(property) if property == name => "Always",
            _ => "Never",
        };
        let (before, after) = (self.before.resource.properties.get(name), self.after.properties.get(name));
        let kind = match (before, after) {
            (None, _) => "Add",
            (_, None) => "Remove",
            _ => "Modify",
        };
        let value = |value: Option<&Value>| value.filter(|_| with_values).map(|value| plain(value).into());
        let is_tags = name == "Tags";
        let target = Output::structure([
            ("Attribute", Some(if is_tags { "Tags" } else { "Properties" }.into())),
            ("Name", (!is_tags).then(|| name.into())),
            ("RequiresRecreation", Some(recreates.into())),
            ("Path", with_values.then(|| format!("/Properties/{name}").into())),
            ("BeforeValue", value(before)),
            ("AfterValue", value(after)),
            ("AttributeChangeType", with_values.then(|| kind.into())),
        ]);
        Output::structure([
            ("Target", Some(target)),
            ("Evaluation", Some("Static".into())),
            ("ChangeSource", Some("DirectModification".into())),
        ])
    }
}

fn policy(resource: &Resource) -> &'static str {
    if resource.retain { "Retain" } else { "Delete" }
}

fn context(resource: &Resource) -> Output {
    json!({"Properties": resource.properties}).to_string().into()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
