//! Whether a function's role may put events on the bus.

use aws_sdk_iam::types::PolicyEvaluationDecisionType;

use super::Watch;
use incident_deploy::aws::{AwsError, Explain};

/// The action Lambda performs with the function's role.
pub(super) const ACTION: &str = "events:PutEvents";

/// IAM's verdict in a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Permission {
    Granted,
    Missing,
    /// IAM could not be asked.
    Unknown(AwsError),
}

impl Watch {
    pub(super) async fn permission(&self, role: &str) -> Permission {
        let call = self.clients.iam.simulate_principal_policy().policy_source_arn(role);
        let answer = call.action_names(ACTION).resource_arns(&self.bus).send().await;
        match answer.explain("iam:SimulatePrincipalPolicy") {
            Err(error) => Permission::Unknown(error),
            Ok(answer) => {
                let mut results = answer.evaluation_results().iter();
                match results.all(|result| *result.eval_decision() == PolicyEvaluationDecisionType::Allowed) {
                    true => Permission::Granted,
                    false => Permission::Missing,
                }
            }
        }
    }
}
