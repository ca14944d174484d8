//! The deployed stack next to the desired one, for commands that only read.

use super::deployment;
use crate::error::CommandError;
use crate::session::Session;
use crate::settings::Settings;
use incident_deploy::engine::{self, Deployment};
use incident_deploy::plan::{Observations, Plan, PlanError};
use incident_deploy::resources::{self, Scope, Values};
use incident_deploy::template::{CODE_TAG, HANDLER, Stack};

/// The observed resources and the desired ones: today's settings with the code of the last deployment.
pub(super) struct Deployed {
    pub(super) deployment: Deployment,
    pub(super) observations: Observations,
}

impl Deployed {
    pub(super) async fn read(session: &Session, settings: &Settings) -> Result<Self, CommandError> {
        let observations = deployment::as_deployed(session, settings, [])?.observe(Scope::StackOnly).await?;
        let mut deployment = deployment::as_deployed(session, settings, code_of(&observations))?;
        take_code(&mut deployment.stack, &observations);
        Ok(Self { deployment, observations })
    }

    /// Whether any resource of the stack exists.
    pub(super) fn exists(&self) -> bool {
        engine::any_is_ours(&self.observations)
    }

    /// What `up` would change if the code stayed the same.
    pub(super) fn plan(&self) -> Result<Plan, PlanError> {
        Plan::up(&self.deployment.stack, &self.observations, &resources::RULES)
    }
}

/// The parameters that depend on the code, read from the deployed handler.
fn code_of(observations: &Observations) -> Vec<(&'static str, String)> {
    let Some(handler) = observations.get(HANDLER).map(|handler| &handler.properties) else { return Vec::new() };
    let architecture = handler.texts("Architectures").into_iter().next();
    let key = handler.tags().into_iter().find(|tag| tag.key == CODE_TAG).map(|tag| tag.value);
    let parameters = [("Architecture", architecture), ("CodeKey", key)];
    parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn take_code(stack: &mut Stack, observations: &Observations) {
    for resource in &mut stack.resources {
        let code = observations.get(&resource.logical_id).and_then(|observed| observed.properties.get("Code"));
        if let (Some(desired), Some(code)) = (resource.properties.get_mut("Code"), code) {
            *desired = code.clone();
        }
    }
}
