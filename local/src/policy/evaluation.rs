//! Evaluates a policy against a need.

use super::document::{PrincipalEntry, Principals, Statement};
use super::{Decision, Need, Requester, pattern};
use crate::Principal;
use crate::arn::Arn;

/// A request's condition keys: the need's, and those derived from the requester.
pub(super) struct Context<'a> {
    requester: &'a Requester,
    need: &'a Need,
}

impl<'a> Context<'a> {
    pub(super) fn new(requester: &'a Requester, need: &'a Need) -> Self {
        Self { requester, need }
    }

    /// A key's values; none when absent.
    pub(super) fn values(&self, key: &str) -> Vec<String> {
        let given = self.need.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        if let Some((_, values)) = given {
            return values.clone();
        }
        match key.to_ascii_lowercase().as_str() {
            "aws:principalarn" => self.requester.principal_arn().into_iter().collect(),
            "aws:principalaccount" => vec![self.requester.account.clone()],
            "aws:principaltype" => vec![self.requester.principal_type().to_owned()],
            "aws:currenttime" => vec![jiff::Timestamp::now().to_string()],
            "aws:epochtime" => vec![jiff::Timestamp::now().as_second().to_string()],
            "aws:principalisawsservice" => {
                vec![matches!(self.requester.principal, Principal::Service(_)).to_string()]
            }
            _ => Vec::new(),
        }
    }

    /// A policy variable's value: `${key}` or `${key, 'default'}`; `${*}`, `${?}` and `${$}` are those characters.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        if matches!(name, "*" | "?" | "$") {
            return Some(name.to_owned());
        }
        let (key, default) = match name.split_once(',') {
            Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\'').to_owned())),
            None => (name.trim(), None),
        };
        self.values(key).into_iter().next().or(default)
    }
}

impl Requester {
    /// The value of `aws:PrincipalArn`: the role, not its session.
    fn principal_arn(&self) -> Option<String> {
        match &self.principal {
            Principal::Root => Some(format!("arn:aws:iam::{}:root", self.account)),
            Principal::Role { role_name, .. } => Some(format!("arn:aws:iam::{}:role/{role_name}", self.account)),
            Principal::Service(_) | Principal::Anonymous => None,
        }
    }

    fn principal_type(&self) -> &'static str {
        match self.principal {
            Principal::Root => "Account",
            Principal::Role { .. } => "AssumedRole",
            Principal::Service(_) => "Service",
            Principal::Anonymous => "Anonymous",
        }
    }
}

/// Any applicable `Deny` wins over any `Allow`.
pub(super) fn evaluate(statements: &[Statement], requester: &Requester, need: &Need) -> Decision {
    let context = Context::new(requester, need);
    let mut decision = Decision::NoMatch;
    for statement in statements.iter().filter(|statement| statement.applies(requester, need, &context)) {
        match statement.effect {
            Decision::Deny => return Decision::Deny,
            effect => decision = effect,
        }
    }
    decision
}

impl Statement {
    fn applies(&self, requester: &Requester, need: &Need, context: &Context<'_>) -> bool {
        let action = self.actions.patterns.iter().any(|action| pattern::matches_ignoring_case(action, &need.action));
        if action == self.actions.negated {
            return false;
        }
        if let Some(resources) = &self.resources
            && pattern::names_resource(&resources.patterns, need, context) == resources.negated
        {
            return false;
        }
        if let Some(principals) = &self.principals
            && !principals.include(requester)
        {
            return false;
        }
        self.conditions.iter().all(|condition| condition.holds(context))
    }
}

impl Principals {
    fn include(&self, requester: &Requester) -> bool {
        self.entries.iter().any(|entry| entry.names(requester)) != self.negated
    }
}

impl PrincipalEntry {
    fn names(&self, requester: &Requester) -> bool {
        match (self, &requester.principal) {
            (Self::Everyone, _) => true,
            (Self::Service(name), Principal::Service(service)) => name == service,
            (Self::Aws(name), Principal::Root) => names_account(name, &requester.account),
            (Self::Aws(name), Principal::Role { role_name, session_arn }) => {
                names_account(name, &requester.account)
                    || name == session_arn
                    || names_role(name, &requester.account, role_name)
            }
            _ => false,
        }
    }
}

/// The account as principal stands for every identity in it whose own policies allow the call.
fn names_account(name: &str, account: &str) -> bool {
    name == account
        || Arn::parse(name).is_some_and(|arn| arn.service == "iam" && arn.account == account && arn.resource == "root")
}

/// A role's ARN has its path before its name; the name alone identifies it.
fn names_role(name: &str, account: &str, role_name: &str) -> bool {
    Arn::parse(name).is_some_and(|arn| {
        arn.service == "iam"
            && arn.account == account
            && arn.resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next()) == Some(role_name)
    })
}
