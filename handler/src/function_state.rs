//! What Lambda says about a function, as the analysis compares it.
//!
//! GetFunctionConfiguration and ListFunctions describe a function alike in types of their own. The values of environment
//! variables stay in the SDK's: only the names are taken.

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::FunctionConfiguration;
use incident_model::analysis::FunctionState;
use incident_model::redact::redact;
use incident_model::time::seconds_of;

/// Lambda's description of a function.
pub(crate) trait Described {
    /// The function's name.
    fn name(&self) -> Option<&str>;

    /// Its parts.
    fn parts(&self) -> Parts<'_>;
}

/// What is taken from a description.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    code: Option<&'a str>,
    modified_at: Option<&'a str>,
    version: Option<&'a str>,
    description: Option<&'a str>,
    runtime: Option<&'a str>,
    handler: Option<&'a str>,
    memory: Option<i32>,
    timeout: Option<i32>,
    storage: Option<i32>,
    role: Option<&'a str>,
    layers: Vec<&'a str>,
    /// `None` if Lambda may not decrypt them for this role.
    environment: Option<Vec<&'a str>>,
    network: Vec<&'a str>,
    architecture: Option<&'a str>,
    log_group: Option<&'a str>,
}

macro_rules! described {
    ($description:ty) => {
        impl Described for $description {
            fn name(&self) -> Option<&str> {
                self.function_name()
            }

            fn parts(&self) -> Parts<'_> {
                let network = self.vpc_config().into_iter();
                let ids = network.flat_map(|network| network.subnet_ids().iter().chain(network.security_group_ids()));
                let is_hidden = self.environment().is_some_and(|environment| environment.error().is_some());
                let variables = self.environment().and_then(|environment| environment.variables());
                let names =
                    || variables.into_iter().flat_map(|variables| variables.keys().map(String::as_str)).collect();
                Parts {
                    code: self.code_sha256(),
                    modified_at: self.last_modified(),
                    version: self.version(),
                    description: self.description(),
                    runtime: self.runtime().map(|runtime| runtime.as_str()),
                    handler: self.handler(),
                    memory: self.memory_size(),
                    timeout: self.timeout(),
                    storage: self.ephemeral_storage().map(|storage| storage.size()),
                    role: self.role(),
                    layers: self.layers().iter().filter_map(|layer| layer.arn()).collect(),
                    environment: (!is_hidden).then(names),
                    network: ids.map(String::as_str).collect(),
                    architecture: self.architectures().first().map(|architecture| architecture.as_str()),
                    log_group: self.logging_config().and_then(|logging| logging.log_group()),
                }
            }
        }
    };
}

described!(GetFunctionConfigurationOutput);
described!(FunctionConfiguration);

/// The state that Lambda describes. Reserved concurrency and aliases are not part of a description.
///
/// Where Lambda does not show the variables (their key is not for this role), they count as those of the state `before`:
/// hidden is not removed. Secrets in the free text of the description are redacted.
pub(crate) fn state_of(description: &impl Described, before: Option<&FunctionState>) -> FunctionState {
    let parts = description.parts();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let number = |number: Option<i32>| number.and_then(|number| u64::try_from(number).ok());
    let log_group = || format!("/aws/lambda/{}", description.name().unwrap_or_default());
    FunctionState {
        code: text(parts.code),
        modified_at: parts.modified_at.and_then(seconds_of),
        version: text(parts.version),
        description: redact(parts.description.unwrap_or_default()),
        runtime: text(parts.runtime),
        handler: text(parts.handler),
        memory: number(parts.memory),
        timeout: number(parts.timeout),
        storage: number(parts.storage),
        role: text(parts.role),
        layers: parts.layers.iter().map(|arn| (*arn).to_owned()).collect(),
        environment: match parts.environment {
            Some(names) => sorted(names),
            None => before.map(|before| before.environment.clone()).unwrap_or_default(),
        },
        network: sorted(parts.network),
        architecture: text(parts.architecture),
        log_group: parts.log_group.filter(|group| !group.is_empty()).map_or_else(log_group, str::to_owned),
        ..FunctionState::default()
    }
}

