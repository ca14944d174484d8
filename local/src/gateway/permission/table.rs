//! DynamoDB's permissions: a transaction needs those of each item, an index query needs the index.

use crate::policy::Need;
use crate::{Call, Input, arn};

/// The permissions a call requires.
pub(super) fn needs(call: &Call) -> Vec<Need> {
    match call.operation.as_str() {
        "TransactWriteItems" | "TransactGetItems" => transaction(call),
        "BatchWriteItem" | "BatchGetItem" => batch(call),
        operation => {
            let resource = match target(&call.input) {
                Some(table) => named(call, table, call.input.text("IndexName")),
                None => "*".to_owned(),
            };
            vec![need(operation, resource)]
        }
    }
}

/// Each item needs its own action; a check needs `ConditionCheckItem`.
fn transaction(call: &Call) -> Vec<Need> {
    let mut needs = Vec::new();
    for item in call.input.structures("TransactItems") {
        for part in item.0.keys() {
            if let Some(members) = item.structure(part)
                && let Some(table) = target(&members)
            {
                let action = if part == "ConditionCheck" { "ConditionCheckItem" } else { &format!("{part}Item") };
                needs.push(need(action, named(call, table, None)));
            }
        }
    }
    needs
}

fn batch(call: &Call) -> Vec<Need> {
    let tables = call.input.structure("RequestItems").unwrap_or_default();
    tables.0.keys().map(|table| need(&call.operation, named(call, table, None))).collect()
}

fn target(input: &Input) -> Option<&str> {
    input.text("TableName").or_else(|| input.text("TableArn")).or_else(|| input.text("ResourceArn"))
}

/// Tables are named by name or ARN.
fn named(call: &Call, table: &str, index: Option<&str>) -> String {
    let table = match table.starts_with("arn:") {
        true => table.to_owned(),
        false => arn::local("dynamodb", &call.region, &format!("table/{table}")),
    };
    match index {
        Some(index) => format!("{table}/index/{index}"),
        None => table,
    }
}

fn need(operation: &str, resource: String) -> Need {
    Need::new(format!("dynamodb:{operation}"), resource)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::needs;
    use crate::{Call, Input, Principal};

    #[test]
    fn every_item_needs_its_permission() {
        let table = "arn:aws:dynamodb:eu-west-1:000000000000:table/t";
        let cases = [
            ("PutItem", json!({"TableName":"t"}), vec![("PutItem", table.to_owned())]),
            ("Query", json!({"TableName":"t","IndexName":"i"}), vec![("Query", format!("{table}/index/i"))]),
            ("ListTables", json!({}), vec![("ListTables", "*".to_owned())]),
            (
                "TransactWriteItems",
                json!({"TransactItems":[{"Put":{"TableName":"t"}},{"ConditionCheck":{"TableName":table}}]}),
                vec![("PutItem", table.to_owned()), ("ConditionCheckItem", table.to_owned())],
            ),
            ("BatchGetItem", json!({"RequestItems":{"t":{}}}), vec![("BatchGetItem", table.to_owned())]),
        ];
        for (operation, input, expected) in cases {
            let Value::Object(members) = input else { continue };
            let call = Call {
                service: "dynamodb".to_owned(),
                operation: operation.to_owned(),
                input: Input(members),
                region: "eu-west-1".to_owned(),
                request_id: String::new(),
                principal: Principal::Root,
            };
            let found: Vec<(String, String)> =
                needs(&call).into_iter().map(|need| (need.action, need.resource)).collect();
            let expected: Vec<(String, String)> =
                expected.into_iter().map(|(action, resource)| (format!("dynamodb:{action}"), resource)).collect();
            assert_eq!(found, expected, "{operation}");
        }
    }
}
