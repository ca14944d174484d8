//! `AWS::Lambda::Permission`: a statement of a function's policy, with the physical id as its id. Every change takes a new
//! statement.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::schema::{Property, lacking, text};
use super::site::Site;
use super::{Identity, Kind, only, with};
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Permission;

const PROPERTIES: &[Property] = &[
    text("Action").required().replaces(),
    text("EventSourceToken").replaces(),
    text("FunctionName").required().replaces(),
    text("Principal").required().replaces(),
    text("PrincipalOrgID").replaces(),
    text("SourceAccount").replaces(),
    text("SourceArn").replaces(),
    lacking("FunctionUrlAuthType"),
    lacking("InvokedViaFunctionUrl"),
];

#[async_trait]
impl Kind for Permission {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn is_part(&self) -> bool {
        true
    }

    fn identity(&self, name: &str, _: &Value, _: &Home) -> Identity {
        Identity::of(name, [("Id", name.to_owned())])
    }

    async fn exists(&self, _: &Site<'_>, _: &Resource) -> Result<bool, Refusal> {
        Ok(false)
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let names: Vec<&str> = PROPERTIES.iter().map(|property| property.name).collect();
        let input = with(only(&resource.properties, &names), [("StatementId", resource.physical_id.as_str().into())]);
        site.call("lambda", "AddPermission", input).await?;
        Ok(None)
    }

    async fn update(&self, _: &Site<'_>, _: &Resource, _: &Resource) -> Result<(), Refusal> {
        Ok(())
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        let input = json!({"FunctionName": resource.properties["FunctionName"], "StatementId": resource.physical_id});
        site.find("lambda", "RemovePermission", input).await.map(drop)
    }
}
