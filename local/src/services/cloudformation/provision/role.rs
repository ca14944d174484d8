//! `AWS::IAM::Role`.

use async_trait::async_trait;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::schema::{LIST_OF_TEXTS, Property, Shape, TAGS, of, text as text_property};
use super::site::{Site, Tagging};
use super::{Identity, Kind, differs, json_text, list, text};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Role;

const POLICY: Shape =
    Shape::Structure(&[of("PolicyDocument", Shape::Json).required(), text_property("PolicyName").required()]);
const PROPERTIES: &[Property] = &[
    of("AssumeRolePolicyDocument", Shape::Json).required(),
    text_property("Description"),
    of("ManagedPolicyArns", LIST_OF_TEXTS),
    of("MaxSessionDuration", Shape::Whole),
    text_property("Path").replaces(),
    text_property("PermissionsBoundary"),
    of("Policies", Shape::List(&POLICY)),
    text_property("RoleName").replaces(),
    TAGS,
];
const TAGGING: Tagging = Tagging {
    service: "iam",
    operations: ["TagRole", "UntagRole"],
    members: ["RoleName", "Tags", "TagKeys"],
    is_map: false,
};

#[async_trait]
impl Kind for Role {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("RoleName")
    }

    /// `RoleId` is drawn when the role is made.
    fn identity(&self, name: &str, properties: &Value, _: &Home) -> Identity {
        let path = Some(text(properties, "Path")).filter(|path| !path.is_empty()).unwrap_or("/");
        Identity::of(name, [("Arn", arn::local("iam", "", &format!("role{path}{name}")))])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        Ok(site.find("iam", "GetRole", json!({"RoleName": resource.physical_id})).await?.is_some())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let properties = &resource.properties;
        let input = json!({
            "RoleName": resource.physical_id,
            "Path": properties.get("Path"),
            "AssumeRolePolicyDocument": json_text(properties, "AssumeRolePolicyDocument"),
            "Description": properties.get("Description"),
            "MaxSessionDuration": properties.get("MaxSessionDuration"),
            "PermissionsBoundary": properties.get("PermissionsBoundary"),
            "Tags": TAGGING.form(properties),
        });
        site.call("iam", "CreateRole", input).await?;
        put_policies(site, resource).await?;
        attach(site, &resource.physical_id, "AttachRolePolicy", managed(resource)).await?;
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let (name, properties) = (after.physical_id.as_str(), &after.properties);
        let touches = |property: &str| differs(&before.properties, properties, property);
        if touches("AssumeRolePolicyDocument") {
            let document = json_text(properties, "AssumeRolePolicyDocument");
            let input = json!({"RoleName": name, "PolicyDocument": document});
            site.call("iam", "UpdateAssumeRolePolicy", input).await?;
        }
        if touches("Description") || touches("MaxSessionDuration") {
            let longest = properties.get("MaxSessionDuration").cloned().unwrap_or(json!(3600));
            let input = json!({"RoleName": name, "Description": text(properties, "Description"), "MaxSessionDuration": longest});
            site.call("iam", "UpdateRole", input).await?;
        }
        if touches("PermissionsBoundary") {
            match properties.get("PermissionsBoundary") {
                Some(boundary) => {
                    let input = json!({"RoleName": name, "PermissionsBoundary": boundary});
                    site.call("iam", "PutRolePermissionsBoundary", input).await?;
                }
                None => _ = site.find("iam", "DeleteRolePermissionsBoundary", json!({"RoleName": name})).await?,
            }
        }
        if touches("Policies") {
            put_policies(site, after).await?;
            let kept = inline(after);
            delete_policies(site, name, inline(before).into_iter().filter(|policy| !kept.contains(policy))).await?;
        }
        if touches("ManagedPolicyArns") {
            let (old, new) = (managed(before), managed(after));
            attach(site, name, "AttachRolePolicy", new.iter().filter(|arn| !old.contains(arn)).copied().collect())
                .await?;
            attach(site, name, "DetachRolePolicy", old.iter().filter(|arn| !new.contains(arn)).copied().collect())
                .await?;
        }
        TAGGING.update(site, name, &before.properties, properties).await
    }

    /// What others gave the role stays, and IAM refuses to delete it then.
    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        let name = resource.physical_id.as_str();
        delete_policies(site, name, inline(resource).into_iter()).await?;
        attach(site, name, "DetachRolePolicy", managed(resource)).await?;
        site.find("iam", "DeleteRole", json!({"RoleName": name})).await.map(drop)
    }
}

/// Names of the policies that live in the role.
fn inline(resource: &Resource) -> Vec<&str> {
    list(&resource.properties, "Policies").iter().map(|policy| text(policy, "PolicyName")).collect()
}

fn managed(resource: &Resource) -> Vec<&str> {
    list(&resource.properties, "ManagedPolicyArns").iter().filter_map(Value::as_str).collect()
}

async fn put_policies(site: &Site<'_>, role: &Resource) -> Result<(), Refusal> {
    let puts = list(&role.properties, "Policies").iter().map(|policy| {
        let document = json_text(policy, "PolicyDocument");
        let input =
            json!({"RoleName": role.physical_id, "PolicyName": policy["PolicyName"], "PolicyDocument": document});
        site.call("iam", "PutRolePolicy", input)
    });
    try_join_all(puts).await.map(drop)
}

async fn delete_policies(site: &Site<'_>, role: &str, names: impl Iterator<Item = &str>) -> Result<(), Refusal> {
    let removals =
        names.map(|policy| site.find("iam", "DeleteRolePolicy", json!({"RoleName": role, "PolicyName": policy})));
    try_join_all(removals).await.map(drop)
}

/// Attaches or detaches managed policies.
async fn attach(site: &Site<'_>, role: &str, operation: &str, arns: Vec<&str>) -> Result<(), Refusal> {
    for arn in arns {
        let input = json!({"RoleName": role, "PolicyArn": arn});
        match operation {
            "DetachRolePolicy" => _ = site.find("iam", operation, input).await?,
            _ => _ = site.call("iam", operation, input).await?,
        }
    }
    Ok(())
}
