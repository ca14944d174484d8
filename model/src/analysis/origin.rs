//! Where to look for evidence about a failure, as its event says.

use std::collections::BTreeMap;

use crate::observation::Observation;

/// Longest value, in bytes: an ARN of an execution.
const LONGEST: usize = 512;

/// Version of the function that ran: a number or `$LATEST`.
pub const VERSION: &str = "version";
/// Alias of the function by which it was called.
pub const ALIAS: &str = "alias";
/// Name of the function that an alarm watches.
pub const FUNCTION: &str = "function";
/// ARN of the failed execution of a state machine.
pub const EXECUTION: &str = "execution";
/// ARN of the task definition of an ECS task.
pub const TASK_DEFINITION: &str = "task_definition";
/// Id of an ECS task.
pub const TASK: &str = "task";
/// Name of the container that failed.
pub const CONTAINER: &str = "container";

/// Attributes of an observation that say where to look, and what they are called here.
const ATTRIBUTES: [(&str, &str); 7] = [
    ("executed_version", VERSION),
    ("alias", ALIAS),
    ("function", FUNCTION),
    ("execution_arn", EXECUTION),
    ("task_definition_arn", TASK_DEFINITION),
    ("task_id", TASK),
    ("container", CONTAINER),
];

/// Where to look; empty if the event does not say.
pub fn of(observation: &Observation) -> BTreeMap<String, String> {
    let said = ATTRIBUTES.iter().filter_map(|(attribute, name)| {
        let value = observation.attributes.get(*attribute)?.as_str()?;
        let is_plain = !value.is_empty() && value.len() <= LONGEST && value.chars().all(|one| one.is_ascii_graphic());
        is_plain.then(|| ((*name).to_owned(), value.to_owned()))
    });
    said.collect()
}
