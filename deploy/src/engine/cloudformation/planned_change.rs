//! The changes that CloudFormation announces, merged into the plan from live reads.
//!
//! A change set compares the template with CloudFormation's own record, the plan with what exists. A difference that
//! only the plan contains is drift, which CloudFormation does not repair.

use aws_sdk_cloudformation::types::{EvaluationType, Replacement, RequiresRecreation, ResourceChange};

use super::event_log::unplanned;
use crate::plan::{Action, Cause, Change, Plan, PropertyChange, holds_data};

/// A change announced by CloudFormation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedChange {
    /// The resource's name in the template.
    pub logical_id: String,
    resource_type: String,
    action: Action,
    /// Whether the change is certain, rather than conditional on another change.
    certain: bool,
    /// The properties, tags or metadata that differ.
    targets: Vec<String>,
    /// The property that forces a replacement.
    replacing: Option<String>,
}

impl PlannedChange {
    /// Reads an entry of a change set; `None` for one that changes nothing in AWS.
    pub(super) fn read(change: &ResourceChange) -> Option<Self> {
        let replaces = change.replacement() == Some(&Replacement::True);
        let action = match change.action()?.as_str() {
            "Add" => Action::Create,
            "Remove" => Action::Delete,
            "Modify" if replaces => Action::Replace,
            "Modify" | "Dynamic" => Action::Update,
            _ => return None,
        };
        let targets = || change.details().iter().filter_map(|detail| detail.target());
        let name = |target: &aws_sdk_cloudformation::types::ResourceTargetDefinition| {
            let attribute = target.attribute().map(|attribute| attribute.as_str().to_owned());
            target.name().map(str::to_owned).or(attribute)
        };
        let always = targets().find(|target| target.requires_recreation() == Some(&RequiresRecreation::Always));
        let mut names: Vec<String> = targets().filter_map(name).collect();
        names.dedup();
        Some(Self {
            logical_id: change.logical_resource_id()?.to_owned(),
            resource_type: change.resource_type().unwrap_or_default().to_owned(),
            action,
            certain: action != Action::Update
                || change.details().iter().any(|detail| detail.evaluation() == Some(&EvaluationType::Static)),
            targets: names,
            replacing: always.and_then(name).filter(|_| replaces),
        })
    }
}

/// Completes a plan with what only CloudFormation knows: replacements, resources that only its record has, and
/// removals.
pub fn lay_over(plan: &mut Plan, planned: &[PlannedChange]) {
    for one in planned.iter().filter(|one| one.certain) {
        match plan.changes.iter_mut().find(|change| change.logical_id == one.logical_id) {
            Some(change) => complete(change, one),
            None => plan.changes.push(unplanned(&one.logical_id, &one.resource_type, one.action)),
        }
    }
}

fn complete(change: &mut Change, planned: &PlannedChange) {
    if planned.action == Action::Replace && change.action != Action::Create {
        let property = planned.replacing.clone().unwrap_or_else(|| "its definition".to_owned());
        change.cause = Some(Cause::Replacement { property });
        change.action = Action::Replace;
        change.data_loss = holds_data(&change.desired);
    } else if change.action == Action::None {
        change.cause = Some(Cause::Template);
        change.action = planned.action;
        // Reality already matches: CloudFormation only updates its record.
        let noted = |path: &String| {
            let value = change.desired.properties.get(path).cloned().unwrap_or_default();
            PropertyChange { path: path.clone(), before: value.clone(), after: value }
        };
        change.properties = planned.targets.iter().map(noted).collect();
    }
}

/// The changes that CloudFormation does not see.
pub fn unseen(plan: &Plan, planned: &[PlannedChange]) -> Plan {
    let unseen = |change: &&Change| {
        change.action != Action::None && planned.iter().all(|one| one.logical_id != change.logical_id)
    };
    Plan { changes: plan.changes.iter().filter(unseen).cloned().collect(), leftovers: Vec::new() }
}

/// The changes that CloudFormation makes: all but the unseen ones.
pub fn seen(plan: &Plan, planned: &[PlannedChange]) -> Plan {
    let only_seen = |change: &Change| match planned.iter().any(|one| one.logical_id == change.logical_id) {
        true => change.clone(),
        false => Change { action: Action::None, ..change.clone() },
    };
    Plan { changes: plan.changes.iter().map(only_seen).collect(), leftovers: Vec::new() }
}

