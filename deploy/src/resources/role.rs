//! `AWS::IAM::Role`, with its inline policies.

use async_trait::async_trait;
use aws_sdk_iam::types::Tag as IamTag;
use futures_util::future::try_join_all;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::taken::take_up;
use super::values::{document, incomplete, tag_list};
use super::{Context, DeleteBlocker, Provider, Values, named};
use crate::aws::wait::retry;
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub(super) struct Role;

#[async_trait]
impl Provider for Role {
    fn properties(&self) -> &'static [&'static str] {
        &["RoleName", "Description", "AssumeRolePolicyDocument", "PermissionsBoundary", "Policies", "Tags"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["RoleName"]
    }

    fn attributes(&self, properties: &Value, place: &Place) -> Attributes {
        let name = properties.text("RoleName");
        named(&name, place.global_arn("iam", &format!("role/{name}")))
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let iam = &context.clients.iam;
        let name = desired.properties.text("RoleName");
        let get =
            async { iam.get_role().role_name(&name).send().await.explain("iam:GetRole").or_absent("NoSuchEntity") };
        let (role, policies) = tokio::try_join!(get, read_policies(context, &name))?;
        let Some(role) = role.and_then(|output| output.role) else { return Ok(None) };
        let tags = || role.tags().iter().map(|tag| (tag.key(), tag.value()));
        let mut properties = json!({
            "RoleName": name,
            "AssumeRolePolicyDocument": decoded(role.assume_role_policy_document().unwrap_or_default()),
            "Policies": policies,
            "Tags": tag_list(tags()),
            "RoleId": role.role_id(),
            "CreateDate": role.create_date().to_string(),
            "MaxSessionDuration": role.max_session_duration(),
        });
        set(&mut properties, "Description", role.description());
        let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        set(&mut properties, "PermissionsBoundary", boundary);
        Ok(Some(Observed {
            physical_id: role.arn().to_owned(),
            properties,
            ownership: Ownership::by_tags(tags(), &context.place.stack),
        }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        let tags = tags(properties)?;
        retry(&context.progress, || async {
            let result = context
                .clients
                .iam
                .create_role()
                .role_name(properties.text("RoleName"))
                .set_description(properties.optional_text("Description"))
                .assume_role_policy_document(properties.json("AssumeRolePolicyDocument"))
                .set_permissions_boundary(properties.optional_text("PermissionsBoundary"))
                .set_tags(Some(tags.clone()))
                .send()
                .await
                .explain("iam:CreateRole");
            match result {
                Err(error) if error.is("EntityAlreadyExists") => {
                    take_up(self, context, desired, &error).await.map(drop)
                }
                result => result.map(|_| ()),
            }
        })
        .await?;
        put_policies(context, properties).await
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let iam = &context.clients.iam;
        let properties = &change.desired.properties;
        let name = properties.text("RoleName");
        if change.touches("AssumeRolePolicyDocument") {
            let document = properties.json("AssumeRolePolicyDocument");
            retry(&context.progress, || async {
                let call = iam.update_assume_role_policy().role_name(&name).policy_document(&document);
                call.send().await.explain("iam:UpdateAssumeRolePolicy")
            })
            .await?;
        }
        if change.touches("Description") {
            // If omitted, MaxSessionDuration would be reset to an hour.
            let longest = change.observed.as_ref().and_then(|role| role.properties.integer("MaxSessionDuration"));
            let call = iam.update_role().role_name(&name).description(properties.text("Description"));
            call.set_max_session_duration(longest).send().await.explain("iam:UpdateRole")?;
        }
        if change.touches("PermissionsBoundary") {
            put_boundary(context, &name, properties.optional_text("PermissionsBoundary")).await?;
        }
        if change.touches("Policies") {
            put_policies(context, properties).await?;
            delete_policies(context, &name, change.removed("Policies")).await?;
        }
        let gone = change.removed("Tags");
        if !gone.is_empty() {
            let call = iam.untag_role().role_name(&name).set_tag_keys(Some(gone));
            call.send().await.explain("iam:UntagRole")?;
        }
        if change.touches("Tags") {
            let call = iam.tag_role().role_name(&name).set_tags(Some(tags(properties)?));
            call.send().await.explain("iam:TagRole")?;
        }
        Ok(())
    }

    /// Foreign policies and instance profiles of the role, without whose removal AWS does not delete it.
    async fn delete_blockers(&self, context: &Context<'_>, change: &Change) -> Result<Vec<DeleteBlocker>, AwsError> {
        let name = change.desired.properties.text("RoleName");
        let (attached, profiles) = tokio::try_join!(attached(context, &name), profiles(context, &name))?;
        let attached = attached.into_iter().map(|arn| DeleteBlocker {
            what: format!("the policy {arn} is attached to the role {name}, but not part of the stack"),
            remedy: format!("`aws iam detach-role-policy --role-name {name} --policy-arn {arn}` detaches it"),
        });
        let profiles = profiles.into_iter().map(|profile| DeleteBlocker {
            what: format!("the role {name} is in the instance profile {profile}, which is not part of the stack"),
            remedy: format!(
                "`aws iam remove-role-from-instance-profile --instance-profile-name {profile} --role-name {name}` \
                 takes it out"
            ),
        });
        let inline = foreign_policies(change).into_iter().map(|policy| DeleteBlocker {
            what: format!("the role {name} has the policy {policy}, which is not part of the stack"),
            remedy: format!("`aws iam delete-role-policy --role-name {name} --policy-name {policy}` deletes it"),
        });
        Ok(attached.chain(profiles).chain(inline).collect())
    }

    /// Removes the template's policies; a foreign policy is left alone and makes AWS refuse.
    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let iam = &context.clients.iam;
        let name = desired.properties.text("RoleName");
        let policies = desired.properties.list("Policies").iter().map(|policy| policy.text("PolicyName")).collect();
        delete_policies(context, &name, policies).await?;
        retry(&context.progress, || async {
            let call = iam.delete_role().role_name(&name);
            call.send().await.explain("iam:DeleteRole").or_absent("NoSuchEntity")
        })
        .await?;
        Ok(())
    }
}

async fn attached(context: &Context<'_>, role: &str) -> Result<Vec<String>, AwsError> {
    let pages = context.clients.iam.list_attached_role_policies().role_name(role).into_paginator().items().send();
    let found = pages.try_collect().await.explain("iam:ListAttachedRolePolicies").or_absent("NoSuchEntity")?;
    Ok(found.into_iter().flatten().filter_map(|policy| policy.policy_arn).collect())
}

async fn profiles(context: &Context<'_>, role: &str) -> Result<Vec<String>, AwsError> {
    let pages = context.clients.iam.list_instance_profiles_for_role().role_name(role).into_paginator().items().send();
    let found = pages.try_collect().await.explain("iam:ListInstanceProfilesForRole").or_absent("NoSuchEntity")?;
    Ok(found.into_iter().flatten().map(|profile| profile.instance_profile_name).collect())
}

/// The inline policies that the deletion does not remove.
fn foreign_policies(change: &Change) -> Vec<String> {
    let names = |properties: &Value| -> Vec<String> {
        properties.list("Policies").iter().map(|policy| policy.text("PolicyName")).collect()
    };
    let ours = names(&change.desired.properties);
    let found = change.observed.as_ref().map(|observed| names(&observed.properties)).unwrap_or_default();
    found.into_iter().filter(|name| !ours.contains(name)).collect()
}

async fn read_policies(context: &Context<'_>, role: &str) -> Result<Vec<Value>, AwsError> {
    let iam = &context.clients.iam;
    let mut names = Vec::new();
    let mut pages = iam.list_role_policies().role_name(role).into_paginator().send();
    while let Some(page) = pages.next().await {
        match page.explain("iam:ListRolePolicies").or_absent("NoSuchEntity")? {
            Some(page) => names.extend(page.policy_names),
            None => return Ok(Vec::new()),
        }
    }
    let reads = names.iter().map(|name| async move {
        let call = iam.get_role_policy().role_name(role).policy_name(name);
        let policy = call.send().await.explain("iam:GetRolePolicy").or_absent("NoSuchEntity")?;
        Ok(policy.map(|policy| json!({"PolicyName": name, "PolicyDocument": decoded(policy.policy_document())})))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

async fn put_policies(context: &Context<'_>, properties: &Value) -> Result<(), AwsError> {
    let puts = properties.list("Policies").iter().map(|policy| {
        let call = context
            .clients
            .iam
            .put_role_policy()
            .role_name(properties.text("RoleName"))
            .policy_name(policy.text("PolicyName"))
            .policy_document(policy.json("PolicyDocument"));
        async { call.send().await.explain("iam:PutRolePolicy") }
    });
    try_join_all(puts).await.map(|_| ())
}

async fn delete_policies(context: &Context<'_>, role: &str, names: Vec<String>) -> Result<(), AwsError> {
    let removals = names.into_iter().map(|name| {
        let call = context.clients.iam.delete_role_policy().role_name(role).policy_name(name);
        async { call.send().await.explain("iam:DeleteRolePolicy").or_absent("NoSuchEntity") }
    });
    try_join_all(removals).await.map(|_| ())
}

async fn put_boundary(context: &Context<'_>, role: &str, boundary: Option<String>) -> Result<(), AwsError> {
    let iam = &context.clients.iam;
    match boundary {
        Some(boundary) => {
            let call = iam.put_role_permissions_boundary().role_name(role).permissions_boundary(boundary);
            call.send().await.explain("iam:PutRolePermissionsBoundary").map(|_| ())
        }
        None => {
            let result = iam.delete_role_permissions_boundary().role_name(role).send().await;
            result.explain("iam:DeleteRolePermissionsBoundary").or_absent("NoSuchEntity").map(|_| ())
        }
    }
}

fn tags(properties: &Value) -> Result<Vec<IamTag>, AwsError> {
    let tags = properties.tags().into_iter();
    tags.map(|tag| IamTag::builder().key(tag.key).value(tag.value).build().map_err(incomplete("iam:TagRole"))).collect()
}

/// IAM returns policy documents URL-encoded.
fn decoded(text: &str) -> Value {
    document(&percent_decode_str(text).decode_utf8_lossy())
}

fn set(properties: &mut Value, name: &str, value: Option<&str>) {
    if let (Some(properties), Some(value)) = (properties.as_object_mut() as Option<&mut Map<String, Value>>, value) {
        properties.insert(name.to_owned(), value.into());
    }
}
