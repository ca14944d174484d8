//! What projections leave of items.

use super::*;

fn project(text: &str) -> Result<Value, String> {
    let request = request(Kind::Projection, text, &json!({"#a": "a", "#3": "[3]", "#dot": "a.b"}), &json!({}));
    let projection = placeholders(&request, Kind::Projection).projection(&request);
    let projection = projection.map_err(|failure| failure.error.message)?.unwrap();
    let item =
        item(json!({"a": {"M": {"b": {"L": [{"N": "2"}, {"N": "4"}, {"M": {"x": {"S": "hi"}, "y": {"S": "yo"}}}]},
        "c": {"N": "5"}}}, "b": {"S": "hello"}, "a.b": {"S": "dotted"}}));
    Ok(value::write_map(&projection.from(&item)))
}

#[test]
fn paths_keep_the_documents_they_are_in() {
    for (text, expected) in [
        ("b", json!({"b": {"S": "hello"}})),
        ("#dot", json!({"a.b": {"S": "dotted"}})),
        ("a.c, b", json!({"a": {"M": {"c": {"N": "5"}}}, "b": {"S": "hello"}})),
        ("a.b[0],#a.c", json!({"a": {"M": {"b": {"L": [{"N": "2"}]}, "c": {"N": "5"}}}})),
        ("a.b[2].y", json!({"a": {"M": {"b": {"L": [{"M": {"y": {"S": "yo"}}}]}}}})),
        ("a.b[1], a.b[0]", json!({"a": {"M": {"b": {"L": [{"N": "2"}, {"N": "4"}]}}}})),
        ("a.x, a.b[0], x, a.b[3].x", json!({"a": {"M": {"b": {"L": [{"N": "2"}]}}}})),
        ("x", json!({})),
        ("a.b.x", json!({})),
        ("a[0]", json!({})),
        ("a.c[0]", json!({})),
        ("a.b[10]", json!({})),
    ] {
        assert_eq!(project(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_cannot_be_projected_is_refused() {
    let overlap = |one: &str, two: &str| {
        format!(
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    for (text, expected) in [
        ("", "The expression can not be empty;".to_owned()),
        ("a,", "Syntax error; token: \"<EOF>\", near: \",\"".to_owned()),
        (",a", "Syntax error; token: \",\", near: \",a\"".to_owned()),
        ("a b", "Syntax error; token: \"b\", near: \"a b\"".to_owned()),
        ("(a)", "Syntax error; token: \"(\", near: \"(a\"".to_owned()),
        ("a, :v", "Syntax error; token: \":v\", near: \", :v\"".to_owned()),
        ("b, status", "Attribute name is a reserved keyword; reserved keyword: status".to_owned()),
        ("b.and", "Attribute name is a reserved keyword; reserved keyword: and".to_owned()),
        (
            "b, #x",
            "An expression attribute name used in the document path is not defined; attribute name: #x".to_owned(),
        ),
        ("a, #a", overlap("[a]", "[a]")),
        ("a.b[1].c, b, a.b", overlap("[a, b, [1], c]", "[a, b]")),
        ("a.b[1], #a[1], b", overlap("[a, b, [1]]", "[a, [1]]").replace("overlap with", "conflict with")),
    ] {
        assert_eq!(project(text), Err(format!("Invalid ProjectionExpression: {expected}")), "{text}");
    }
}
