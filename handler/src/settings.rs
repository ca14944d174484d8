//! What the function's environment says, read once.

/// Settings of the incident handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name of the incident table.
    pub table: String,
    /// ARN of the alert topic.
    pub topic_arn: String,
    /// Name of the stack.
    pub stack: String,
    /// Name of this function.
    pub function: String,
}

/// A variable that the template sets is not there.
#[derive(Debug, thiserror::Error)]
#[error("environment variable {0} is not set; deploy with `incidentctl up`")]
pub struct MissingVariable(&'static str);

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn from_environment() -> Result<Self, MissingVariable> {
        let variable = |name| std::env::var(name).map_err(|_| MissingVariable(name));
        Ok(Self {
            table: variable("INCIDENT_TABLE")?,
            topic_arn: variable("INCIDENT_TOPIC_ARN")?,
            stack: variable("INCIDENT_STACK")?,
            function: variable("AWS_LAMBDA_FUNCTION_NAME")?,
        })
    }
}
