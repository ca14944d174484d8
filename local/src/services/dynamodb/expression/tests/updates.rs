//! What updates make of items, and what is refused of them.

use super::*;
use crate::services::dynamodb::expression::Update;

fn update(text: &str) -> Result<Update, String> {
    let request = request(Kind::Update, text, &json!({"#a": "a", "#3": "[3]", "#s": "status"}), &all_values());
    let update = placeholders(&request, Kind::Update).update(&request);
    update.map_err(|failure| failure.error.message)
}

fn all_values() -> Value {
    let mut all = values();
    for (name, value) in [
        (":x", json!({"SS": ["x"]})),
        (":both", json!({"SS": ["x", "y"]})),
        (":one", json!({"NS": ["1.0"]})),
        (":max", json!({"N": "9e125"})),
    ] {
        all[name] = value;
    }
    all
}

fn subject() -> Item {
    item(json!({
        "a": {"N": "2"}, "word": {"S": "t"}, "ss": {"SS": ["x", "y"]}, "ns": {"NS": ["1", "3"]},
        "bs": {"BS": ["AQ=="]}, "m": {"M": {"k": {"S": "v"}, "n": {"N": "1"}, "l": {"L": [{"N": "0"}]}}},
        "l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]}, "tags": {"L": [{"SS": ["x"]}, {"S": "s"}]},
    }))
}

/// What an update changes: attributes with their new values, or `null` for those that are gone.
fn changes(text: &str) -> Result<Value, String> {
    let before = subject();
    let after = update(text)?.applied(&before).map_err(|error| error.to_string())?;
    let mut changes = json!({});
    for (name, value) in &after {
        if before.get(name) != Some(value) {
            changes[name] = value.write();
        }
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        changes[name] = Value::Null;
    }
    Ok(changes)
}

fn letters(letters: &str) -> Value {
    json!({"L": letters.chars().map(|letter| json!({"S": letter.to_string()})).collect::<Vec<_>>()})
}

