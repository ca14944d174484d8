//! The error generator of a stack, changed for a test and put back. A tag, set before the change and removed after it is undone,
//! survives whatever ends this program in between.

use std::time::Duration;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Architecture, LastUpdateStatus, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::alteration::{Alteration, Former, LEAST_MEMORY, LeftOver, TAG};
use super::broken_code;
use crate::settings::StackName;
use incident_deploy::aws::wait::{retry, until};
use incident_deploy::aws::{AwsError, Clients, Explain};
use incident_deploy::progress::Progress;

const GET: &str = "lambda:GetFunction";
/// How long Lambda may take for a change.
const LIMIT: Duration = Duration::from_secs(120);

/// The generator of one stack.
#[derive(Debug, Clone)]
pub struct Generator {
    clients: Clients,
    name: String,
    /// It runs the same code.
    handler: String,
}

/// Why the generator cannot be changed or put back.
#[derive(Debug, thiserror::Error)]
pub enum GeneratorError {
    /// The stack does not exist.
    #[error("no function `{function}`: the stack is not deployed here")]
    NoStack {
        /// The generator, or the handler.
        function: String,
    },
    /// AWS refused.
    #[error("cannot read or change the error generator")]
    Aws(#[from] AwsError),
    /// It already has the least memory.
    #[error("{function} has {memory} MB of memory, which cannot be lowered")]
    LittleMemory {
        /// The generator.
        function: String,
        /// Its memory, in MB.
        memory: i32,
    },
    /// Its code cannot be put back, so it is not replaced.
    #[error("the downloaded code of {function} is not the code that it runs")]
    OtherCode {
        /// The generator.
        function: String,
    },
    /// The code that does not start cannot be packed.
    #[error("cannot pack the broken code")]
    Zip(#[from] zip::result::ZipError),
}

impl GeneratorError {
    /// The hints.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoStack { .. } => {
                vec!["`incidentctl up` provisions it; --stack and --region select another".to_owned()]
            }
            Self::Aws(error) => error.hint().map(str::to_owned).into_iter().collect(),
            Self::LittleMemory { .. } => vec!["`incidentctl up` gives it more".to_owned()],
            Self::OtherCode { .. } => vec!["try again".to_owned()],
            Self::Zip(_) => Vec::new(),
        }
    }
}

