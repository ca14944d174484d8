//! `AWS::CloudWatch::Dashboard`. Dashboards take no tags: the name, made of the stack's, says whose it is.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Context, Provider, Values};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

/// See the module.
pub(super) struct Dashboard;

#[async_trait]
impl Provider for Dashboard {
    fn properties(&self) -> &'static [&'static str] {
        &["DashboardName", "DashboardBody"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["DashboardName"]
    }

    fn attributes(&self, properties: &Value, _place: &Place) -> Attributes {
        Attributes { reference: properties.text("DashboardName"), ..Attributes::default() }
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let name = &desired.attributes.reference;
        let call = context.clients.cloudwatch.get_dashboard().dashboard_name(name);
        let output = absent(call.send().await.explain("cloudwatch:GetDashboard"))?;
        Ok(output.map(|output| Observed {
            physical_id: name.clone(),
            properties: json!({"DashboardName": name, "DashboardBody": output.dashboard_body()}),
            ownership: Ownership::Child,
        }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let call = context.clients.cloudwatch.put_dashboard().dashboard_name(&desired.attributes.reference);
        let call = call.dashboard_body(desired.properties.json("DashboardBody"));
        call.send().await.explain("cloudwatch:PutDashboard").map(|_| ())
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        self.create(context, &change.desired).await
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let call = context.clients.cloudwatch.delete_dashboards().dashboard_names(&desired.attributes.reference);
        absent(call.send().await.explain("cloudwatch:DeleteDashboards")).map(|_| ())
    }
}

/// The code is of the model, or of the query protocol.
fn absent<T>(result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    Ok(result.or_absent("DashboardNotFoundError").or_absent("ResourceNotFound")?.flatten())
}
