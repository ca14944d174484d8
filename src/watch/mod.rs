//! The asynchronous failures of functions outside the stack: where Lambda sends them, and where they went before.
//!
//! Lambda keeps a configuration per qualifier of a function. Only its on-failure destination is changed, never
//! retries or event age. See
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.

mod before;
mod change;
mod config;
mod coverage;
mod error;
mod permission;

use crate::session::Session;
use incident_deploy::aws::{AwsError, Clients, Explain};

pub use change::{Added, Removed};
pub use coverage::{Coverage, Kind};
pub use error::WatchError;

/// Functions of an account, and its default event bus.
#[derive(Debug, Clone)]
pub struct Watch {
    clients: Clients,
    bus: String,
    handler: String,
}

/// A function, or one version or alias of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Function {
    /// With the qualifier, if any.
    name: String,
    /// Without a qualifier: tags belong to the function.
    arn: String,
    qualifier: Option<String>,
    role: String,
}

impl Watch {
    /// The functions of a session's account; `handler` must never be watched. Makes no call.
    pub fn new(session: &Session, clients: &Clients, handler: String) -> Self {
        Self { clients: clients.clone(), bus: session.arn("events", "event-bus/default"), handler }
    }

    async fn function(&self, name: &str, qualifier: Option<&str>) -> Result<Function, AwsError> {
        const CALL: &str = "lambda:GetFunctionConfiguration";
        if !names_a_function(name) {
            return Err(AwsError::new(CALL, "ValidationException", format!("`{name}` is no function's name or ARN")));
        }
        let call = self.clients.lambda.get_function_configuration().function_name(name);
        let found = call.set_qualifier(qualifier.map(str::to_owned)).send().await;
        let found = found.explain(CALL)?;
        let (arn, qualifier) = split(found.function_arn().unwrap_or_default());
        let name = found.function_name().unwrap_or(name);
        Ok(Function {
            name: qualifier.map_or_else(|| name.to_owned(), |qualifier| format!("{name}:{qualifier}")),
            arn: arn.to_owned(),
            qualifier: qualifier.map(str::to_owned),
            role: found.role().unwrap_or_default().to_owned(),
        })
    }
}

/// Whether a text can be a function's name or ARN, with a version or alias:
/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>.
fn names_a_function(text: &str) -> bool {
    let is_of_names = |character: char| character.is_ascii_alphanumeric() || "-_:.$".contains(character);
    (1..=256).contains(&text.len()) && text.chars().all(is_of_names)
}

/// The ARN of a function without its qualifier, and the qualifier. `$LATEST` counts as unqualified.
fn split(arn: &str) -> (&str, Option<&str>) {
    match arn.match_indices(':').nth(6) {
        Some((end, _)) => (&arn[..end], Some(&arn[end + 1..]).filter(|qualifier| *qualifier != "$LATEST")),
        None => (arn, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_or_an_arn_names_a_function() {
        for name in
            ["orders", "orders:live", "orders:$LATEST", "arn:aws:lambda:eu-west-1:111122223333:function:a_b-c:7"]
        {
            assert!(names_a_function(name), "{name}");
        }
        for name in ["", "or ders", "../orders", "orders?x", "bestellung/ä", "a\u{1b}[2J"] {
            assert!(!names_a_function(name), "{name}");
        }
    }

    #[test]
    fn a_qualifier_is_separated_from_a_name() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:orders";
        for (qualified, qualifier) in [("", None), (":live", Some("live")), (":7", Some("7")), (":$LATEST", None)] {
            assert_eq!(split(&format!("{arn}{qualified}")), (arn, qualifier));
        }
    }
}
