//! Settings common to create and update: parsed, validated, shown.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::validation::{
    check_architectures, check_environment, check_pattern_of_role, check_range, check_runtime, invalid, violation,
};
use crate::{ApiError, Input};

/// Configuration parameters of both `CreateFunction` and `UpdateFunctionConfiguration`.
pub(super) const SETTING_PARAMETERS: [&str; 13] = [
    "FunctionName",
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "DeadLetterConfig",
    "Environment",
    "KMSKeyArn",
    "TracingConfig",
    "EphemeralStorage",
    "LoggingConfig",
];

/// A function's configuration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) role: String,
    /// The role's `RoleId` when it was set: the grant on the environment variables' key is bound to it.
    pub(super) role_id: Option<String>,
    pub(super) runtime: String,
    pub(super) handler: String,
    pub(super) description: String,
    /// Seconds.
    pub(super) timeout: u32,
    /// Megabytes.
    pub(super) memory: u32,
    /// Megabytes of `/tmp`.
    ephemeral_storage: u32,
    pub(super) architecture: String,
    pub(super) environment: Option<BTreeMap<String, String>>,
    key_arn: Option<String>,
    tracing_mode: String,
    /// Dead-letter queue or topic.
    pub(super) dead_letter: Option<String>,
    pub(super) logging: Logging,
    /// ARNs. No operation here attaches layers or a VPC: only a history brings them in.
    pub(super) layers: Vec<String>,
    pub(super) vpc: Option<Vpc>,
}

/// Where a function's network interfaces are.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vpc {
    vpc_id: String,
    subnets: Vec<String>,
    security_groups: Vec<String>,
}

/// Logging configuration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Logging {
    /// `Text` or `JSON`.
    pub(super) format: String,
    pub(super) group: String,
    application_level: Option<String>,
    system_level: Option<String>,
}

impl Settings {
    /// Size of `/tmp` in bytes.
    pub(super) fn storage(&self) -> u64 {
        u64::from(self.ephemeral_storage) << 20
    }

