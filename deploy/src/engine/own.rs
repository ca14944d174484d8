//! What a run works on: what it makes and changes, AWS does not know everywhere for a while.

use crate::aws::AwsError;
use crate::plan::{Action, Change, Plan};
use crate::template::Attributes;

/// The ARNs of what is of the stack and stays. What a run finds is among it: one that was cut off may have made it a
/// moment ago.
#[derive(Debug)]
pub(super) struct Own(Vec<String>);

impl Own {
    pub(super) fn of(plan: &Plan) -> Self {
        let staying = plan.changes.iter().filter(|change| change.action != Action::Delete);
        Self(staying.flat_map(|change| arns_of(&change.desired.attributes)).collect())
    }

    /// Whether an error met while a change is carried out can be about what is the stack's: it names no ARN, or one of
    /// those. That what is to be deleted is absent is no such error.
    pub(super) fn is_meant(&self, change: &Change, error: &AwsError) -> bool {
        if change.action == Action::Delete && error.says_absent() {
            return false;
        }
        let mut named = arns_in(&error.message).peekable();
        named.peek().is_none() || named.any(|arn| self.0.iter().any(|own| arn.starts_with(own.as_str())))
    }
}

fn arns_of(attributes: &Attributes) -> impl Iterator<Item = String> {
    let texts = attributes.attributes.values().chain([&attributes.reference]);
    // The ARN of a log group has an ending that AWS leaves out in messages.
    texts.filter(|text| text.starts_with("arn:")).map(|arn| arn.trim_end_matches(":*").to_owned())
}

fn arns_in(message: &str) -> impl Iterator<Item = &str> {
    let words = message.split(|sign: char| sign.is_whitespace() || "()[]\"'`,;".contains(sign));
    words.filter_map(|word| word.find("arn:").map(|start| word[start..].trim_end_matches(['.', ':'])))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::tests::desired;
    use crate::plan::{Observations, tests::stack};
    use crate::resources::RULES;

    #[test]
    fn an_error_that_names_something_else_is_not_about_the_stack() {
        const ROLE: &str = "arn:aws:iam::123456789012:role/devops-role";
        let mut role = desired("Role", []);
        role.attributes.attributes = BTreeMap::from([("Arn", ROLE.to_owned())]);
        let plan = Plan::up(&stack(vec![role]), &Observations::default(), &RULES).unwrap();
        let (own, change) = (Own::of(&plan), plan.changes.first().unwrap());
        for (message, meant) in [
            ("The role with name devops-role cannot be found.".to_owned(), true),
            (format!("Role {ROLE} cannot be found."), true),
            (format!("Role (\"{ROLE}\")."), true),
            ("Policy arn:aws:iam::123456789012:policy/limits does not exist or is not attachable.".to_owned(), false),
        ] {
            let error = AwsError::new("iam:PutRolePolicy", "NoSuchEntity", message.as_str());
            assert_eq!(own.is_meant(change, &error), meant, "{message}");
        }
        let gone = Change { action: Action::Delete, ..change.clone() };
        assert!(!own.is_meant(&gone, &AwsError::new("iam:DeleteRole", "NoSuchEntity", "")));
        assert!(own.is_meant(&gone, &AwsError::new("dynamodb:DeleteTable", "ResourceInUseException", "")));
    }
}
