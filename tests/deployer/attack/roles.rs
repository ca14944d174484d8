//! Roles: those of others, and the stack's own made stronger.

use aws_sdk_cloudformation::types::{Capability, ChangeSetType};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_lambda::types::Runtime;
use incident_deploy::aws::Clients;
use serde_json::{Value, json};

use super::super::zip;
use super::{ACCOUNT, ADMINISTRATOR, Attack, EVERYTHING, TRUST, session_of};
use crate::harness::{Aws, TestResult, eventually};

/// Names of others: under the prefix, with the stack's names at their beginning, and the stack's own name.
fn names(aws: &Aws) -> [String; 4] {
    let longer = format!("devops-incident-handler-{}x", aws.region);
    ["devops-admin".to_owned(), longer, "devopsx".to_owned(), "devops".to_owned()]
}

/// Takes over, weakens and passes roles of others.
pub(super) async fn of_others(attack: &mut Attack, clients: &Clients, aws: &Aws) -> TestResult {
    let iam = &clients.iam;
    for role in &names(aws) {
        let create = aws.iam.create_role().role_name(role).assume_role_policy_document(TRUST);
        create.permissions_boundary(ADMINISTRATOR).send().await?;
        aws.iam.attach_role_policy().role_name(role).policy_arn(ADMINISTRATOR).send().await?;
        let on = |action: &str| format!("{action} {role}");
        let put = iam.put_role_policy().role_name(role).policy_name("x").policy_document(EVERYTHING);
        attack.denied(&on("PutRolePolicy"), put.send()).await;
        attack
            .denied(&on("AttachRolePolicy"), iam.attach_role_policy().role_name(role).policy_arn(ADMINISTRATOR).send())
            .await;
        attack
            .denied(&on("DetachRolePolicy"), iam.detach_role_policy().role_name(role).policy_arn(ADMINISTRATOR).send())
            .await;
        let trust = iam.update_assume_role_policy().role_name(role).policy_document(TRUST);
        attack.denied(&on("UpdateAssumeRolePolicy"), trust.send()).await;
        attack.denied(&on("DeleteRolePolicy"), iam.delete_role_policy().role_name(role).policy_name("x").send()).await;
        let unbind = iam.delete_role_permissions_boundary().role_name(role);
        attack.denied(&on("DeleteRolePermissionsBoundary"), unbind.send()).await;
        let bind = iam.put_role_permissions_boundary().role_name(role).permissions_boundary(ADMINISTRATOR);
        attack.denied(&on("PutRolePermissionsBoundary"), bind.send()).await;
        attack.denied(&on("UpdateRole"), iam.update_role().role_name(role).description("x").send()).await;
        attack.denied(&on("GetRole"), iam.get_role().role_name(role).send()).await;
        attack.denied(&on("DeleteRole"), iam.delete_role().role_name(role).send()).await;
        is_not_passed(attack, clients, &format!("arn:aws:iam::{ACCOUNT}:role/{role}")).await?;
    }
    let create = iam.create_role().role_name("devops-mine").assume_role_policy_document(TRUST);
    attack.denied("CreateRole devops-mine", create.send()).await;
    is_not_made_by_a_stack(clients, aws).await?;
    let create = iam.create_policy().policy_name("devops-mine").policy_document(EVERYTHING);
    attack.denied("CreatePolicy", create.send()).await;
    let version = iam.create_policy_version().policy_arn(format!("arn:aws:iam::{ACCOUNT}:policy/boundary"));
    attack.denied("CreatePolicyVersion", version.policy_document(EVERYTHING).set_as_default(true).send()).await;
    Ok(())
}

/// Has the stack's own CloudFormation stack make a role: it acts with the permissions of its caller.
async fn is_not_made_by_a_stack(clients: &Clients, aws: &Aws) -> TestResult {
    let role = json!({"RoleName": "devops-mine", "AssumeRolePolicyDocument": serde_json::from_str::<Value>(TRUST)?,
        "ManagedPolicyArns": [ADMINISTRATOR]});
    let template = json!({"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": role}}}).to_string();
    let cloudformation = &clients.cloudformation;
    let change = || cloudformation.create_change_set().stack_name("devops").change_set_name("attack");
    let change = change().change_set_type(ChangeSetType::Create).capabilities(Capability::CapabilityNamedIam);
    change.template_body(template).send().await?;
    eventually("the change set to be executed", async || {
        let execute = cloudformation.execute_change_set().stack_name("devops").change_set_name("attack");
        Ok(execute.send().await.ok())
    })
    .await?;
    let status = eventually("the stack to end", async || {
        let found = cloudformation.describe_stacks().stack_name("devops").send().await?;
        let status = found.stacks().first().and_then(|stack| stack.stack_status());
        Ok(status.map(|status| status.as_str().to_owned()).filter(|status| !status.ends_with("_IN_PROGRESS")))
    })
    .await?;
    assert!(status.starts_with("ROLLBACK_"), "{status}");
    assert!(aws.iam.get_role().role_name("devops-mine").send().await.is_err(), "the stack made a role");
    cloudformation.delete_stack().stack_name("devops").send().await?;
    Ok(())
}

