//! Which permissions a call needs.

use serde_json::Value;

use crate::policy::Need;
use crate::{Call, arn};

/// What a caller needs: the operation on the table, on the index for a query of one, and for a transaction what each of
/// its actions would need by itself.
pub fn authorization(call: &Call) -> Vec<Need> {
    let table = |name: &str| match name.starts_with("arn:") {
        true => name.to_owned(),
        false => arn::local("dynamodb", &call.region, &format!("table/{name}")),
    };
    let named = |value: &Value| table(value.get("TableName").and_then(Value::as_str).unwrap_or("*"));
    let mut needs: Vec<Need> = match call.operation.as_str() {
        "TransactWriteItems" | "TransactGetItems" => call
            .input
            .list("TransactItems")
            .iter()
            .filter_map(Value::as_object)
            .flatten()
            .map(|(kind, parameters)| {
                let action = match kind.as_str() {
                    "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
                    kind => format!("dynamodb:{kind}Item"),
                };
                Need::new(action, named(parameters))
            })
            .collect(),
        operation @ ("BatchWriteItem" | "BatchGetItem") => {
            let tables = call.input.structure("RequestItems").unwrap_or_default().0;
            tables.keys().map(|name| Need::new(format!("dynamodb:{operation}"), table(name))).collect()
        }
        operation => {
            let resource = match (call.input.text("TableName"), call.input.text("IndexName")) {
                (Some(name), Some(index)) => format!("{}/index/{index}", table(name)),
                (Some(name), None) => table(name),
                (None, _) => call.input.text("ResourceArn").unwrap_or("*").to_owned(),
            };
            vec![Need::new(format!("dynamodb:{operation}"), resource)]
        }
    };
    let mut seen = std::collections::BTreeSet::new();
    needs.retain(|need| seen.insert((need.action.clone(), need.resource.clone())));
    needs
}
