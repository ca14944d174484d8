//! The ARNs a run creates and changes. Such resources may be unknown in parts of AWS for a while.

use crate::aws::AwsError;
use crate::plan::{Action, Change, Plan};
use crate::template::Attributes;

/// The ARNs of the stack's resources that are not deleted. Existing ones are included: an interrupted run may have
/// created them a moment ago.
#[derive(Debug)]
pub(super) struct StackArns(Vec<String>);

impl StackArns {
    pub(super) fn of(plan: &Plan) -> Self {
        let staying = plan.changes.iter().filter(|change| change.action != Action::Delete);
        Self(staying.flat_map(|change| arns_of(&change.desired.attributes)).collect())
    }

    /// Whether an error during a change may concern one of them: it names no ARN, or one of these. The absence of a
    /// resource that is being deleted is excluded.
    pub(super) fn may_concern(&self, change: &Change, error: &AwsError) -> bool {
        if change.action == Action::Delete && error.says_absent() {
            return false;
        }
        let mut named = arns_in(&error.message).peekable();
        named.peek().is_none() || named.any(|arn| self.0.iter().any(|own| arn.starts_with(own.as_str())))
    }
}

fn arns_of(attributes: &Attributes) -> impl Iterator<Item = String> {
    let texts = attributes.attributes.values().chain([&attributes.reference]);
    // Messages omit the `:*` at the end of a log group's ARN.
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
    fn an_error_about_a_foreign_arn_does_not_concern_the_stack() {
        const ROLE: &str = "arn:aws:iam::123456789012:role/devops-role";
        let mut role = desired("Role", []);
        role.attributes.attributes = BTreeMap::from([("Arn", ROLE.to_owned())]);
        let plan = Plan::up(&stack(vec![role]), &Observations::default(), &RULES).unwrap();
        let (arns, change) = (StackArns::of(&plan), plan.changes.first().unwrap());
        for (message, meant) in [
            ("The role with name devops-role cannot be found.".to_owned(), true),
            (format!("Role {ROLE} cannot be found."), true),
            (format!("Role (\"{ROLE}\")."), true),
            ("Policy arn:aws:iam::123456789012:policy/limits does not exist or is not attachable.".to_owned(), false),
        ] {
            let error = AwsError::new("iam:PutRolePolicy", "NoSuchEntity", message.as_str());
            assert_eq!(arns.may_concern(change, &error), meant, "{message}");
        }
        let gone = Change { action: Action::Delete, ..change.clone() };
        assert!(!arns.may_concern(&gone, &AwsError::new("iam:DeleteRole", "NoSuchEntity", "")));
        assert!(arns.may_concern(&gone, &AwsError::new("dynamodb:DeleteTable", "ResourceInUseException", "")));
    }
}
