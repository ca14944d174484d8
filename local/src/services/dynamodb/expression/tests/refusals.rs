//! What is refused of conditions before any item is looked at, in AWS's words.

use super::*;

#[test]
fn syntax_errors_name_a_token_and_its_neighbours() {
    for (text, token, near) in [
        ("things are not ok", "are", "things are not"),
        ("a > 4", "4", "> 4"),
        ("a = ", "<EOF>", "="),
        ("a = :n AND", "<EOF>", "AND"),
        ("a != :n", "!", "a !="),
        ("a = \"b\"", "\"", "= \"b"),
        ("_x = :n", "_", "_x"),
        ("a", "<EOF>", "a"),
        (":n", "<EOF>", ":n"),
        ("(a) AND a = :n", "AND", ") AND a"),
        ("a IN ()", ")", "()"),
        ("a IN b, c", "b", "IN b,"),
        ("a IN (b, c,)", ")", ",)"),
        ("attribute_exists()", ")", "()"),
        ("attribute_exists(a-b)", "-", "a-b"),
        ("attribute_exists(a..b)", ".", "..b"),
        ("attribute_exists(a[b])", "b", "[b]"),
        ("a[:n] > b", ":n", "[:n]"),
        ("a.b[4.5] > b", ".", "4.5"),
        ("a > between", "between", "> between"),
        ("a BETWEEN b", "<EOF>", "b"),
        ("(a) between (b.(c.d)) and (c)", "(", ".(c"),
        ("size(a).b > a", ".", ").b"),
        ("(size(a))[0] > a", "[", ")[0"),
        ("#.b > a", "#", "#."),
        ("a = :n)", ")", ":n)"),
        ("(a = :n", "<EOF>", ":n"),
        ("ü > a", "ü", "ü >"),
        ("a = :n b = :n", "b", ":n b ="),
        ("AND", "AND", "AND"),
    ] {
        assert_eq!(refusal(text), format!("Syntax error; token: \"{token}\", near: \"{near}\""), "{text}");
    }
}

#[test]
fn brackets_around_nothing_but_brackets_are_refused() {
    for text in [
        "((a = :n))",
        "a = :n AND ((b = :n AND b = :n)) AND b = :n",
        "a = :n AND b > ((c))",
        "(a) BETWEEN (((b.c)).d) AND (c)",
        "attribute_exists(((a)))",
        "NOT ((a = :n))",
    ] {
        assert_eq!(refusal(text), "The expression has redundant parentheses;", "{text}");
    }
    for text in ["((a = :n) AND (b = :n))", "(NOT (a = :n))", "((a) = :n)", "(a = :n OR (b = :n AND c = :n))"] {
        assert_eq!(refusal(text), "", "{text}");
    }
}

