//! The permissions a deployer needs: the calls the commands were observed to make, as an IAM policy.
//!
//! A test records the calls and proves that they suffice and that none is superfluous. Other tests compare
//! them with every call in the source, and with the resource types that IAM has for each action, so the list
//! cannot rot. `templates/deployer-calls.json` holds it; `UPDATE_DOCS=1` regenerates it.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use incident_deploy::template::Place;

/// The condition key that limits `iam:PassRole`.
pub const PASSED_TO_SERVICE: &str = "iam:PassedToService";
/// The condition key that limits changes of event source mappings, whose ARNs do not name the stack (AWS Lambda's
/// guide, "Fine-tuning the Resources and Conditions sections of policies").
pub const OF_FUNCTION: &str = "lambda:FunctionArn";

const RECORDED: &str = include_str!("../templates/deployer-calls.json");
const PASS_ROLE: &str = "iam:PassRole";
const LAMBDA: &str = "lambda.amazonaws.com";
/// The actions that [`OF_FUNCTION`] limits. Not `GetEventSourceMapping`: CloudFormation asks with it until a mapping is
/// gone, and what is gone has no function.
const ON_MAPPINGS: [&str; 3] =
    ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"];

/// Actions and their resources, with variables in place of stack, account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeployerPolicy {
    calls: BTreeMap<String, BTreeSet<String>>,
}

/// A policy for one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    statements: Vec<Statement>,
}

/// One statement; it allows every action on every resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// An action such as `lambda:GetFunction`.
    pub action: Vec<String>,
    /// ARNs with wildcards.
    pub resource: Vec<String>,
    /// What limits it beyond its resources.
    pub condition: Option<Condition>,
}

/// What a request must be about, besides its resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// IAM's operator, such as `StringEquals`.
    pub operator: &'static str,
    /// The key of the request's context.
    pub key: &'static str,
    /// The value, of which an ARN may have wildcards.
    pub value: String,
}

impl Condition {
    /// The condition on an action in a place, if it has one.
    fn of(action: &str, place: &Place) -> Option<Self> {
        if action == PASS_ROLE {
            return Some(Self { operator: "StringEquals", key: PASSED_TO_SERVICE, value: LAMBDA.to_owned() });
        }
        let functions = || place.arn("lambda", &format!("function:{}-*", place.stack));
        let is_on_mappings = ON_MAPPINGS.contains(&action);
        is_on_mappings.then(|| Self { operator: "ArnLike", key: OF_FUNCTION, value: functions() })
    }
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
    pub fn of<'a>(needs: impl IntoIterator<Item = (&'a str, &'a str)>, place: &Place) -> Self {
        let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (action, arn) in needs {
            calls.entry(action.to_owned()).or_default().insert(pattern(arn, place));
        }
        Self { calls }
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

    /// The policy for a place: actions on the same resources share a statement.
    pub fn document(&self, place: &Place) -> PolicyDocument {
        let mut by_resources: BTreeMap<(Option<Condition>, Vec<String>), Vec<String>> = BTreeMap::new();
        for (action, patterns) in &self.calls {
            let resources = patterns.iter().map(|pattern| filled(pattern, place)).collect();
            by_resources.entry((Condition::of(action, place), resources)).or_default().push(action.clone());
        }
        let statements =
            by_resources.into_iter().map(|((condition, resource), action)| Statement { action, resource, condition });
        PolicyDocument { statements: statements.collect() }
    }
}

impl PolicyDocument {
    /// The statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The number of allowed actions.
    pub fn actions(&self) -> usize {
        self.statements.iter().map(|statement| statement.action.len()).sum()
    }

    /// The policy as JSON, for IAM.
    pub fn json(&self) -> Value {
        json!({"Version": "2012-10-17", "Statement": self.statements.iter().map(Statement::json).collect::<Value>()})
    }

    /// The policy as indented JSON, for people.
    pub fn pretty(&self) -> String {
        format!("{:#}", self.json())
    }
}

impl Statement {
    fn json(&self) -> Value {
        let mut statement = json!({"Effect": "Allow", "Action": self.action, "Resource": self.resource});
        if let Some(Condition { operator, key, value }) = &self.condition {
            statement["Condition"] = json!({*operator: {*key: value}});
        }
        statement
    }
}

/// An ARN with variables in place of what differs between deployments. Names that start with the stack's become a
/// wildcard over all of them: the next version may add one.
fn pattern(arn: &str, place: &Place) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, region, account, resource] = parts[..] else { return arn.to_owned() };
    if service == "s3" {
        return format!("arn:${{Partition}}:s3:::{}", stored(resource, place));
    }
    let variable = |value: &str, is: &str, name: &str| if value == is { name.to_owned() } else { value.to_owned() };
    let region = variable(region, &place.region, "${Region}");
    let account = variable(account, &place.account, "${Account}");
    format!("arn:${{Partition}}:{service}:{region}:{account}:{}", named(resource, &place.stack))
}

/// The bucket for the code is named after account and region, and has a folder per stack.
fn stored(resource: &str, place: &Place) -> String {
    let (bucket, folder) = match resource.split_once('/') {
        Some((bucket, _)) => (bucket, "/${Stack}/*"),
        None => (resource, ""),
    };
    let bucket = bucket.replace(&place.account, "${Account}").replace(&place.region, "${Region}");
    format!("{bucket}{folder}")
}

/// `function:devops-incident-handler:$LATEST` becomes `function:${Stack}-*`; table indexes stay separate. AWS draws the
/// ids of event source mappings.
fn named(resource: &str, stack: &str) -> String {
    if resource.starts_with("event-source-mapping:") {
        return "event-source-mapping:*".to_owned();
    }
    if resource.starts_with(&format!("stack/{stack}/")) {
        return "stack/${Stack}/*".to_owned();
    }
    let Some((kind, _)) = resource.split_once(&format!("{stack}-")) else { return resource.to_owned() };
    let index = if resource.contains("/index/") { "/index/*" } else { "" };
    format!("{kind}${{Stack}}-*{index}")
}

fn filled(pattern: &str, place: &Place) -> String {
    pattern
        .replace("${Partition}", place.partition.name)
        .replace("${Region}", &place.region)
        .replace("${Account}", &place.account)
        .replace("${Stack}", &place.stack)
}
