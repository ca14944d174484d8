//! Whether these credentials allow a deployment, as IAM simulates it.

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
use futures_util::future::try_join_all;

use crate::deployer::{PolicyDocument, Statement};
use crate::health::Check;
use crate::session::Session;
use incident_deploy::aws::{AwsError, Clients, Explain};

const NAME: &str = "permissions";
/// How many denied actions to name.
const SHOWN: usize = 5;

/// Simulates every statement of the deployer policy.
pub(super) async fn check(session: &Session, clients: &Clients, policy: &PolicyDocument) -> Check {
    let who = match principal(session, clients).await {
        Ok(who) => who,
        Err(error) => return unknown(&error),
    };
    if who.ends_with(":root") {
        return Check::ok(NAME, "the root user is allowed everything")
            .hint("deploy with fewer privileges: `incidentctl doctor --print-policy` prints a sufficient policy");
    }
    let simulations = policy.allowing().map(|statement| simulate(clients, &who, statement));
    let mut denied: Vec<String> = match try_join_all(simulations).await {
        Ok(denied) => denied.into_iter().flatten().collect(),
        Err(error) => return unknown(&error),
    };
    denied.sort();
    denied.dedup();
    match denied.as_slice() {
        [] => Check::ok(
            NAME,
            format!("all {} actions are allowed, according to IAM's simulation", policy.actions().len()),
        ),
        denied => Check::fail(NAME, format!("not allowed: {}", shortened(denied)))
            .hint("`incidentctl doctor --print-policy` prints the required policy"),
    }
}

fn unknown(error: &AwsError) -> Check {
    Check::warn(NAME, format!("could not be simulated: {error}"))
        .hint("`incidentctl doctor --print-policy` prints the required policy")
}

fn shortened(names: &[String]) -> String {
    match names.len() {
        0..=SHOWN => names.join(", "),
        more => format!("{} and {} more", names[..SHOWN].join(", "), more - SHOWN),
    }
}

/// The ARN to simulate: for a session, that of its role.
async fn principal(session: &Session, clients: &Clients) -> Result<String, AwsError> {
    let sts = aws_sdk_sts::Client::new(session.sdk());
    let who = sts.get_caller_identity().send().await.explain("sts:GetCallerIdentity")?.arn.unwrap_or_default();
    let Some(role) = who.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next()) else {
        return Ok(who);
    };
    // The ARN of a session omits the role's path.
    let answer = clients.iam.get_role().role_name(role).send().await.explain("iam:GetRole")?;
    Ok(answer.role.map(|role| role.arn).unwrap_or_default())
}

/// The actions of a statement that would be denied.
async fn simulate(clients: &Clients, who: &str, statement: &Statement) -> Result<Vec<String>, AwsError> {
    let mut call = clients
        .iam
        .simulate_principal_policy()
        .policy_source_arn(who)
        .set_action_names(Some(statement.action.clone()))
        .set_resource_arns(Some(statement.resource.clone()));
    if let Some(condition) = &statement.condition {
        let entry = ContextEntry::builder()
            .context_key_name(condition.key)
            .context_key_type(ContextKeyTypeEnum::String)
            // One of them is enough.
            .set_context_key_values(condition.values.first().map(|value| vec![value.clone()]));
        call = call.context_entries(entry.build());
    }
    let answer = call.send().await.explain("iam:SimulatePrincipalPolicy")?;
    let denied = answer.evaluation_results().iter();
    let denied = denied.filter(|result| *result.eval_decision() != PolicyEvaluationDecisionType::Allowed);
    Ok(denied.map(|result| result.eval_action_name().to_owned()).collect())
}
