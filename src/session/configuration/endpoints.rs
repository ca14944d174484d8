//! Endpoints of single services: `AWS_ENDPOINT_URL_STS`, and the `services` section of a profile.

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::form::Form;
use super::sources::{Place, WrongSetting, variable, wrong};

const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// The services in use, by their names in the SDK; the last two only provide credentials.
const SERVICES: [&str; 13] = [
    "CloudFormation",
    "CloudWatch",
    "CloudWatch Logs",
    "DynamoDB",
    "EventBridge",
    "IAM",
    "Lambda",
    "S3",
    "SNS",
    "SQS",
    "STS",
    "SSO",
    "SSO OIDC",
];

/// Services that provide credentials.
const GIVE_CREDENTIALS: [&str; 3] = ["STS", "SSO", "SSO OIDC"];

/// The configuration with an endpoint, or none, for each service in use. The SDK fetches credentials with a
/// configuration of its own, out of reach: there, an empty endpoint cannot be ignored.
pub(super) fn checked(sdk: SdkConfig, credentials_are_asked_for: bool) -> Result<SdkConfig, WrongSetting> {
    let is_empty = |service: &&str| endpoint(&sdk, service).is_some_and(|url| url.is_empty());
    if credentials_are_asked_for && let Some(service) = GIVE_CREDENTIALS.into_iter().find(is_empty) {
        return Err(wrong(place_of_empty(service), Form::Url));
    }
    let endpoints = Endpoints(sdk.clone());
    for service in SERVICES {
        if endpoint(&sdk, service).is_some_and(|url| !url.is_empty() && !Form::Url.fits(&url)) {
            let name = variable_of(service);
            let place = match variable(&name) {
                Some(value) if !value.is_empty() => Place::Variable(name),
                _ => Place::Service(service.to_owned()),
            };
            return Err(wrong(place, Form::Url));
        }
    }
    Ok(sdk.into_builder().service_config(endpoints).build())
}

/// The variable of a service: `AWS_ENDPOINT_URL_SSO_OIDC`.
fn variable_of(service: &str) -> String {
    format!("{VARIABLE}_{}", service.to_ascii_uppercase().replace(' ', "_"))
}

/// The endpoint configured for a service, or for all.
fn endpoint(sdk: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env(VARIABLE).profile("endpoint_url").build().ok()?;
    sdk.service_config()?.load_config(key)
}

fn place_of_empty(service: &str) -> Place {
    let is_empty = |name: &String| variable(name).is_some_and(|value| value.is_empty());
    let variable = [variable_of(service), VARIABLE.to_owned()].into_iter().find(is_empty);
    variable.map_or_else(|| Place::Service(service.to_owned()), Place::Variable)
}

/// Endpoints of single services, without empty values, which the SDK would take for endpoints.
#[derive(Debug)]
struct Endpoints(SdkConfig);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        self.0.service_config()?.load_config(key).filter(|value| !value.is_empty())
    }
}