fn sorted(mut names: Vec<&str>) -> Vec<String> {
    names.sort_unstable();
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::{
        Architecture, EnvironmentError, EnvironmentResponse, EphemeralStorage, Layer, LoggingConfig, Runtime,
        VpcConfigResponse,
    };

    use super::*;

    type Tested = Result<(), aws_sdk_lambda::error::BuildError>;

    fn environment() -> EnvironmentResponse {
        EnvironmentResponse::builder().variables("TOKEN", "hunter2").variables("HOST", "db.internal").build()
    }

    fn network() -> VpcConfigResponse {
        VpcConfigResponse::builder().subnet_ids("subnet-2").subnet_ids("subnet-1").security_group_ids("sg-1").build()
    }

    macro_rules! orders {
        ($builder:expr) => {
            $builder
                .function_name("orders")
                .code_sha256("q83vEjRWeJCrze8=")
                .last_modified("2026-11-27T09:58:00.000+0000")
                .version("$LATEST")
                .description("takes orders, password=hunter2")
                .runtime(Runtime::Python312)
                .handler("app.handler")
                .memory_size(512)
                .timeout(30)
                .role("arn:aws:iam::111111111111:role/orders")
                .layers(Layer::builder().arn("arn:aws:lambda:eu-west-1:111111111111:layer:tools:3").build())
                .layers(Layer::builder().arn("arn:aws:lambda:eu-west-1:111111111111:layer:base:1").build())
                .environment(environment())
                .vpc_config(network())
                .architectures(Architecture::Arm64)
                .ephemeral_storage(EphemeralStorage::builder().size(1024).build()?)
                .logging_config(LoggingConfig::builder().log_group("/team/orders").build())
                .build()
        };
    }

    #[test]
    fn both_descriptions_become_the_same_state() -> Tested {
        let listed = state_of(&orders!(FunctionConfiguration::builder()), None);
        assert_eq!(listed, state_of(&orders!(GetFunctionConfigurationOutput::builder()), None));
        let layer = |name: &str| format!("arn:aws:lambda:eu-west-1:111111111111:layer:{name}");
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let expected = FunctionState {
            code: "q83vEjRWeJCrze8=".to_owned(),
            modified_at: Some(1_795_773_480),
            version: "$LATEST".to_owned(),
            description: "takes orders, password=[redacted]".to_owned(),
            runtime: "python3.12".to_owned(),
            handler: "app.handler".to_owned(),
            memory: Some(512),
            timeout: Some(30),
            storage: Some(1024),
            role: "arn:aws:iam::111111111111:role/orders".to_owned(),
            layers: vec![layer("tools:3"), layer("base:1")],
            environment: texts(&["HOST", "TOKEN"]),
            network: texts(&["sg-1", "subnet-1", "subnet-2"]),
            architecture: "arm64".to_owned(),
            log_group: "/team/orders".to_owned(),
            ..FunctionState::default()
        };
        assert_eq!(listed, expected);
        assert!(!format!("{listed:?}").contains("hunter2"));
        Ok(())
    }

    #[test]
    fn a_sparse_description_has_defaults() {
        let image = FunctionConfiguration::builder().function_name("image").last_modified("yesterday").build();
        let expected = FunctionState { log_group: "/aws/lambda/image".to_owned(), ..FunctionState::default() };
        assert_eq!(state_of(&image, None), expected);
    }

    /// A key that is withdrawn hides the variables. That removes none.
    #[test]
    fn hidden_variables_are_not_removed_ones() {
        let error = EnvironmentError::builder().error_code("AccessDeniedException").build();
        let hidden = EnvironmentResponse::builder().error(error).build();
        let description = FunctionConfiguration::builder().environment(hidden).build();
        let before = FunctionState { environment: vec!["HOST".to_owned()], ..FunctionState::default() };
        assert_eq!(state_of(&description, Some(&before)).environment, ["HOST"]);
        let bare = FunctionConfiguration::builder().build();
        assert!(state_of(&bare, Some(&before)).environment.is_empty());
    }
}