#[test]
fn words_are_refused_in_the_order_in_which_aws_looks_at_them() {
    let used = "The function is not allowed to be used this way in an expression; function: ";
    for (text, expected) in [
        ("whatever((a)) > attribute_exists(b)", "Invalid function name; function: whatever".to_owned()),
        ("Attribute_Exists(views)", "Invalid function name; function: Attribute_Exists".to_owned()),
        ("attribute_exists(views) > b", format!("{used}attribute_exists")),
        ("size(contains(a, b)) > a", format!("{used}contains")),
        ("size(a)", format!("{used}size")),
        ("NOT size(a)", format!("{used}size")),
        ("(size(a)) AND a = :n", format!("{used}size")),
        ("a BETWEEN b AND attribute_exists(c)", format!("{used}attribute_exists")),
        ("a IN (b, begins_with(c, d))", format!("{used}begins_with")),
        (
            "if_not_exists(a, b) = b",
            "The function is not allowed in a condition expression; function: if_not_exists".to_owned(),
        ),
        ("attribute_exists(views, #x)", "Attribute name is a reserved keyword; reserved keyword: views".to_owned()),
        (":undefined < abOrT", "Attribute name is a reserved keyword; reserved keyword: abOrT".to_owned()),
        ("a.status = :n", "Attribute name is a reserved keyword; reserved keyword: status".to_owned()),
        (
            "attribute_exists(#x.b, :y)",
            "An expression attribute name used in the document path is not defined; attribute name: #x".to_owned(),
        ),
        (
            "begins_with(:x, #y, #z)",
            "An expression attribute value used in expression is not defined; attribute value: :x".to_owned(),
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn operands_are_counted() {
    let count = |function: &str, count: usize| {
        format!(
            "Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {count}"
        )
    };
    for (text, function, operands) in [
        ("attribute_exists(a, b) AND a = :n", "attribute_exists", 2),
        ("attribute_not_exists(a, b)", "attribute_not_exists", 2),
        ("attribute_type(a)", "attribute_type", 1),
        ("begins_with(a, size(b), c)", "begins_with", 3),
        ("contains(a)", "contains", 1),
        ("size(a, b) > c", "size", 2),
    ] {
        assert_eq!(refusal(text), count(function, operands), "{text}");
    }
    let candidates = |count: usize| format!("a IN ({})", vec![":n"; count].join(", "));
    assert_eq!(refusal(&candidates(100)), "");
    assert_eq!(
        refusal(&candidates(101)),
        "The IN operator is provided with too many operands; number of operands: 101"
    );
}

#[test]
fn types_of_values_are_checked_without_an_item() {
    let all = [":s", ":n", ":b", ":bool", ":null", ":ss", ":ns", ":bs", ":l", ":m"];
    let forms: [(&str, &str, &[&str]); 10] = [
        ("a < {}", "<", &[":s", ":n", ":b"]),
        ("{} >= a", ">=", &[":s", ":n", ":b"]),
        ("a BETWEEN {} AND b", "BETWEEN", &[":s", ":n", ":b"]),
        ("{} BETWEEN a AND b", "BETWEEN", &[":s", ":n", ":b"]),
        ("begins_with(a, {})", "begins_with", &[":s", ":b"]),
        ("begins_with({}, a)", "begins_with", &[":s", ":b"]),
        ("size({}) > a", "size", &[":s", ":b", ":ss", ":ns", ":bs", ":l", ":m"]),
        ("contains({}, a)", "contains", &[":s", ":b", ":ss", ":ns", ":bs", ":l"]),
        ("a = {}", "=", &all),
        ("contains(a, {})", "contains", &all),
    ];
    for (form, operator, allowed) in forms {
        for value in all {
            let text = form.replace("{}", value);
            let expected = match allowed.contains(&value) {
                true => String::new(),
                false => format!(
                    "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {}",
                    value[1..].to_uppercase()
                ),
            };
            assert_eq!(refusal(&text), expected, "{text}");
        }
    }
}

#[test]
fn operands_that_make_no_sense_are_refused() {
    let kind = |operator: &str, kind: &str| {
        format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
        )
    };
    let path =
        |function: &str| format!("Operator or function requires a document path; operator or function: {function}");
    let same = |operator: &str, path: &str| {
        format!(
            "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {path}"
        )
    };
    let between = "The BETWEEN operator requires";
    for (text, expected) in [
        ("attribute_type(a, size(a))", kind("attribute_type", "N")),
        ("attribute_type(a, :n)", kind("attribute_type", "N")),
        ("attribute_type(a, b)", kind("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")),
        (
            "attribute_type(a, :s)",
            "Invalid attribute type name found; type: text, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}".to_owned(),
        ),
        ("begins_with(a, size(b))", kind("begins_with", "N")),
        ("size(size(a)) > :n", kind("size", "N")),
        ("attribute_not_exists(size(:n))", kind("size", "N")),
        ("attribute_not_exists(size(:s))", path("attribute_not_exists")),
        ("attribute_exists(:n)", path("attribute_exists")),
        ("a = #a", same("=", "[a]")),
        ("a <> a", same("<>", "[a]")),
        ("b.c[1].#a > b.c[1].a", same(">", "[b, c, [1], a]")),
        ("contains(b.a, b.#a)", same("contains", "[b, a]")),
        ("attribute_type(a, a)", same("attribute_type", "[a]")),
        ("a IN (:n, a)", same("IN", "[a]")),
        (
            "a BETWEEN :big AND :n",
            format!(
                "{between} upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {{N:10}}, upper bound operand: AttributeValue: {{N:2}}"
            ),
        ),
        (
            "a BETWEEN :n AND :s",
            format!(
                "{between} same data type for lower and upper bounds; lower bound operand: AttributeValue: {{N:2}}, upper bound operand: AttributeValue: {{S:text}}"
            ),
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
    assert_eq!(refusal(":n > :n"), "");
}

#[test]
fn what_is_too_long_too_deep_or_too_rich_is_refused() {
    let chain = |count: usize| vec!["a=b"; count].join(" OR ");
    let levels = |count: usize| format!("{}a = b{}", "(a = b AND ".repeat(count), ")".repeat(count));
    let calls = |count: usize| format!("{}a{} > b", "size(".repeat(count), ")".repeat(count));
    let too_deep = "The expression is nested too deeply; maximum number of levels: 50";
    for (text, expected) in [
        (chain(150), String::new()),
        (chain(151), "The expression contains too many operators; operator count: 301".to_owned()),
        ("NOT ".repeat(500) + "a = b", "The expression contains too many operators; operator count: 501".to_owned()),
        (levels(50), String::new()),
        (levels(51), too_deep.to_owned()),
        ("NOT ".repeat(51) + "a = b", too_deep.to_owned()),
        (calls(51), too_deep.to_owned()),
        ("(".repeat(4_000), too_deep.to_owned()),
        ("(".repeat(5_000), "Expression size has exceeded the maximum allowed size; expression size: 5000".to_owned()),
        (format!("a={}", "b".repeat(4_094)), String::new()),
        (
            format!("a={}", "b".repeat(4_095)),
            "Expression size has exceeded the maximum allowed size; expression size: 4097".to_owned(),
        ),
        (String::new(), "The expression can not be empty;".to_owned()),
        (" \n".to_owned(), "The expression can not be empty;".to_owned()),
        (
            "a[2147483648] = b".to_owned(),
            "List index is not within the allowable range; index: [2147483648]".to_owned(),
        ),
        (
            format!("a{} = b", ".a".repeat(32)),
            "The document path has too many nesting elements; nesting levels: 33".to_owned(),
        ),
    ] {
        assert_eq!(refusal(&text), expected, "{}", &text[..text.len().min(80)]);
    }
}

#[test]
fn placeholders_are_checked_before_the_expressions() {
    let kinds = [Kind::Update, Kind::Condition];
    let values = "ExpressionAttributeValues";
    let invalid = "ExpressionAttributeValues contains invalid value: ";
    for (request, expected) in [
        (
            json!({"ExpressionAttributeNames": {"#a": "a"}}),
            "ExpressionAttributeNames can only be specified when using expressions".to_owned(),
        ),
        (
            json!({values: {":n": {"N": "1"}}}),
            format!(
                "{values} can only be specified when using expressions: UpdateExpression and ConditionExpression are null"
            ),
        ),
        (
            json!({"UpdateExpression": "", "ExpressionAttributeNames": {}}),
            "ExpressionAttributeNames must not be empty".to_owned(),
        ),
        (json!({"UpdateExpression": "", values: {}}), format!("{values} must not be empty")),
        (
            json!({"UpdateExpression": "", "ExpressionAttributeNames": {"a": "a"}}),
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"".to_owned(),
        ),
        (
            json!({"UpdateExpression": "", values: {":": {"N": "1"}}}),
            format!("{values} contains invalid key: Syntax error; key: \":\""),
        ),
        (
            json!({"UpdateExpression": "", values: {":a-b": {"N": "1"}}}),
            format!("{values} contains invalid key: Syntax error; key: \":a-b\""),
        ),
        (
            json!({"UpdateExpression": "", values: {":b": {}}}),
            format!(
                "{invalid}Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :b"
            ),
        ),
        (
            json!({"UpdateExpression": "", values: {":b": {"S": "a", "N": "1"}}}),
            format!(
                "{invalid}Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes for key :b"
            ),
        ),
        (
            json!({"UpdateExpression": "", values: {":b": {"SS": []}}}),
            format!("{invalid}One or more parameter values were invalid: An string set  may not be empty for key :b"),
        ),
        (
            json!({"UpdateExpression": "", values: {":b": {"NS": ["1", "1.0"]}}}),
            format!(
                "{invalid}One or more parameter values were invalid: Input collection [1, 1.0] contains duplicates. for key :b"
            ),
        ),
        (
            json!({"UpdateExpression": "", values: {":b": {"N": "1e126"}}}),
            format!(
                "{invalid}Number overflow. Attempting to store a number with magnitude larger than supported range for key :b"
            ),
        ),
    ] {
        let failure = Placeholders::read(&request, &kinds).unwrap_err();
        assert_eq!(
            (failure.error.code.as_str(), failure.error.message),
            ("ValidationException", expected),
            "{request}"
        );
    }
    let numeric = json!({"UpdateExpression": "", values: {":b": {"N": 1}}});
    assert_eq!(Placeholders::read(&numeric, &kinds).unwrap_err().error.code, "SerializationException");
}

#[test]
fn placeholders_that_nothing_uses_are_refused() {
    let request = json!({"FilterExpression": "#b = :v", "ProjectionExpression": "#p, a",
        "ExpressionAttributeNames": {"#z": "z", "#b": "b", "#p": "p"}, "ExpressionAttributeValues": {":v": {"N": "1"}}});
    let placeholders = Placeholders::read(&request, &[Kind::Filter, Kind::Projection]).unwrap();
    let unused = || placeholders.all_used().map_err(|failure| failure.error.message);
    placeholders.condition(&request, Kind::Filter).unwrap();
    assert_eq!(
        unused(),
        Err("Value provided in ExpressionAttributeNames unused in expressions: keys: {#p, #z}".to_owned())
    );
    placeholders.projection(&request).unwrap();
    assert_eq!(
        unused(),
        Err("Value provided in ExpressionAttributeNames unused in expressions: keys: {#z}".to_owned())
    );
}

#[test]
fn placeholders_have_their_limits() {
    let values = |bytes: usize| json!({":v": {"S": "x".repeat(bytes / 2)}, ":w": {"S": "x".repeat(bytes - bytes / 2)}});
    let read = |names: Value, values: Value| {
        let request = json!({"FilterExpression": "a = b", "ExpressionAttributeNames": names, "ExpressionAttributeValues": values});
        Placeholders::read(&request, &[Kind::Filter]).map(drop).map_err(|failure| failure.error.message)
    };
    let most = 2 * 1024 * 1024 - ":v:w#na".len();
    let names = json!({"#n": "a"});
    assert_eq!(read(names.clone(), values(most)), Ok(()));
    let refused = read(names, values(most + 1)).unwrap_err();
    assert!(refused.ends_with("have 2097153 bytes, at most 2097152 are allowed"), "{refused}");
    for (length, is_allowed) in [(255, true), (256, false)] {
        let name = format!("#{}", "n".repeat(length - 1));
        let value = format!(":{}", "v".repeat(length - 1));
        assert_eq!(read(json!({name: "a"}), values(2)).is_ok(), is_allowed);
        assert_eq!(read(json!({"#n": "a"}), json!({value: {"N": "1"}})).is_ok(), is_allowed);
    }
}

#[test]
fn reserved_words_are_those_of_aws() {
    let words: std::collections::HashSet<&str> = include_str!("../reserved.txt").split_whitespace().collect();
    assert_eq!(words.len(), 573);
    for word in ["variance", "VARINT", "Zone", "abort", "status", "name", "size", "ttl", "values", "year"] {
        let expected = format!("Attribute name is a reserved keyword; reserved keyword: {word}");
        assert_eq!(refusal(&format!("attribute_exists({word})")), expected);
    }
}