/// CloudFormation creates the replacement before it deletes the original, which a fixed name rules out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CloudFormation cannot replace {logical_id} ({resource_type}), whose name is fixed")]
pub struct NamedReplacement {
    /// The resource's name in the template.
    pub logical_id: String,
    /// `AWS::Service::Type`.
    pub resource_type: String,
}

/// The template's types whose resources need no unique name.
const NAMELESS: [&str; 5] = [
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

/// Rejects a replacement that would fail halfway.
///
/// # Errors
/// The first replacement of something with a fixed name.
pub fn refuse_replacement(planned: &[PlannedChange]) -> Result<(), NamedReplacement> {
    let is_named = |one: &&PlannedChange| !NAMELESS.contains(&one.resource_type.as_str());
    match planned.iter().filter(|one| one.action == Action::Replace).find(is_named) {
        None => Ok(()),
        Some(one) => {
            Err(NamedReplacement { logical_id: one.logical_id.clone(), resource_type: one.resource_type.clone() })
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use aws_sdk_cloudformation::types::{
        ChangeAction, ResourceAttribute, ResourceChangeDetail, ResourceTargetDefinition,
    };

    use super::*;

    /// A change set's entry for one resource, whose property `Name` differs.
    pub(in super::super) fn planned(id: &str, action: &str, certain: bool) -> PlannedChange {
        read(id, action, Replacement::False, certain)
    }

    fn read(id: &str, action: &str, replacement: Replacement, certain: bool) -> PlannedChange {
        let target = ResourceTargetDefinition::builder()
            .attribute(ResourceAttribute::Properties)
            .name("Name")
            .requires_recreation(RequiresRecreation::Always)
            .build();
        let evaluation = if certain { EvaluationType::Static } else { EvaluationType::Dynamic };
        let change = ResourceChange::builder()
            .logical_resource_id(id)
            .resource_type("AWS::X::Y")
            .action(ChangeAction::from(action))
            .replacement(replacement)
            .details(ResourceChangeDetail::builder().target(target).evaluation(evaluation).build())
            .build();
        PlannedChange::read(&change).unwrap_or_else(|| unreachable!("{change:?}"))
    }

    fn plan(changes: &[(&str, Action)]) -> Plan {
        let changes = changes.iter().map(|(id, action)| unplanned(id, "AWS::X::Y", *action));
        Plan { changes: changes.collect(), leftovers: Vec::new() }
    }

    #[test]
    fn the_plan_takes_over_what_only_cloudformation_knows() {
        let mut plan = plan(&[
            ("Replaced", Action::Update),
            ("Recorded", Action::None),
            ("Perhaps", Action::None),
            ("Drifted", Action::Update),
            ("Vanished", Action::Create),
        ]);
        let planned = [
            read("Replaced", "Modify", Replacement::True, true),
            planned("Recorded", "Modify", true),
            planned("Perhaps", "Modify", false),
            planned("Surplus", "Remove", true),
        ];
        lay_over(&mut plan, &planned);
        let found: Vec<_> = plan.changes.iter().map(|change| (change.logical_id.as_str(), change.action)).collect();
        assert_eq!(
            found,
            [
                ("Replaced", Action::Replace),
                ("Recorded", Action::Update),
                ("Perhaps", Action::None),
                ("Drifted", Action::Update),
                ("Vanished", Action::Create),
                ("Surplus", Action::Delete),
            ]
        );
        let cause = |id: &str| {
            plan.changes.iter().find(|change| change.logical_id == id)?.cause.as_ref().map(ToString::to_string)
        };
        assert_eq!(cause("Replaced").as_deref(), Some("replacement because Name changed"));
        assert_eq!(cause("Recorded").as_deref(), Some("template"));
        assert_eq!(cause("Surplus").as_deref(), Some("removed from template"));

        let drift: Vec<String> = unseen(&plan, &planned).changes.into_iter().map(|change| change.logical_id).collect();
        assert_eq!(drift, ["Drifted", "Vanished"]);
        assert_eq!(refuse_replacement(&planned).map_err(|error| error.logical_id), Err("Replaced".to_owned()));
    }
}
