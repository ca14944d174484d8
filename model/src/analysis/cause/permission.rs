//! An action that a policy does not allow.

use super::Suspect;
use crate::analysis::facts::Facts;
use crate::analysis::function_state::Altered;
use crate::analysis::signs::{DENIED, has, is_rejected, status};
use crate::analysis::{Cause, advice, aws, change_words};
use crate::arn;
use crate::quotation::named;

/// What IAM says that it denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Denial {
    /// Who asked.
    caller: String,
    /// `dynamodb:PutItem`; empty if the error does not say.
    action: String,
    /// An ARN; empty if the error does not say.
    resource: String,
    /// Which policy, as IAM puts it: `no identity-based policy allows the dynamodb:PutItem action`.
    reason: String,
}

/// A denial is certain: the error says it. Which action and which resource it says most often, too.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    if !has(&facts.lower, DENIED) {
        return database(facts).into_iter().collect();
    }
    let denial = denial(&facts.error);
    let role =
        facts.fresh().find(|change| matches!(&change.change.altered, Altered::Setting { name, .. } if name == "role"));
    let what = match (denial.action.as_str(), denial.resource.as_str()) {
        ("", "") => "what it tries to".to_owned(),
        ("", resource) => format!("what it tries to on {}", named(resource)),
        (action, "") => named(action),
        (action, resource) => format!("{} on {}", named(action), named(resource)),
    };
    let who = if denial.caller.is_empty() { "Its role".to_owned() } else { named(&denial.caller) };
    let after = role.map(|role| format!("; {}", lowered(&change_words::sentence(role)))).unwrap_or_default();
    let statement = format!("{who} is not allowed to call {what}{after}.");
    let changed = role.map(change_words::evidence);
    let suspect = Suspect::likely_if(is_of_policy(facts), Cause::Permission, 95, statement);
    vec![suspect.resting_on([facts.error_quote()]).resting_on(changed).advising(advised(&denial, role.is_some()))]
}

