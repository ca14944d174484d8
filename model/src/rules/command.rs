//! Which values of an event may enter a command. Readers copy a recommendation's commands into a shell, and the names
//! in events are untrusted.

use serde_json::Value;

use crate::name::Kind;
use crate::observation::Observation;

/// Whether a value may replace a placeholder in a command: it must be a valid name of its kind, and neither shell
/// syntax, nor an option, nor a file that the AWS CLI would read.
pub(super) fn may_hold(observation: &Observation, placeholder: &str, value: &str) -> bool {
    let is_option = value.starts_with('-');
    !value.is_empty() && !is_option && !value.contains("://") && kind(observation, placeholder).accepts(value)
}

/// The kind of a value.
fn kind(observation: &Observation, placeholder: &str) -> Kind {
    let is_dead_letter = observation.attributes.get("condition").and_then(Value::as_str) == Some("DeadLetter");
    match (placeholder, observation.source.as_str()) {
        ("region", _) => Kind::Region,
        ("account", _) => Kind::Account,
        ("attributes.function", _) => Kind::Function,
        ("resource", "lambda") if !is_dead_letter => Kind::Function,
        ("resource", "lambda" | "sqs") => Kind::Queue,
        ("resource", "cloudformation") => Kind::Stack,
        ("resource" | "request_id" | "attributes.cluster", "ecs") => Kind::Container,
        ("resource", "rds" | "dms") => Kind::Database,
        ("resource", "events" | "scheduler") => Kind::Rule,
        _ => Kind::Word,
    }
}
