//! Has the handler do something now, by an invocation of its own.

use aws_sdk_lambda::primitives::Blob;
use incident_model::Analysis;
use incident_model::control::{Control, SelfCheck};
use serde::Deserialize;
use serde_json::Value;

use crate::settings::StackName;
use incident_deploy::aws::{AwsError, Clients, Explain};
use incident_deploy::self_check::complaint;

/// The handler of one stack.
#[derive(Debug, Clone)]
pub struct HandlerControl {
    clients: Clients,
    function: String,
}

/// Why the handler does not do it.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The stack does not exist.
    #[error("no function `{function}`: the stack is not deployed here")]
    NoStack {
        /// The handler.
        function: String,
    },
    /// Lambda rejected the invocation.
    #[error("cannot invoke the handler")]
    Aws(#[source] AwsError),
    /// The handler does not work.
    #[error("the handler does not work: {complaint}")]
    Unhealthy {
        /// What its self-check says.
        complaint: String,
    },
    /// The handler is of a version without this request.
    #[error("the deployed handler (version {version}) does not know the request `{request}`")]
    Older {
        /// Its version.
        version: String,
        /// The name of the request.
        request: &'static str,
    },
    /// The handler failed, or its answer cannot be read.
    #[error("the handler failed: {answer}")]
    Failed {
        /// What it answered.
        answer: String,
    },
}

impl ControlError {
    /// The hints.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoStack { .. } => {
                vec!["`incidentctl up` provisions it; --stack and --region select another".to_owned()]
            }
            Self::Aws(error) => error.hint().map(str::to_owned).into_iter().collect(),
            Self::Unhealthy { .. } | Self::Failed { .. } => vec!["`incidentctl logs handler` shows its log".to_owned()],
            Self::Older { .. } => vec!["`incidentctl up` updates it".to_owned()],
        }
    }
}

impl HandlerControl {
    /// The handler of a stack. Makes no call.
    pub fn new(clients: &Clients, stack: &StackName) -> Self {
        Self { clients: clients.clone(), function: stack.handler() }
    }

    /// Gathers the evidence of an incident again, and returns the new analysis, which is also written to the record.
    ///
    /// # Errors
    /// As [`ControlError`].
    pub async fn analyse(&self, incident_id: &str) -> Result<Analysis, ControlError> {
        let answer = self.request(&Control::Analyse { incident_id: incident_id.to_owned() }).await?;
        serde_json::from_value(answer.clone()).map_err(|_| ControlError::Failed { answer: answer.to_string() })
    }

    /// Takes a snapshot of a function's settings, against which later changes of it are found.
    ///
    /// # Errors
    /// As [`ControlError`].
    pub async fn snapshot(&self, function: &str) -> Result<(), ControlError> {
        self.request(&Control::Snapshot { function: function.to_owned() }).await.map(drop)
    }

    /// Makes a request that older handlers do not know. They would take it for an unreadable event and fail, which raises the
    /// alarm on the handler: so the handler is asked first.
    async fn request(&self, control: &Control) -> Result<Value, ControlError> {
        let request = control.name();
        let answer = self.invoke(&Control::SelfCheck).await?;
        let check = SelfCheck::deserialize(&answer).unwrap_or_default();
        match check {
            check if check.requests.iter().any(|known| known == request) => self.invoke(control).await,
            SelfCheck { ok: true, version, .. } => Err(ControlError::Older { version, request }),
            _ => Err(ControlError::Unhealthy { complaint: complaint(&answer.to_string()) }),
        }
    }

    async fn invoke(&self, control: &Control) -> Result<Value, ControlError> {
        let call = self.clients.lambda_at_length.invoke().function_name(&self.function);
        let call = call.payload(Blob::new(control.payload().to_string())).send().await;
        let output = call.explain("lambda:Invoke").map_err(|error| self.refused(error))?;
        let answer = output.payload.map(Blob::into_inner).unwrap_or_default();
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_else(|_| String::from_utf8_lossy(&answer).into());
        match output.function_error {
            Some(_) => Err(ControlError::Failed { answer: answer.to_string() }),
            None => match answer.get("error").and_then(Value::as_str) {
                Some(error) => Err(ControlError::Failed { answer: error.to_owned() }),
                None => Ok(answer),
            },
        }
    }

    fn refused(&self, error: AwsError) -> ControlError {
        match error.is("ResourceNotFoundException") {
            true => ControlError::NoStack { function: self.function.clone() },
            false => ControlError::Aws(error),
        }
    }
}