    /// A new function's settings, with AWS's defaults.
    ///
    /// # Errors
    /// `ValidationException` and `InvalidParameterValueException`, as on AWS.
    pub(super) fn create(name: &str, input: &Input) -> Result<Self, ApiError> {
        let (Some(runtime), Some(handler)) = (input.text("Runtime"), input.text("Handler")) else {
            return Err(invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            ));
        };
        let mut settings = Self {
            role: input.required_text("Role")?.to_owned(),
            role_id: None,
            runtime: runtime.to_owned(),
            handler: handler.to_owned(),
            description: String::new(),
            timeout: 3,
            memory: 128,
            ephemeral_storage: 512,
            architecture: "x86_64".to_owned(),
            environment: None,
            key_arn: None,
            tracing_mode: "PassThrough".to_owned(),
            dead_letter: None,
            logging: Logging {
                format: "Text".to_owned(),
                group: format!("/aws/lambda/{name}"),
                application_level: None,
                system_level: None,
            },
            layers: Vec::new(),
            vpc: None,
        };
        settings.update(input)?;
        settings.set_architectures(input)?;
        Ok(settings)
    }

    /// Applies the given settings.
    ///
    /// # Errors
    /// `ValidationException` and `InvalidParameterValueException`, as on AWS.
    pub(super) fn update(&mut self, input: &Input) -> Result<(), ApiError> {
        if let Some(role) = input.text("Role") {
            check_pattern_of_role(role)?;
            self.role = role.to_owned();
        }
        if let Some(runtime) = input.text("Runtime") {
            check_runtime(runtime)?;
            self.runtime = runtime.to_owned();
        }
        if let Some(handler) = input.text("Handler") {
            self.handler = checked_handler(handler)?;
        }
        if let Some(description) = input.text("Description") {
            self.description = checked_description(description)?;
        }
        self.timeout = check_range(input, "Timeout", 1, 900)?.unwrap_or(self.timeout);
        self.memory = check_range(input, "MemorySize", 128, 10_240)?.unwrap_or(self.memory);
        if let Some(storage) = input.structure("EphemeralStorage") {
            self.ephemeral_storage = check_range(&storage, "Size", 512, 10_240)?.unwrap_or(self.ephemeral_storage);
        }
        if let Some(environment) = input.structure("Environment") {
            let variables = text_members(&environment.structure("Variables").unwrap_or_default())?;
            check_environment(&variables)?;
            self.environment = (!variables.is_empty()).then_some(variables);
        }
        if let Some(key) = input.text("KMSKeyArn") {
            self.key_arn = Some(key.to_owned()).filter(|key| !key.is_empty());
        }
        if let Some(mode) = input.structure("TracingConfig").and_then(|tracing| tracing.text("Mode").map(str::to_owned))
        {
            self.tracing_mode = one_of("tracingConfig.mode", &mode, &["Active", "PassThrough"])?;
        }
        if let Some(dead_letter) = input.structure("DeadLetterConfig") {
            self.set_dead_letter(&dead_letter)?;
        }
        match input.structure("LoggingConfig") {
            Some(logging) => self.logging.update(&logging),
            None => Ok(()),
        }
    }

    /// Sets the dead-letter target: an empty ARN removes it, an empty structure changes nothing.
    fn set_dead_letter(&mut self, config: &Input) -> Result<(), ApiError> {
        if let Some(target) = config.text("TargetArn") {
            self.dead_letter = checked_dead_letter(target)?;
        }
        Ok(())
    }

    /// Sets `Architectures`, which belongs to the code, not to the configuration.
    ///
    /// # Errors
    /// `ValidationException` for an unknown architecture.
    pub(super) fn set_architectures(&mut self, input: &Input) -> Result<(), ApiError> {
        if let Some(architecture) = check_architectures(input)? {
            self.architecture = architecture;
        }
        Ok(())
    }

    /// Whether the local AWS can run the runtime: its packages are executables.
    pub(super) fn is_runnable(&self) -> bool {
        ["provided.al2023", "provided.al2"].contains(&self.runtime.as_str())
    }

    /// The runtime version ARN.
    pub(super) fn runtime_version_arn(&self, region: &str) -> String {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(self.runtime.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("arn:aws:lambda:{region}::runtime:{digest}")
    }

    /// Adds the settings to a `FunctionConfiguration`.
    pub(super) fn describe(&self, members: &mut Map<String, Value>) {
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("Runtime", json!(self.runtime));
        put("Role", json!(self.role));
        put("Handler", json!(self.handler));
        put("Description", json!(self.description));
        put("Timeout", json!(self.timeout));
        put("MemorySize", json!(self.memory));
        put("Architectures", json!([self.architecture]));
        put("EphemeralStorage", json!({ "Size": self.ephemeral_storage }));
        put("TracingConfig", json!({ "Mode": self.tracing_mode }));
        put("LoggingConfig", self.logging.describe());
        if let Some(variables) = &self.environment {
            put("Environment", json!({ "Variables": variables }));
        }
        if let Some(key) = &self.key_arn {
            put("KMSKeyArn", json!(key));
        }
        if let Some(target) = &self.dead_letter {
            put("DeadLetterConfig", json!({ "TargetArn": target }));
        }
        if !self.layers.is_empty() {
            let layers: Vec<Value> = self.layers.iter().map(|arn| json!({ "Arn": arn, "CodeSize": 0 })).collect();
            put("Layers", json!(layers));
        }
        if let Some(vpc) = &self.vpc {
            put(
                "VpcConfig",
                json!({
                    "VpcId": vpc.vpc_id, "SubnetIds": vpc.subnets, "SecurityGroupIds": vpc.security_groups,
                    "Ipv6AllowedForDualStack": false,
                }),
            );
        }
    }
}

