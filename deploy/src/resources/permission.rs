//! `AWS::Lambda::Permission`: a statement of a function's policy, with the logical id as its id. CloudFormation
//! generates the id from stack, logical id and random letters.

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::values::document;
use super::{Context, Provider, Values};
use crate::aws::wait::retry;
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership, differences};
use crate::template::{Attributes, Desired, HANDLER, Place, Stack};

pub(super) struct Permission;

const TYPE: &str = "AWS::Lambda::Permission";
const ABSENT: &str = "ResourceNotFoundException";

/// AWS loses statements when two calls change a policy concurrently.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

#[async_trait]
impl Provider for Permission {
    fn properties(&self) -> &'static [&'static str] {
        &["FunctionName", "Action", "Principal", "SourceArn"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &[]
    }

    fn attributes(&self, _properties: &Value, _place: &Place) -> Attributes {
        Attributes::default()
    }

    fn parent(&self, properties: &Value) -> Option<String> {
        properties.optional_text("FunctionName")
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let function = desired.properties.text("FunctionName");
        let policy = read_policy(context, &function).await?;
        let id = &desired.logical_id;
        let made_up = format!("{}-{id}-", context.place.stack);
        let is_it = |sid: String| sid == *id || sid.starts_with(&made_up);
        let statement = policy.list("Statement").iter().find(|one| is_it(one.text("Sid")));
        Ok(statement.map(|statement| observed(id, &function, statement)))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        let _turn = ONE_AT_A_TIME.lock().await;
        retry(&context.progress, || async {
            let call = context
                .clients
                .lambda
                .add_permission()
                .function_name(properties.text("FunctionName"))
                .statement_id(&desired.logical_id)
                .action(properties.text("Action"))
                .principal(properties.text("Principal"))
                .set_source_arn(properties.optional_text("SourceArn"));
            match call.send().await.explain("lambda:AddPermission") {
                Err(error) if error.message.contains("already exists") => {
                    // If it is equal, a call whose response was lost created it.
                    let found = self.read(context, desired).await?;
                    let same = |found: Observed| differences(properties, &found.properties).is_empty();
                    if found.is_some_and(same) { Ok(()) } else { Err(error) }
                }
                result => result.map(|_| ()),
            }
        })
        .await
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        self.delete(context, &change.desired).await?;
        self.create(context, &change.desired).await
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let _turn = ONE_AT_A_TIME.lock().await;
        retry(&context.progress, || async {
            let call = context.clients.lambda.remove_permission();
            let call = call.function_name(desired.properties.text("FunctionName")).statement_id(&desired.logical_id);
            call.send().await.explain("lambda:RemovePermission").or_absent(ABSENT)
        })
        .await
        .map(|_| ())
    }
}

/// Permissions that the template no longer contains: they name a rule of the stack and have a template's id.
pub(super) async fn orphans(context: &Context<'_>, stack: &Stack) -> Result<Vec<(Desired, Observed)>, AwsError> {
    let wanted = || stack.resources.iter().filter(|resource| resource.resource_type == TYPE);
    // The template may contain no permission any more.
    let Some(handler) = stack.get(HANDLER) else { return Ok(Vec::new()) };
    let function = handler.attributes.reference.clone();
    let policy = read_policy(context, &function).await?;
    let rules = context.place.arn("events", &format!("rule/{}-", context.place.stack));
    let is_ours = |statement: &&Value| {
        let names_rule = source_arn(statement).and_then(Value::as_str).is_some_and(|arn| arn.starts_with(&rules));
        names_rule && statement.text("Sid").ends_with("Permission")
    };
    let statements = policy.list("Statement").iter().filter(is_ours);
    let unwanted = statements.filter(|statement| wanted().all(|desired| desired.logical_id != statement.text("Sid")));
    Ok(unwanted
        .map(|statement| {
            let id = statement.text("Sid");
            let observed = observed(&id, &function, statement);
            let gone = Desired {
                logical_id: id,
                resource_type: TYPE.to_owned(),
                properties: observed.properties.clone(),
                attributes: Attributes::default(),
                ..handler.clone()
            };
            (gone, observed)
        })
        .collect())
}

async fn read_policy(context: &Context<'_>, function: &str) -> Result<Value, AwsError> {
    let call = context.clients.lambda.get_policy().function_name(function);
    let output = call.send().await.explain("lambda:GetPolicy").or_absent(ABSENT)?;
    Ok(output.and_then(|output| output.policy).map(|text| document(&text)).unwrap_or_default())
}

fn observed(id: &str, function: &str, statement: &Value) -> Observed {
    Observed {
        physical_id: id.to_owned(),
        properties: json!({
            "FunctionName": function,
            "Action": statement.get("Action"),
            "Principal": principal(statement),
            "SourceArn": source_arn(statement),
        }),
        ownership: Ownership::Child,
    }
}

fn principal(statement: &Value) -> Option<&Value> {
    let principal = statement.get("Principal")?;
    principal.get("Service").or_else(|| principal.get("AWS")).or(Some(principal))
}

/// AWS writes the condition key as `AWS:SourceArn`, emulators as `aws:SourceArn`.
fn source_arn(statement: &Value) -> Option<&Value> {
    let operators = statement.get("Condition")?.as_object()?.values();
    let mut keys = operators.filter_map(Value::as_object).flatten();
    keys.find(|(key, _)| key.eq_ignore_ascii_case("aws:SourceArn")).map(|(_, value)| value)
}
