//! The function as it is now.

use incident_model::analysis::{FunctionState, WhyMissing};

use super::Gather;
use super::calls::Calls;
use super::subject::Subject;
use crate::clients::EvidenceClients;
use crate::function_state::state_of;

/// `lambda:GetFunctionConfiguration`, of the version that ran.
#[derive(Debug)]
pub(super) struct Configuration<'a> {
    pub(super) clients: &'a EvidenceClients,
    pub(super) calls: &'a Calls,
}

impl Gather for Configuration<'_> {
    type Found = FunctionState;

    async fn gather(&self, of: &Subject<'_>) -> Result<FunctionState, WhyMissing> {
        let function = of.function.ok_or(WhyMissing::None)?;
        let ask = self.clients.lambda().get_function_configuration().function_name(function.name);
        let ask = ask.set_qualifier(function.qualifier.map(str::to_owned));
        let described = self.calls.make(ask.send()).await?;
        Ok(state_of(&described, of.history.map(|history| &history.state)))
    }
}
