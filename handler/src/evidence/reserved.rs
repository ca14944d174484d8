//! The concurrency that is reserved for the function.

use incident_model::analysis::{FunctionState, Gathered, WhyMissing};

use super::Gather;
use super::calls::Calls;
use super::subject::Subject;
use crate::clients::EvidenceClients;

/// `lambda:GetFunctionConcurrency`, about calls that were throttled. These leave no log lines, whose call it takes.
#[derive(Debug)]
pub(super) struct Reserved<'a> {
    pub(super) clients: &'a EvidenceClients,
    pub(super) calls: &'a Calls,
}

impl Gather for Reserved<'_> {
    type Found = Option<u64>;

    async fn gather(&self, of: &Subject<'_>) -> Result<Option<u64>, WhyMissing> {
        let function = of.function.filter(|_| of.is_throttled).ok_or(WhyMissing::None)?;
        let ask = self.clients.lambda().get_function_concurrency().function_name(function.name);
        let answer = self.calls.make(ask.send()).await?;
        Ok(answer.reserved_concurrent_executions.and_then(|reserved| u64::try_from(reserved).ok()))
    }
}

/// The state with what is reserved, if that was found.
pub(super) fn with_reserved(
    function: Gathered<FunctionState>,
    reserved: &Gathered<Option<u64>>,
) -> Gathered<FunctionState> {
    match (function, reserved) {
        (Gathered::Found(state), Gathered::Found(concurrency)) => {
            Gathered::Found(FunctionState { concurrency: *concurrency, unreserved: concurrency.is_none(), ..state })
        }
        (function, _) => function,
    }
}
