//! Policy documents and their validation.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::{Decision, PolicyError};

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) effect: Decision,
    pub(super) principals: Option<Principals>,
    pub(super) actions: Patterns,
    pub(super) resources: Option<Patterns>,
    pub(super) conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Patterns {
    pub(super) negated: bool,
    pub(super) patterns: Vec<String>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Principals {
    pub(super) negated: bool,
    pub(super) entries: Vec<PrincipalEntry>,
}

/// One name in `Principal`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PrincipalEntry {
    /// `*`
    Everyone,
    /// An account id or ARN.
    Aws(String),
    /// A host name such as `lambda.amazonaws.com`.
    Service(String),
    /// A federated or canonical user: valid, but the local AWS has none.
    Other,
}

const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];
const STATEMENT_MEMBERS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Parses the statements of a document.
pub(super) fn statements(text: &str) -> Result<Vec<Statement>, PolicyError> {
    let document: Value = serde_json::from_str(text)
        .map_err(|_| PolicyError { message: "This policy contains invalid Json".to_owned() })?;
    let document = document.as_object().ok_or_else(PolicyError::syntax)?;
    if document.keys().any(|member| !["Version", "Id", "Statement"].contains(&member.as_str())) {
        return Err(PolicyError::syntax());
    }
    if let Some(version) = document.get("Version")
        && !version.as_str().is_some_and(|version| VERSIONS.contains(&version))
    {
        return Err(PolicyError::syntax());
    }
    let statements: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        Some(_) => return Err(PolicyError::syntax()),
        None => return Err(PolicyError::missing("Statement")),
    };
    if statements.is_empty() {
        return Err(PolicyError { message: "Policy document must contain at least one statement.".to_owned() });
    }
    reject_repeated_ids(&statements)?;
    statements.into_iter().map(statement).collect()
}

fn reject_repeated_ids(statements: &[&Value]) -> Result<(), PolicyError> {
    let mut ids: Vec<&str> = statements.iter().filter_map(|statement| statement.get("Sid")?.as_str()).collect();
    ids.sort_unstable();
    match ids.windows(2).any(|pair| pair[0] == pair[1] && !pair[0].is_empty()) {
        true => Err(PolicyError { message: "Statement IDs (SID) in a single policy must be unique.".to_owned() }),
        false => Ok(()),
    }
}

fn statement(value: &Value) -> Result<Statement, PolicyError> {
    let members = value.as_object().ok_or_else(PolicyError::syntax)?;
    if members.keys().any(|member| !STATEMENT_MEMBERS.contains(&member.as_str())) {
        return Err(PolicyError::syntax());
    }
    let effect = match members.get("Effect").map(Value::as_str) {
        Some(Some("Allow")) => Decision::Allow,
        Some(Some("Deny")) => Decision::Deny,
        Some(other) => {
            return Err(PolicyError { message: format!("Invalid effect: {}", other.unwrap_or_default()) });
        }
        None => return Err(PolicyError::missing("Effect")),
    };
    let actions = patterns(members, "Action", "NotAction")?.ok_or_else(|| PolicyError::missing("Action"))?;
    for action in actions.patterns.iter().filter(|action| *action != "*") {
        if !action.contains(':') {
            return Err(PolicyError {
                message: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned(),
            });
        }
    }
    Ok(Statement {
        effect,
        principals: principals(members)?,
        actions,
        resources: patterns(members, "Resource", "NotResource")?,
        conditions: members.get("Condition").map(Condition::parse_block).transpose()?.unwrap_or_default(),
    })
}

fn patterns(members: &Map<String, Value>, positive: &str, negative: &str) -> Result<Option<Patterns>, PolicyError> {
    let (negated, value) = match (members.get(positive), members.get(negative)) {
        (Some(_), Some(_)) => return Err(PolicyError::syntax()),
        (Some(value), None) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return Ok(None),
    };
    let patterns = texts(value)?;
    match patterns.is_empty() {
        true => Err(PolicyError { message: format!("Policy statement must contain {}s.", positive.to_lowercase()) }),
        false => Ok(Some(Patterns { negated, patterns })),
    }
}

fn principals(members: &Map<String, Value>) -> Result<Option<Principals>, PolicyError> {
    let (negated, value) = match (members.get("Principal"), members.get("NotPrincipal")) {
        (Some(_), Some(_)) => return Err(PolicyError::syntax()),
        (Some(value), None) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return Ok(None),
    };
    let entries = match value {
        Value::String(everyone) if everyone == "*" => vec![PrincipalEntry::Everyone],
        Value::Object(kinds) => {
            let mut entries = Vec::new();
            for (kind, names) in kinds {
                for name in texts(names)? {
                    entries.push(principal(kind, name)?);
                }
            }
            entries
        }
        _ => return Err(PolicyError { message: "Invalid principal in policy.".to_owned() }),
    };
    match entries.is_empty() {
        true => Err(PolicyError { message: "Missing required field Principal cannot be empty!".to_owned() }),
        false => Ok(Some(Principals { negated, entries })),
    }
}

fn principal(kind: &str, name: String) -> Result<PrincipalEntry, PolicyError> {
    let valid = match kind {
        "AWS" => name == "*" || is_account(&name) || name.starts_with("arn:") || is_unique_id(&name),
        "Service" => name.contains('.') && !name.contains([' ', '/']) || name == "*",
        "Federated" | "CanonicalUser" => true,
        _ => false,
    };
    if !valid {
        return Err(PolicyError {
            message: format!("Invalid principal in policy: \"{}\":\"{name}\"", kind.to_uppercase()),
        });
    }
    Ok(match kind {
        _ if name == "*" => PrincipalEntry::Everyone,
        "AWS" => PrincipalEntry::Aws(name),
        "Service" => PrincipalEntry::Service(name),
        _ => PrincipalEntry::Other,
    })
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unique_id(name: &str) -> bool {
    name.len() >= 16 && (name.starts_with("AROA") || name.starts_with("AIDA"))
}

fn texts(value: &Value) -> Result<Vec<String>, PolicyError> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(texts) => {
            texts.iter().map(|text| text.as_str().map(str::to_owned).ok_or_else(PolicyError::syntax)).collect()
        }
        _ => Err(PolicyError::syntax()),
    }
}

/// IAM's requirements on a role's identity policy.
pub(super) fn check_identity(statements: &[Statement]) -> Result<(), PolicyError> {
    for statement in statements {
        if statement.principals.is_some() {
            return Err(PolicyError { message: "Policy document should not specify a principal.".to_owned() });
        }
        let Some(resources) = &statement.resources else {
            return Err(PolicyError { message: "Policy statement must contain resources.".to_owned() });
        };
        for resource in &resources.patterns {
            if resource != "*" && !resource.starts_with("arn:") && !resource.starts_with("${") {
                return Err(PolicyError { message: format!("Resource {resource} must be in ARN format or \"*\".") });
            }
        }
    }
    Ok(())
}

/// IAM's requirements on a trust policy.
pub(super) fn check_trust(statements: &[Statement]) -> Result<(), PolicyError> {
    for statement in statements {
        if statement.resources.is_some() {
            return Err(PolicyError { message: "Has prohibited field Resource".to_owned() });
        }
        if statement.principals.is_none() {
            return Err(PolicyError::missing("Principal"));
        }
        let only_sts = |action: &String| action == "*" || action.to_lowercase().starts_with("sts:");
        if !statement.actions.patterns.iter().all(only_sts) {
            return Err(PolicyError {
                message: "AssumeRole policy may only specify STS AssumeRole actions.".to_owned(),
            });
        }
    }
    Ok(())
}