impl Logging {
    fn update(&mut self, input: &Input) -> Result<(), ApiError> {
        if let Some(format) = input.text("LogFormat") {
            self.format = one_of("loggingConfig.logFormat", format, &["JSON", "Text"])?;
        }
        if let Some(group) = input.text("LogGroup") {
            check_log_group(group)?;
            self.group = group.to_owned();
        }
        let application = input.text("ApplicationLogLevel");
        let system = input.text("SystemLogLevel");
        if self.format == "Text" {
            (self.application_level, self.system_level) = (None, None);
            return match application.or(system) {
                Some(_) => Err(invalid("Log level is not supported when LogFormat is set to 'Text'.")),
                None => Ok(()),
            };
        }
        let chosen = |name: &str, given: Option<&str>, kept: &Option<String>, levels: &[&str]| match given {
            Some(level) => one_of(&format!("loggingConfig.{name}"), level, levels),
            None => Ok(kept.clone().unwrap_or_else(|| "INFO".to_owned())),
        };
        let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
        self.application_level = Some(chosen("applicationLogLevel", application, &self.application_level, &levels)?);
        self.system_level = Some(chosen("systemLogLevel", system, &self.system_level, &levels[1..4])?);
        Ok(())
    }

    fn describe(&self) -> Value {
        let mut members = json!({ "LogFormat": self.format, "LogGroup": self.group });
        if let Some(level) = &self.application_level {
            members["ApplicationLogLevel"] = json!(level);
        }
        if let Some(level) = &self.system_level {
            members["SystemLogLevel"] = json!(level);
        }
        members
    }
}

fn check_log_group(group: &str) -> Result<(), ApiError> {
    let is_legal = |character: char| character.is_ascii_alphanumeric() || ".-_/#".contains(character);
    if group.is_empty() || group.len() > 512 {
        let bound = if group.is_empty() { "greater than or equal to 1" } else { "less than or equal to 512" };
        return Err(violation(group, "loggingConfig.logGroup", &format!("have length {bound}")));
    }
    if !group.chars().all(is_legal) {
        let pattern = "satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+";
        return Err(violation(group, "loggingConfig.logGroup", pattern));
    }
    Ok(())
}

/// The members of a structure of texts.
///
/// # Errors
/// `SerializationException` for any other value.
pub(super) fn text_members(input: &Input) -> Result<BTreeMap<String, String>, ApiError> {
    input
        .0
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name.clone(), text.clone())),
            other => Err(ApiError::new("SerializationException", format!("{other} can not be converted to a String"))),
        })
        .collect()
}

fn checked_handler(handler: &str) -> Result<String, ApiError> {
    if handler.is_empty() || handler.len() > 128 || handler.contains(char::is_whitespace) {
        return Err(ApiError::new(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{handler}' at 'handler' failed to satisfy constraint: Member must \
                 satisfy regular expression pattern: [^\\s]+"
            ),
        ));
    }
    Ok(handler.to_owned())
}

pub(super) fn checked_description(description: &str) -> Result<String, ApiError> {
    if description.chars().count() > 256 {
        return Err(ApiError::new(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{description}' at 'description' failed to satisfy constraint: \
                 Member must have length less than or equal to 256"
            ),
        ));
    }
    Ok(description.to_owned())
}

fn checked_dead_letter(target: &str) -> Result<Option<String>, ApiError> {
    match target {
        "" => Ok(None),
        target if target.starts_with("arn:aws:sqs:") || target.starts_with("arn:aws:sns:") => {
            Ok(Some(target.to_owned()))
        }
        target => Err(ApiError::new(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{target}' at 'deadLetterConfig.targetArn' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: \
                 (arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"
            ),
        )),
    }
}

fn one_of(name: &str, value: &str, allowed: &[&str]) -> Result<String, ApiError> {
    if allowed.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(ApiError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must satisfy \
             enum value set: [{}]",
            allowed.join(", ")
        ),
    ))
}