/// Gives the role of another to the stack's own function and rule.
async fn is_not_passed(attack: &mut Attack, clients: &Clients, role: &str) -> TestResult {
    let code = aws_sdk_lambda::types::FunctionCode::builder().zip_file(zip()?).build();
    let create = clients.lambda.create_function().function_name("devops-incident-handler").role(role).code(code);
    attack.denied(&format!("PassRole {role}"), create.runtime(Runtime::Providedal2023).handler("x").send()).await;
    let update = clients.lambda.update_function_configuration().function_name("devops-incident-handler").role(role);
    attack.denied(&format!("PassRole {role} later"), update.send()).await;
    let rule = clients.events.put_rule().name("devops-sweep").schedule_expression("rate(1 minute)").role_arn(role);
    attack.denied(&format!("PassRole {role} to a rule"), rule.send()).await;
    Ok(())
}

/// A session of the handler's role after the attacker has given it every permission, and a trust in the account.
pub(super) async fn own_made_strong(clients: &Clients, aws: &Aws) -> TestResult<Clients> {
    let role = format!("devops-incident-handler-{}", aws.region);
    let put = clients.iam.put_role_policy().role_name(&role).policy_name("incident-handler");
    put.policy_document(EVERYTHING).send().await?;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    clients.iam.update_assume_role_policy().role_name(&role).policy_document(trust).send().await?;
    let session = session_of(aws, &role).await?;
    // Its policy before did not allow this, the boundary does.
    let entry = PutEventsRequestEntry::builder().source("attack").detail_type("x").detail("{}").build();
    eventually("the policy to spread", async || {
        Ok(session.events.put_events().entries(entry.clone()).send().await.is_ok().then_some(()))
    })
    .await?;
    Ok(session)
}

/// Makes roles without the boundary, takes it off, replaces it, widens it, and uses what it leaves.
pub(super) async fn under_the_boundary(
    attack: &mut Attack,
    clients: &Clients,
    aws: &Aws,
    boundary: &str,
) -> TestResult {
    let iam = &clients.iam;
    let role = format!("devops-error-generator-{}", aws.region);
    let create = || iam.create_role().role_name(&role).assume_role_policy_document(TRUST);
    attack.denied("CreateRole without", create().send()).await;
    attack.denied("CreateRole under another", create().permissions_boundary(ADMINISTRATOR).send()).await;
    let bind = iam.put_role_permissions_boundary().role_name(&role).permissions_boundary(ADMINISTRATOR);
    attack.denied("PutRolePermissionsBoundary", bind.send()).await;
    let unbind = || iam.delete_role_permissions_boundary().role_name(&role);
    attack.denied("DeleteRolePermissionsBoundary", unbind().send()).await;
    attack.denied("AttachRolePolicy", iam.attach_role_policy().role_name(&role).policy_arn(ADMINISTRATOR).send()).await;
    // Whatever else the deployer is given.
    let more = aws.iam.put_role_policy().role_name(super::super::ROLE).policy_name("more");
    more.policy_document(EVERYTHING.replace(r#""*","Resource""#, r#""iam:*","Resource""#)).send().await?;
    eventually("the policy to spread", async || Ok(iam.list_policies().send().await.is_ok().then_some(()))).await?;
    attack.denied("DeleteRolePermissionsBoundary with iam:*", unbind().send()).await;
    let version = iam.create_policy_version().policy_arn(boundary).policy_document(EVERYTHING).set_as_default(true);
    attack.denied("CreatePolicyVersion with iam:*", version.send()).await;
    attack.denied("DeletePolicy with iam:*", iam.delete_policy().policy_arn(boundary).send()).await;
    aws.iam.delete_role_policy().role_name(super::super::ROLE).policy_name("more").send().await?;
    eventually("the policy to vanish", async || Ok(iam.list_policies().send().await.is_err().then_some(()))).await?;

    // A role of that name that lost its boundary by the hand of an administrator gets no policy.
    aws.iam.delete_role_permissions_boundary().role_name(&role).send().await?;
    let put = iam.put_role_policy().role_name(&role).policy_name("x").policy_document(EVERYTHING);
    attack.denied("PutRolePolicy without", put.send()).await;
    iam.put_role_permissions_boundary().role_name(&role).permissions_boundary(boundary).send().await?;

    let session = own_made_strong(clients, aws).await?;
    let create = session.iam.create_role().role_name("devops-mine").assume_role_policy_document(TRUST);
    attack.denied("the role creates a role", create.send()).await;
    let strengthen = session.iam.attach_role_policy().role_name(&role).policy_arn(ADMINISTRATOR);
    attack.denied("the role strengthens another", strengthen.send()).await;
    let unbind = session.iam.delete_role_permissions_boundary().role_name(&role);
    attack.denied("the role takes the boundary off", unbind.send()).await;
    attack.denied("the role reads buckets", session.s3.list_objects_v2().bucket("incidentctl").send()).await;
    let handler = session.lambda.get_function().function_name("devops-incident-handler").send();
    attack.denied("the role reads code", handler).await;
    let delete = session.logs.delete_log_group().log_group_name("/aws/lambda/devops-incident-handler").send();
    attack.denied("the role deletes logs", delete).await;
    let table = session.dynamodb.describe_table().table_name("devops-incidents").send();
    attack.denied("the role describes the table", table).await;
    // What the stack does stays allowed.
    session.sns.get_topic_attributes().topic_arn(aws.arn("sns", "devops-alerts")).send().await?;
    session.lambda.list_functions().send().await?;
    Ok(())
}