/// A sentence within another.
fn lowered(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

/// Whether the denial is one of AWS's policies, not an answer of another's service.
fn is_of_policy(facts: &Facts<'_>) -> bool {
    const OF_POLICIES: &[&str] = &[
        "accessdenied",
        "explicit deny",
        "is not authorized to perform",
        "not authorized to perform",
        "unauthorizedoperation",
        "cannot be assumed by lambda",
        "access denied",
        "authorizationerror",
        "not authorized to invoke",
        "you are not allowed to access",
    ];
    has(&facts.lower, OF_POLICIES)
}

fn denial(error: &str) -> Denial {
    let after = |label: &str| error.split_once(label).map(|(_, rest)| rest);
    let word = |text: &str| -> String {
        let end = text
            .find(|character: char| character.is_whitespace() || "\"',;)".contains(character))
            .unwrap_or(text.len());
        text[..end].trim_end_matches(['.', ':', '\\']).to_owned()
    };
    let caller = after("User: ").or_else(|| after("user: ")).map(word).unwrap_or_default();
    let said = after("authorized to perform: ").or_else(|| after("authorized to perform "));
    let action = said.map(word).unwrap_or_default();
    let resource = said
        .and_then(|rest| rest.split_once("on resource").map(|(_, rest)| rest))
        .map(|rest| word(rest.trim_start_matches(['(', 's', ')', ':', ' ', '"', '\''])))
        .unwrap_or_default();
    let reason = after(" because ").or_else(|| after(" with ").filter(|rest| rest.starts_with("an explicit deny")));
    Denial {
        caller: role_of(&caller),
        action: if action.is_empty() { implied(error) } else { action },
        resource,
        reason: reason.unwrap_or_default().lines().next().unwrap_or_default().to_owned(),
    }
}

/// The role of `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`, or the name of a user.
fn role_of(caller: &str) -> String {
    match caller.split_once(":assumed-role/") {
        Some((_, rest)) => rest.split('/').next().unwrap_or(rest).to_owned(),
        None if caller.starts_with("arn:") => arn::name(caller).to_owned(),
        None => String::new(),
    }
}

/// The action of an operation that was denied, where IAM's text does not name it.
fn implied(error: &str) -> String {
    if error.contains("customer master key") || error.contains("KMSAccessDenied") {
        return "kms:Decrypt".to_owned();
    }
    let Some(operation) = aws::operation(error) else { return String::new() };
    // Actions that are called otherwise than their operations.
    let action = match operation {
        "HeadObject" => "GetObject",
        "ListObjects" | "ListObjectsV2" | "HeadBucket" => "ListBucket",
        "Invoke" | "InvokeAsync" => "InvokeFunction",
        "UploadPart" | "CreateMultipartUpload" | "CompleteMultipartUpload" | "CopyObject" => "PutObject",
        operation => operation,
    };
    aws::service(error).map(|service| format!("{service}:{action}")).unwrap_or_default()
}

fn advised(denial: &Denial, is_new_role: bool) -> Vec<String> {
    let Denial { action, resource, reason, .. } = denial;
    let reason = reason.to_lowercase();
    let which = match () {
        () if reason.contains("service control policy") => "A service control policy of the organization denies it",
        () if reason.contains("permissions boundary") => "The permissions boundary of the role does not allow it",
        () if reason.contains("session policy") => "The policy of the session does not allow it",
        () if reason.contains("vpc endpoint policy") => "The policy of the VPC endpoint does not allow it",
        () if reason.contains("resource-based policy") && reason.contains("no ") => {
            "The policy of the resource does not allow it"
        }
        () if reason.contains("explicit deny") => "A policy denies it explicitly; an allowance does not help",
        () => "",
    };
    let by_policy = (!which.is_empty()).then(|| format!("{which}: change it there, or ask its owner."));
    let statement = || advice::allow(action, Some(resource.as_str()).filter(|resource| !resource.is_empty()));
    let former = is_new_role.then(|| "Compare the role with the one that it replaced, or restore that one.".to_owned());
    let otherwise = || {
        Some(format!(
            "Allow {} in the policies of the role.",
            if action.is_empty() { "the action".to_owned() } else { named(action) }
        ))
    };
    let first = match by_policy {
        Some(policy) if reason.contains("resource-based") => {
            [Some(policy), statement()].into_iter().flatten().collect::<Vec<_>>()
        }
        Some(policy) => vec![policy],
        None => statement().or_else(otherwise).into_iter().collect(),
    };
    former.into_iter().chain(first).collect()
}

/// Databases and other services have permissions of their own.
fn database(facts: &Facts<'_>) -> Option<Suspect> {
    const REFUSED: &[&str] = &[
        "access denied for user",
        "authentication failed",
        "authentication_failed",
        "err_auth",
        "bad credentials",
        "invalid credentials",
        "invalidclienttokenid",
        "expiredtoken",
        "security token included in the request",
        "signaturedoesnotmatch",
        "noauth authentication required",
        "permission denied for",
        "permission denied on",
        "is not verified",
        "no permissions for",
        "notauthorized",
        "security_exception",
        "unauthorized",
        "wrongpass",
        "(403)",
        "forbidden",
        "unrecognizedclientexception",
        "login failed",
    ];
    let is_refused = has(&facts.lower, REFUSED)
        || is_rejected(&facts.lower)
        || matches!(status(&facts.lower), Some(401 | 403 | 407));
    is_refused.then(|| {
        Suspect::possible(
            Cause::Permission,
            66,
            "What it called refused its credentials, or does not allow what it asked for.",
        )
        .resting_on([facts.error_quote()])
        .advising(["Check the credentials that it uses, and whether they were rotated.".to_owned()])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_action_resource_and_policy() {
        for (error, action, resource, caller) in [
            (
                "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/orders-role/orders is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders because no identity-based policy allows the dynamodb:PutItem action",
                "dynamodb:PutItem",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
                "orders-role",
            ),
            (
                "ClientError: An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
                "s3:GetObject",
                "",
                "",
            ),
            ("An error occurred (403) when calling the HeadObject operation: Forbidden", "s3:GetObject", "", ""),
            (
                "User: arn:aws:iam::111122223333:user/ada is not authorized to perform: sns:Publish on resource: arn:aws:sns:eu-west-1:111122223333:alarms with an explicit deny in a service control policy",
                "sns:Publish",
                "arn:aws:sns:eu-west-1:111122223333:alarms",
                "ada",
            ),
            ("nothing of the kind", "", "", ""),
        ] {
            let found = denial(error);
            assert_eq!(
                (found.action.as_str(), found.resource.as_str(), found.caller.as_str()),
                (action, resource, caller),
                "{error}"
            );
        }
    }
}