impl Generator {
    /// The generator of a stack. Makes no call.
    pub fn new(clients: &Clients, stack: &StackName) -> Self {
        Self { clients: clients.clone(), name: stack.generator(), handler: stack.handler() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Undoes what an earlier test changed and did not undo; returns what that was. Code comes from the handler, which runs the
    /// same.
    ///
    /// # Errors
    /// As [`GeneratorError`].
    pub async fn repair(&self) -> Result<Option<LeftOver>, GeneratorError> {
        let found = self.get(&self.name).await?;
        let tag = found.tags.as_ref().and_then(|tags| tags.get(TAG));
        let Some(left) = tag.and_then(|tag| LeftOver::of(tag)) else { return Ok(None) };
        match left {
            LeftOver::Code => {
                let handler = self.get(&self.handler).await?;
                if sha256(&handler) != sha256(&found) {
                    self.put(&self.code_of(&self.handler, &handler).await?).await?;
                }
            }
            LeftOver::Memory(before) if memory(&found) == LEAST_MEMORY => self.put(&Former::Memory(before)).await?,
            LeftOver::Memory(_) => {}
        }
        self.untag(&found).await?;
        Ok(Some(left))
    }

    /// What an alteration will replace. Changes nothing.
    ///
    /// # Errors
    /// If that could not be put back, or would change nothing.
    pub async fn former(&self, alteration: Alteration) -> Result<Former, GeneratorError> {
        let found = self.get(&self.name).await?;
        match alteration {
            Alteration::BrokenCode => self.code_of(&self.name, &found).await,
            Alteration::LessMemory if memory(&found) > LEAST_MEMORY => Ok(Former::Memory(memory(&found))),
            Alteration::LessMemory => {
                Err(GeneratorError::LittleMemory { function: self.name.clone(), memory: memory(&found) })
            }
        }
    }

    /// Makes the change, and does not wait for it. Must not be cut off: a call that is on its way would come after the one that
    /// undoes it.
    ///
    /// # Errors
    /// As [`GeneratorError`]; the change may have been made.
    pub async fn alter(&self, former: &Former) -> Result<(), GeneratorError> {
        let found = self.get(&self.name).await?;
        let call = self.clients.lambda.tag_resource().resource(arn(&found)).tags(TAG, former.tag());
        call.send().await.explain("lambda:TagResource")?;
        match former {
            Former::Code { architectures, .. } => {
                self.update_code(&broken_code::zip()?.into(), architectures).await?;
            }
            Former::Memory(_) => self.update_memory(LEAST_MEMORY).await?,
        }
        Ok(())
    }

    /// Waits until the generator runs as it was changed.
    ///
    /// # Errors
    /// If Lambda fails to change it, or takes longer than two minutes.
    pub async fn settled(&self) -> Result<(), GeneratorError> {
        until(&Progress::silent(), "the error generator to be changed", LIMIT, || async {
            let call = self.clients.lambda.get_function_configuration().function_name(&self.name).send().await;
            let now = call.explain("lambda:GetFunctionConfiguration")?;
            if now.last_update_status() == Some(&LastUpdateStatus::Failed) {
                let reason = now.last_update_status_reason().unwrap_or("AWS gave no reason");
                return Err(AwsError::new("lambda:GetFunctionConfiguration", "UpdateFailed", reason));
            }
            let is_busy =
                now.state() == Some(&State::Pending) || now.last_update_status() == Some(&LastUpdateStatus::InProgress);
            Ok((!is_busy).then_some(()))
        })
        .await?;
        Ok(())
    }

    /// Puts back what was before, and waits until it runs. Idempotent.
    ///
    /// # Errors
    /// As [`GeneratorError`]; [`Self::repair`] tries again.
    pub async fn restore(&self, former: &Former) -> Result<(), GeneratorError> {
        self.put(former).await?;
        self.untag(&self.get(&self.name).await?).await
    }

    async fn put(&self, former: &Former) -> Result<(), GeneratorError> {
        match former {
            Former::Code { zip, architectures } => self.update_code(zip, architectures).await?,
            Former::Memory(memory) => self.update_memory(*memory).await?,
        }
        self.settled().await
    }

    async fn update_code(&self, zip: &Bytes, architectures: &[Architecture]) -> Result<(), AwsError> {
        let call = self.clients.lambda_at_length.update_function_code().function_name(&self.name);
        let architectures = Some(architectures.to_vec()).filter(|known| !known.is_empty());
        let call = call.set_architectures(architectures).zip_file(Blob::new(zip.to_vec()));
        let update = || async { call.clone().send().await.explain("lambda:UpdateFunctionCode") };
        retry(&Progress::silent(), update).await.map(drop)
    }

    async fn update_memory(&self, memory: i32) -> Result<(), AwsError> {
        let call = self.clients.lambda.update_function_configuration().function_name(&self.name).memory_size(memory);
        let update = || async { call.clone().send().await.explain("lambda:UpdateFunctionConfiguration") };
        retry(&Progress::silent(), update).await.map(drop)
    }

    async fn untag(&self, found: &GetFunctionOutput) -> Result<(), GeneratorError> {
        let call = self.clients.lambda.untag_resource().resource(arn(found)).tag_keys(TAG);
        call.send().await.explain("lambda:UntagResource")?;
        Ok(())
    }

    async fn get(&self, function: &str) -> Result<GetFunctionOutput, GeneratorError> {
        let found = self.clients.lambda.get_function().function_name(function).send().await.explain(GET);
        found.map_err(|error| match error.is("ResourceNotFoundException") {
            true => GeneratorError::NoStack { function: function.to_owned() },
            false => error.into(),
        })
    }

    /// The code of a function, byte by byte as it was deployed.
    async fn code_of(&self, function: &str, found: &GetFunctionOutput) -> Result<Former, GeneratorError> {
        let link = found.code().and_then(|code| code.location()).unwrap_or_default();
        let zip = self.clients.download(link, GET).await?;
        if STANDARD.encode(Sha256::digest(&zip)) != sha256(found) {
            return Err(GeneratorError::OtherCode { function: function.to_owned() });
        }
        let architectures = found.configuration().map(|configuration| configuration.architectures().to_vec());
        Ok(Former::Code { zip, architectures: architectures.unwrap_or_default() })
    }
}

fn sha256(found: &GetFunctionOutput) -> &str {
    found.configuration().and_then(|configuration| configuration.code_sha256()).unwrap_or_default()
}

fn memory(found: &GetFunctionOutput) -> i32 {
    found.configuration().and_then(|configuration| configuration.memory_size()).unwrap_or_default()
}

fn arn(found: &GetFunctionOutput) -> &str {
    found.configuration().and_then(|configuration| configuration.function_arn()).unwrap_or_default()
}
