//! `AWS::CloudWatch::Dashboard`. Dashboards take no tags: a text widget of the template names the owner.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::values::document;
use super::{Context, Provider, Values};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, OWNER_TAG, Place, without_lines};

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
            ownership: ownership(output.dashboard_body().unwrap_or_default(), &context.place.stack),
        }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let call = context.clients.cloudwatch.put_dashboard().dashboard_name(&desired.attributes.reference);
        let call = call.dashboard_body(without_lines(&desired.properties.json("DashboardBody")));
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

/// Ownership of a dashboard, from its text widgets.
fn ownership(body: &str, stack: &str) -> Ownership {
    let label = format!("`{OWNER_TAG}={stack}`");
    let body = document(body);
    let texts = body.list("widgets").iter().filter_map(|widget| widget.get("properties")?.get("markdown")?.as_str());
    match texts.into_iter().any(|text| text.contains(&label)) {
        true => Ownership::Ours,
        false => Ownership::Foreign { why: format!("none of its texts contains {label}") },
    }
}

/// One code is the model's, the other the query protocol's.
fn absent<T>(result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    Ok(result.or_absent("DashboardNotFoundError").or_absent("ResourceNotFound")?.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ownership_is_read_from_the_text_widgets() {
        let body = |text: &str| json!({"widgets": [{"type": "text", "properties": {"markdown": text}}]}).to_string();
        for (body, ours) in [
            (body("made as `incidentctl:stack=devops`"), true),
            (body("made as `incidentctl:stack=devops-2`"), false),
            (body("our own"), false),
            (json!({"widgets": []}).to_string(), false),
            ("no JSON".to_owned(), false),
        ] {
            assert_eq!(ownership(&body, "devops") == Ownership::Ours, ours, "{body}");
        }
    }
}
