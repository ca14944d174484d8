//! `AWS::Lambda::EventInvokeConfig`.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::schema::{Property, Shape, of, text as text_property};
use super::site::Site;
use super::{Identity, Kind, only, text};
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct EventInvokeConfig;

const DESTINATION: Shape = Shape::Structure(&[text_property("Destination").required()]);
const DESTINATIONS: Shape = Shape::Structure(&[of("OnFailure", DESTINATION), of("OnSuccess", DESTINATION)]);
const PROPERTIES: &[Property] = &[
    of("DestinationConfig", DESTINATIONS),
    text_property("FunctionName").required().replaces(),
    of("MaximumEventAgeInSeconds", Shape::Whole),
    of("MaximumRetryAttempts", Shape::Whole),
    text_property("Qualifier").required().replaces(),
];

#[async_trait]
impl Kind for EventInvokeConfig {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn identity(&self, _: &str, properties: &Value, _: &Home) -> Identity {
        Identity::of(format!("{}|{}", text(properties, "FunctionName"), text(properties, "Qualifier")), [])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        Ok(site.find("lambda", "GetFunctionEventInvokeConfig", of_function(resource)).await?.is_some())
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let names: Vec<&str> = PROPERTIES.iter().map(|property| property.name).collect();
        site.call("lambda", "PutFunctionEventInvokeConfig", only(&resource.properties, &names)).await?;
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, _: &Resource, after: &Resource) -> Result<(), Refusal> {
        self.create(site, after).await.map(drop)
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        site.find("lambda", "DeleteFunctionEventInvokeConfig", of_function(resource)).await.map(drop)
    }
}

fn of_function(resource: &Resource) -> Value {
    let properties = &resource.properties;
    json!({"FunctionName": properties["FunctionName"], "Qualifier": properties["Qualifier"]})
}