#[test]
fn sets_assign_what_was_there_before() {
    for (text, expected) in [
        ("SET b = :n", json!({"b": {"N": "2"}})),
        ("set #a = :s", json!({"a": {"S": "text"}})),
        ("SET b = a, a = :big", json!({"a": {"N": "10"}, "b": {"N": "2"}})),
        ("REMOVE a SET b = a", json!({"a": null, "b": {"N": "2"}})),
        ("SET a = a + :n", json!({"a": {"N": "4"}})),
        ("SET a = :n - a", json!({"a": {"N": "0"}})),
        ("SET a = (a + :n)", json!({"a": {"N": "4"}})),
        ("SET a = ((a) + (m.n))", json!({"a": {"N": "3"}})),
        ("SET a = (a) - m.n", json!({"a": {"N": "1"}})),
        ("SET a = if_not_exists(a, :big)", json!({})),
        ("SET b = if_not_exists(b, :zero) + :n", json!({"b": {"N": "2"}})),
        ("SET b = if_not_exists(x, if_not_exists(y, a))", json!({"b": {"N": "2"}})),
        ("SET l = list_append(l, :l)", json!({"l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}, {"N": "2"}]}})),
        ("SET b = list_append(if_not_exists(b, :l), m.l)", json!({"b": {"L": [{"N": "2"}, {"N": "0"}]}})),
        ("SET m.k = :n", json!({"m": {"M": {"k": {"N": "2"}, "n": {"N": "1"}, "l": {"L": [{"N": "0"}]}}}})),
        ("SET m.fresh = m.l[0] REMOVE m.k, m.l", json!({"m": {"M": {"n": {"N": "1"}, "fresh": {"N": "0"}}}})),
        ("SET a = a", json!({})),
    ] {
        assert_eq!(changes(text), Ok(expected), "{text}");
    }
}

#[test]
fn indexes_of_lists_count_in_the_item_as_it_was() {
    let list = |text: &str| changes(text).map(|changes| changes["l"].clone());
    let values = json!({":d": {"S": "d"}, ":e": {"S": "e"}, ":f": {"S": "f"}});
    let run = |text: &str| {
        let request = request(Kind::Update, text, &json!({}), &values);
        let update = placeholders(&request, Kind::Update).update(&request).unwrap();
        update.applied(&subject()).unwrap()["l"].write()
    };
    assert_eq!(list("REMOVE l[0]"), Ok(letters("bc")));
    assert_eq!(list("REMOVE l[0], l[2]"), Ok(letters("b")));
    assert_eq!(list("REMOVE l[2], l[0], l[1]"), Ok(json!({"L": []})));
    assert_eq!(list("REMOVE l[17]"), Ok(Value::Null));
    assert_eq!(run("SET l[1] = :d"), letters("adc"));
    assert_eq!(run("SET l[20] = :d"), letters("abcd"));
    assert_eq!(run("SET l[84] = :d, l[17] = :e, l[50] = :f"), letters("abcefd"));
    assert_eq!(run("SET l[3] = :d REMOVE l[0]"), letters("bcd"));
    assert_eq!(run("REMOVE l[1] SET l[2] = :d"), letters("ad"));
    assert_eq!(run("REMOVE l[3] SET l[9] = :d"), letters("abcd"));
}

#[test]
fn add_and_delete_change_numbers_and_sets() {
    for (text, expected) in [
        ("ADD a :n", json!({"a": {"N": "4"}})),
        ("ADD b :n", json!({"b": {"N": "2"}})),
        ("ADD m.n :n", json!({"m": {"M": {"k": {"S": "v"}, "n": {"N": "3"}, "l": {"L": [{"N": "0"}]}}}})),
        ("ADD ss :ss", json!({})),
        ("ADD ns :ns", json!({"ns": {"NS": ["1", "2", "3"]}})),
        ("ADD b :bs", json!({"b": {"BS": ["AQ=="]}})),
        ("DELETE ss :x", json!({"ss": {"SS": ["y"]}})),
        ("DELETE ss :both", json!({"ss": null})),
        ("DELETE ns :one", json!({"ns": {"NS": ["3"]}})),
        ("DELETE bs :bs", json!({"bs": null})),
        ("DELETE b :x", json!({})),
        ("DELETE tags[0] :x", json!({"tags": {"L": [{"S": "s"}]}})),
    ] {
        assert_eq!(changes(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_does_not_fit_the_item_is_refused() {
    let path = "The document path provided in the update expression is invalid for update";
    let missing = "The provided expression refers to an attribute that does not exist in the item";
    let kind = "An operand in the update expression has an incorrect data type";
    for (text, expected) in [
        ("SET x.y = :n", path),
        ("SET x[0] = :n", path),
        ("SET word.y = :n", path),
        ("SET l.y = :n", path),
        ("SET m[0] = :n", path),
        ("SET ss[0] = :n", path),
        ("SET m.k.y = :n", path),
        ("SET m.x.y = :n", path),
        ("SET l[7].y = :n", path),
        ("SET m = :m REMOVE x.y", path),
        ("REMOVE word.y", path),
        ("REMOVE l.y", path),
        ("REMOVE m[0]", path),
        ("ADD x.y :n", path),
        ("DELETE x.y :x", path),
        ("SET b = x", missing),
        ("SET b = l[3]", missing),
        ("SET x = :n, b = x", missing),
        ("SET b = list_append(l, x)", missing),
        ("SET b = a + x", missing),
        ("SET b = a + word", kind),
        ("SET b = word - :n", kind),
        ("SET b = list_append(l, a)", kind),
        ("SET b = list_append(ss, if_not_exists(x, :l))", kind),
        ("ADD word :n", kind),
        ("ADD l :ns", kind),
        ("ADD ss :ns", kind),
        ("ADD ns :n", kind),
        ("DELETE a :ns", kind),
        ("DELETE ss :ns", kind),
        (
            "SET b = :max + :max",
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
    ] {
        assert_eq!(changes(text), Err(expected.to_owned()), "{text}");
    }
    for harmless in ["REMOVE m.x", "REMOVE m.l[7]", "REMOVE x", "DELETE x :x"] {
        assert_eq!(changes(harmless), Ok(json!({})), "{harmless}");
    }
}

fn refusal(text: &str) -> String {
    let message = update(text).err().unwrap_or_default();
    message.strip_prefix("Invalid UpdateExpression: ").unwrap_or(&message).to_owned()
}

#[test]
fn syntax_errors_name_a_token_and_its_neighbours() {
    for (text, token, near) in [
        ("INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"),
        ("SET a", "<EOF>", "a"),
        ("SET a = :n,", "<EOF>", ","),
        ("SET a = :n, ADD b :n", "b", "ADD b :n"),
        ("SET", "<EOF>", "SET"),
        ("SET _123 = :n", "_", "SET _123"),
        ("ADD hits : incr", ":", "hits : incr"),
        ("SET a = :n SET", "<EOF>", "SET"),
        ("REMOVE a = b", "=", "a = b"),
        ("ADD a = b", "=", "a = b"),
        ("ADD a b", "b", "a b"),
        ("DELETE a if_not_exists(b)", "if_not_exists", "a if_not_exists("),
        ("REMOVE a b", "b", "a b"),
        ("REMOVE :n", ":n", "REMOVE :n"),
        ("SET :n = a", ":n", "SET :n ="),
        ("SET a = b / c", "/", "b / c"),
        ("SET a[1] = 1", "1", "= 1"),
        ("SET a = b + c + d", "+", "c + d"),
        ("SET a = (b + c) + d", "+", ") + d"),
        ("SET (a = b)", "(", "SET (a"),
        ("SET a = (b.c).d + e", ".", ").d"),
        ("SET a = if_not_exists(a, :n + :n)", "+", ":n + :n"),
        ("SET if_not_exists(a, b) = c", "(", "if_not_exists(a"),
    ] {
        assert_eq!(refusal(text), format!("Syntax error; token: \"{token}\", near: \"{near}\""), "{text}");
    }
}

#[test]
fn words_sections_and_paths_are_refused_in_the_order_in_which_aws_looks_at_them() {
    let overlap = |one: &str, two: &str| {
        format!(
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    let conflict = |one: &str, two: &str| overlap(one, two).replace("overlap with", "conflict with");
    let once = |section: &str| format!("The \"{section}\" section can only be used once in an update expression;");
    for (text, expected) in [
        ("SET #x = f(:y) SET status = a", "Invalid function name; function: f".to_owned()),
        ("SET a = LIST_APPEND(a, b)", "Invalid function name; function: LIST_APPEND".to_owned()),
        (
            "SET a = attribute_exists(b)",
            "The function is not allowed in an update expression; function: attribute_exists".to_owned(),
        ),
        (
            "SET a = list_append(list_append(b, c), d)",
            "The function is not allowed to be used this way in an expression; function: list_append".to_owned(),
        ),
        ("SET #x = :y SET abOrt = a", "Attribute name is a reserved keyword; reserved keyword: abOrt".to_owned()),
        ("REMOVE Absolute", "Attribute name is a reserved keyword; reserved keyword: Absolute".to_owned()),
        ("SET a = set", "Attribute name is a reserved keyword; reserved keyword: set".to_owned()),
        ("SET a = #x SET c = :y", once("SET")),
        ("REMOVE #x SET a = b REMOVE e", once("REMOVE")),
        ("add #x :y set a = b ADD e :f", once("ADD")),
        ("DELETE #x :y DELETE e :f", once("DELETE")),
        (
            "SET #x = if_not_exists(:y)",
            "An expression attribute name used in the document path is not defined; attribute name: #x".to_owned(),
        ),
        (
            "SET #a = if_not_exists(:y)",
            "An expression attribute value used in expression is not defined; attribute value: :y".to_owned(),
        ),
        ("SET d[1] = b, d.b = b, c[1].x = b, c = if_not_exists(b)", overlap("[c, [1], x]", "[c]")),
        ("SET #a = b, a = c", overlap("[a]", "[a]")),
        ("SET a.b = :n, a.b.c.d = :n", overlap("[a, b]", "[a, b, c, d]")),
        ("SET #a = :n ADD a :n", overlap("[a]", "[a]")),
        ("SET a[3].#3 = b, a.#3[3] = if_not_exists(b)", conflict("[a, [3], [3]]", "[a, [3], [3]]")),
        ("REMOVE a.c SET a[1] = b", conflict("[a, c]", "[a, [1]]")),
        ("SET a.x = a.y, a.z = :n REMOVE a.w", String::new()),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn operands_are_refused_without_an_item() {
    let section = |section: &str, kind: &str| {
        format!(
            "Incorrect operand type for operator or function; operator: {section}, operand type: {kind}, typeSet: ALLOWED_FOR_{section}_OPERAND"
        )
    };
    for (value, kind) in [
        (":s", "STRING"),
        (":null", "NULL"),
        (":bool", "BOOLEAN"),
        (":b", "BINARY"),
        (":m", "MAP"),
        (":l", "LIST"),
        (":n", "NUMBER"),
    ] {
        let add = if value == ":n" { String::new() } else { section("ADD", kind) };
        assert_eq!(refusal(&format!("ADD a.b {value}")), add);
        assert_eq!(refusal(&format!("SET b = if_not_exists(x) DELETE a.b {value}")), section("DELETE", kind));
    }
    let operand = |operator: &str, kind: &str| {
        format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
        )
    };
    for value in [":s", ":b", ":bool", ":null", ":ss", ":ns", ":bs", ":m", ":l", ":n"] {
        let kind = value[1..].to_uppercase();
        let unless = |allowed: &str, text: String| if value == allowed { String::new() } else { text };
        assert_eq!(refusal(&format!("SET a = a + {value}")), unless(":n", operand("+", &kind)));
        assert_eq!(refusal(&format!("SET a = {value} - a")), unless(":n", operand("-", &kind)));
        assert_eq!(refusal(&format!("SET a = list_append({value}, a)")), unless(":l", operand("list_append", &kind)));
        assert_eq!(refusal(&format!("SET a = list_append(a, {value})")), unless(":l", operand("list_append", &kind)));
    }
    assert_eq!(refusal("SET a = list_append(a, b) + :n"), operand("+", "L"));
    let count = "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1";
    assert_eq!(refusal("SET a = list_append(b)"), count);
    let path = "Operator or function requires a document path; operator or function: if_not_exists";
    assert_eq!(refusal("SET a = if_not_exists(:s, b)"), path);
    assert_eq!(refusal("SET a = if_not_exists(if_not_exists(a, b), c)"), path);
}

#[test]
fn assignments_are_no_operators() {
    let assignments = |count: usize| (0..count).map(|at| format!("a{at}=:n")).collect::<Vec<_>>().join(",");
    assert_eq!(refusal(&format!("SET {}", assignments(400))), "");
    let sums = (0..301).map(|at| format!("b{at}=a+:n")).collect::<Vec<_>>().join(",");
    assert_eq!(refusal(&format!("SET {sums}")), "The expression contains too many operators; operator count: 301");
}

#[test]
fn an_update_that_only_removes_makes_no_item() {
    for (text, creates) in
        [("SET a = :n", true), ("ADD a :n", true), ("REMOVE a", false), ("DELETE a :x REMOVE b.c", false)]
    {
        assert_eq!(update(text).unwrap().creates(), creates, "{text}");
    }
    assert!(Update::default().creates());
}

#[test]
fn only_what_was_updated_is_shown() {
    for (text, before, after) in [
        ("SET m.k = :n", json!({"m": {"M": {"k": {"S": "v"}}}}), json!({"m": {"M": {"k": {"N": "2"}}}})),
        ("SET m.x = :n", json!({}), json!({"m": {"M": {"x": {"N": "2"}}}})),
        ("SET l[1] = :n", json!({"l": {"L": [{"S": "b"}]}}), json!({"l": {"L": [{"N": "2"}]}})),
        ("SET l[100] = :n", json!({}), json!({})),
        ("REMOVE l[1], l[9]", json!({"l": {"L": [{"S": "b"}]}}), json!({"l": {"L": [{"S": "c"}]}})),
        ("REMOVE a SET b = :n", json!({"a": {"N": "2"}}), json!({"b": {"N": "2"}})),
    ] {
        let update = update(text).unwrap();
        let subject = subject();
        assert_eq!(value::write_map(&update.part_of(&subject)), before, "{text}");
        assert_eq!(value::write_map(&update.part_of(&update.applied(&subject).unwrap())), after, "{text}");
    }
}

#[test]
fn what_an_update_sets_is_not_made_when_no_item_could_hold_it() {
    let text = "SET b = a, c = a, d = a, e = a";
    let half = item(json!({"a": {"S": "x".repeat(100 * 1024)}}));
    let full = item(json!({"a": {"S": "x".repeat(150 * 1024)}}));
    let update = update(text).unwrap();
    // The names count, too: that is for whoever stores the item.
    assert!(update.applied(&half).is_ok());
    let refused = update.applied(&full).unwrap_err().to_string();
    assert_eq!(refused, "Item size to update has exceeded the maximum allowed size");
}
