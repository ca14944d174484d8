//! Amazon ECS: the task definitions that tests bring in. No task runs here.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use crate::arn::{self, Arn};
use crate::past::{HistoryError, PastTime};
use crate::{ApiError, Call, Cloud, Output};

/// State of the service.
#[derive(Debug, Default)]
pub struct Ecs {
    definitions: Mutex<BTreeMap<Key, Map<String, Value>>>,
}

/// Region, family, revision.
type Key = (String, String, u64);

/// A checked task definition.
pub(crate) struct Prepared(Key, Map<String, Value>);

impl Ecs {
    fn definitions(&self) -> MutexGuard<'_, BTreeMap<Key, Map<String, Value>>> {
        self.definitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handles one call.
///
/// # Errors
/// AWS's validation errors.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.operation.as_str() {
        "DescribeTaskDefinition" => describe(cloud, call),
        other => Err(ApiError::not_implemented("ecs", other)),
    }
}

fn describe(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let named = call.input.text("taskDefinition").filter(|name| !name.is_empty());
    let named = named.ok_or_else(|| ApiError::new("InvalidParameterException", "taskDefinition can not be blank."))?;
    let definitions = cloud.ecs.definitions();
    let found = find(&definitions, named, &call.region)
        .ok_or_else(|| ApiError::new("ClientException", "Unable to describe task definition."))?;
    let mut definition = found.clone();
    let tags = definition.remove("tags").unwrap_or_else(|| json!([]));
    let wants_tags = call.input.texts("include").iter().any(|field| field == "TAGS");
    Ok(Output::structure([
        ("taskDefinition", Some(Value::Object(definition).into())),
        ("tags", wants_tags.then(|| tags.into())),
    ]))
}

/// The definition with a family's name, that and a revision, or an ARN. A family means its latest revision.
fn find<'d>(
    definitions: &'d BTreeMap<Key, Map<String, Value>>,
    named: &str,
    region: &str,
) -> Option<&'d Map<String, Value>> {
    let name = match Arn::parse(named) {
        Some(arn) if arn.service == "ecs" && arn.region == region => arn.resource.strip_prefix("task-definition/")?,
        Some(_) => return None,
        None => named,
    };
    match name.split_once(':') {
        Some((family, revision)) => definitions.get(&(region.to_owned(), family.to_owned(), revision.parse().ok()?)),
        None => {
            let of_family = |number| (region.to_owned(), name.to_owned(), number);
            definitions.range(of_family(0)..=of_family(u64::MAX)).next_back().map(|(_, definition)| definition)
        }
    }
}

/// Checks a task definition of a [`history`](crate::history), and fills in its ARN and status.
///
/// # Errors
/// When it lacks its family or revision.
pub(crate) fn prepare(region: &str, mut definition: Map<String, Value>) -> Result<Prepared, HistoryError> {
    let lacks = |member| HistoryError::Lacks("a task definition", member);
    let family = definition.get("family").and_then(Value::as_str).ok_or_else(|| lacks("its `family`"))?.to_owned();
    let revision = definition.get("revision").and_then(Value::as_u64).ok_or_else(|| lacks("its `revision`"))?;
    let arn = arn::local("ecs", region, &format!("task-definition/{family}:{revision}"));
    definition.entry("taskDefinitionArn").or_insert(json!(arn));
    definition.entry("status").or_insert(json!("ACTIVE"));
    for member in ["registeredAt", "deregisteredAt"] {
        if let Some(text) = definition.get(member).and_then(Value::as_str) {
            let seconds = PastTime::parse(text)?.seconds();
            definition.insert(member.to_owned(), json!(seconds));
        }
    }
    Ok(Prepared((region.to_owned(), family, revision), definition))
}

/// Adds the task definitions.
pub(crate) fn bring_in(cloud: &Cloud, definitions: Vec<Prepared>) {
    let mut all = cloud.ecs.definitions();
    definitions.into_iter().for_each(|Prepared(key, definition)| {
        all.insert(key, definition);
    });
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
