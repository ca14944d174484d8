//! `AWS::CloudWatch::Dashboard`. It takes no tags.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::schema::{Property, Shape, of, text};
use super::site::Site;
use super::{Identity, Kind, json_text};
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Dashboard;

const PROPERTIES: &[Property] = &[of("DashboardBody", Shape::Json).required(), text("DashboardName").replaces()];

#[async_trait]
impl Kind for Dashboard {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("DashboardName")
    }

    fn identity(&self, name: &str, _: &Value, _: &Home) -> Identity {
        Identity::of(name, [])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        let input = json!({"DashboardName": resource.physical_id});
        Ok(site.find("monitoring", "GetDashboard", input).await?.is_some())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let body = json_text(&resource.properties, "DashboardBody");
        let input = json!({"DashboardName": resource.physical_id, "DashboardBody": body});
        site.call("monitoring", "PutDashboard", input).await?;
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, _: &Resource, after: &Resource) -> Result<(), Refusal> {
        self.create(site, after).await.map(drop)
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        let input = json!({"DashboardNames": [resource.physical_id]});
        site.find("monitoring", "DeleteDashboards", input).await.map(drop)
    }
}
