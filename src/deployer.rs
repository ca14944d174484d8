//! The permissions a deployer needs: the calls the commands were observed to make, as an IAM policy.
//!
//! A test records the calls and proves that they suffice and that none is superfluous. Other tests compare
//! them with every call in the source, and with the resource types that IAM has for each action, so the list
//! cannot rot. `templates/deployer-calls.json` holds it; `UPDATE_DOCS=1` regenerates it.

pub mod boundary;
mod document;
mod names;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use incident_deploy::template::{Place, TemplateError};

pub use document::{Condition, Effect, INLINE_POLICY_LIMIT, MANAGED_POLICY_LIMIT, PolicyDocument, Statement};
use names::StackNames;
use pattern::{filled, patterns};

/// The condition key that limits `iam:PassRole`.
pub const PASSED_TO_SERVICE: &str = "iam:PassedToService";
/// The condition key that limits changes of event source mappings, whose ARNs do not name the stack (AWS Lambda's
/// guide, "Fine-tuning the Resources and Conditions sections of policies").
pub const OF_FUNCTION: &str = "lambda:FunctionArn";

const RECORDED: &str = include_str!("../templates/deployer-calls.json");
const PASS_ROLE: &str = "iam:PassRole";
const LAMBDA: &str = "lambda.amazonaws.com";
const ROLES: &str = "arn:${Partition}:iam::${Account}:role/${Role}";
const FUNCTIONS: &str = "arn:${Partition}:lambda:${Region}:${Account}:function:${Function}";
/// The actions that [`OF_FUNCTION`] limits, and how. CloudFormation gets a mapping until it is gone, and what is gone has no
/// function.
const ON_MAPPINGS: [(&str, &str); 4] = [
    ("lambda:CreateEventSourceMapping", "ArnEquals"),
    ("lambda:DeleteEventSourceMapping", "ArnEquals"),
    ("lambda:GetEventSourceMapping", "ArnEqualsIfExists"),
    ("lambda:UpdateEventSourceMapping", "ArnEquals"),
];

/// Actions and their resources, with variables in place of the account, the region and the stack's names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeployerPolicy {
    calls: BTreeMap<String, BTreeSet<String>>,
}

impl DeployerPolicy {
    /// The calls recorded when this program was built.
    ///
    /// # Errors
    /// Never, unless the recorded file was edited by hand.
    pub fn recorded() -> Result<Self, serde_json::Error> {
        serde_json::from_str(RECORDED)
    }

    /// From the permissions that calls in a place needed: pairs of action and ARN.
    ///
    /// # Errors
    /// Never, unless the template in this program is invalid.
    pub fn of<'a>(needs: impl IntoIterator<Item = (&'a str, &'a str)>, place: &Place) -> Result<Self, TemplateError> {
        let names = StackNames::of(place)?;
        let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (action, arn) in needs {
            calls.entry(action.to_owned()).or_default().extend(patterns(arn, place, &names));
        }
        Ok(Self { calls })
    }

    /// The same policy without one action.
    #[must_use]
    pub fn without(&self, action: &str) -> Self {
        let mut calls = self.calls.clone();
        calls.remove(action);
        Self { calls }
    }

    /// The allowed actions.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.calls.keys().map(String::as_str)
    }

    /// The policy for a place, with every name in full. With the ARN of a permissions boundary, roles can only be made
    /// and given policies under it, and it cannot be taken off.
    ///
    /// # Errors
    /// Never, unless the template in this program is invalid.
    pub fn document(&self, place: &Place, boundary: Option<&str>) -> Result<PolicyDocument, TemplateError> {
        let names = StackNames::of(place)?;
        let mut statements = Vec::new();
        if let Some(boundary) = boundary {
            statements.extend(boundary::denials(filled(ROLES, place, &names), boundary));
        }
        statements.extend(self.by_actions(place, &names, boundary).into_iter().map(
            |((condition, action), patterns)| {
                let resource = patterns.iter().flat_map(|pattern| filled(pattern, place, &names)).collect();
                let action = action.into_iter().map(str::to_owned).collect();
                Statement { effect: Effect::Allow, action, resource, condition }
            },
        ));
        Ok(PolicyDocument { statements })
    }

    /// The patterns by condition and actions. Actions on the same resources share a statement.
    fn by_actions(
        &self,
        place: &Place,
        names: &StackNames,
        boundary: Option<&str>,
    ) -> BTreeMap<(Option<Condition>, Vec<&str>), Vec<&str>> {
        let mut by_pattern: BTreeMap<(Option<Condition>, &str), Vec<&str>> = BTreeMap::new();
        let calls = self.calls.iter().filter(|(action, _)| boundary.is_none() || *action != boundary::UNBINDING);
        for (action, patterns) in calls {
            let of_boundary = boundary.and_then(|boundary| boundary::condition(action, boundary));
            let condition = of_boundary.or_else(|| condition(action, place, names));
            for pattern in patterns.iter().filter(|pattern| !is_covered(pattern, patterns)) {
                by_pattern.entry((condition.clone(), pattern)).or_default().push(action);
            }
        }
        let mut by_actions: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for ((condition, pattern), actions) in by_pattern {
            by_actions.entry((condition, actions)).or_default().push(pattern);
        }
        by_actions
    }
}

/// The condition on an action in a place, if it has one.
fn condition(action: &str, place: &Place, names: &StackNames) -> Option<Condition> {
    if action == PASS_ROLE {
        let values = vec![LAMBDA.to_owned()];
        return Some(Condition { operator: "StringEquals", key: PASSED_TO_SERVICE, values });
    }
    let (_, operator) = ON_MAPPINGS.into_iter().find(|(one, _)| *one == action)?;
    Some(Condition { operator, key: OF_FUNCTION, values: filled(FUNCTIONS, place, names) })
}

/// Whether another of an action's patterns has a wildcard that covers this one: alarms are also listed by prefix.
fn is_covered(pattern: &str, patterns: &BTreeSet<String>) -> bool {
    let covers = |other: &String| other.strip_suffix('*').is_some_and(|start| pattern.starts_with(start));
    patterns.iter().any(|other| other != pattern && covers(other))
}
