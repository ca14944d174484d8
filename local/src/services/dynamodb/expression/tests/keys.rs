//! What is refused of key conditions, in AWS's words. The rest needs tables: see `dynamodb::tests::expressions`.

use super::*;

#[test]
fn a_key_condition_is_checked_as_a_condition_first() {
    for (text, expected) in [
        ("a > 4", "Syntax error; token: \"4\", near: \"> 4\""),
        ("status = :s", "Attribute name is a reserved keyword; reserved keyword: status"),
        (
            "a = :s AND begins_with(b, :n)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "a = :s AND b BETWEEN :n AND :s",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {S:text}",
        ),
    ] {
        let request = request(Kind::KeyCondition, text, &json!({}), &values());
        let refused = placeholders(&request, Kind::KeyCondition).condition(&request, Kind::KeyCondition);
        let message = refused.unwrap_err().error.message;
        assert_eq!(message, format!("Invalid KeyConditionExpression: {expected}"), "{text}");
    }
}
