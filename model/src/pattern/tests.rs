#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::place::dotted;
use super::{Pattern, Refusal};

/// Pattern, event, whether they match.
#[test]
fn documented_operators_match_as_documented() {
    let cases = [
        // values
        (r#"{"a": ["x", "y"]}"#, r#"{"a": "y"}"#, true),
        (r#"{"a": ["x"]}"#, r#"{"a": "y"}"#, false),
        (r#"{"a": ["x"]}"#, r#"{"b": "x"}"#, false),
        (r#"{"a": [""]}"#, r#"{"a": ""}"#, true),
        (r#"{"a": [""]}"#, r#"{"a": null}"#, false),
        (r#"{"a": [null]}"#, r#"{"a": null}"#, true),
        (r#"{"a": [null]}"#, r#"{"a": "null"}"#, false),
        (r#"{"a": [true]}"#, r#"{"a": true}"#, true),
        (r#"{"a": [true]}"#, r#"{"a": "true"}"#, false),
        (r#"{"a": ["é"]}"#, r#"{"a": "\u00e9"}"#, true),
        // numbers
        (r#"{"a": [300]}"#, r#"{"a": 300.0}"#, true),
        (r#"{"a": [3.0e2]}"#, r#"{"a": 300}"#, true),
        (r#"{"a": [300]}"#, r#"{"a": "300"}"#, false),
        (r#"{"a": ["300"]}"#, r#"{"a": 300}"#, false),
        (r#"{"a": [9007199254740993]}"#, r#"{"a": 9007199254740992}"#, false),
        (r#"{"a": [{"numeric": ["=", 300]}]}"#, r#"{"a": 300.0}"#, true),
        (r#"{"a": [{"numeric": [">", 0, "<=", 5]}]}"#, r#"{"a": 5}"#, true),
        (r#"{"a": [{"numeric": [">", 0, "<=", 5]}]}"#, r#"{"a": 0}"#, false),
        (r#"{"a": [{"numeric": ["<", 5]}]}"#, r#"{"a": "1"}"#, false),
        (r#"{"a": [{"numeric": [">=", -1.5]}]}"#, r#"{"a": -1.5}"#, true),
        // text
        (r#"{"a": [{"prefix": "ab"}]}"#, r#"{"a": "abc"}"#, true),
        (r#"{"a": [{"prefix": "ab"}]}"#, r#"{"a": "ABc"}"#, false),
        (r#"{"a": [{"prefix": ""}]}"#, r#"{"a": "x"}"#, true),
        (r#"{"a": [{"prefix": "1"}]}"#, r#"{"a": 12}"#, false),
        (r#"{"a": [{"prefix": {"equals-ignore-case": "AB"}}]}"#, r#"{"a": "abc"}"#, true),
        (r#"{"a": [{"suffix": "bc"}]}"#, r#"{"a": "abc"}"#, true),
        (r#"{"a": [{"suffix": {"equals-ignore-case": "BC"}}]}"#, r#"{"a": "abc"}"#, true),
        (r#"{"a": [{"equals-ignore-case": "STRASSE"}]}"#, r#"{"a": "strasse"}"#, true),
        (r#"{"a": [{"exactly": "x"}]}"#, r#"{"a": "x"}"#, true),
        (r#"{"a": [{"wildcard": "*/b/*.txt"}]}"#, r#"{"a": "x/b/y.txt"}"#, true),
        (r#"{"a": [{"wildcard": "ab*ba"}]}"#, r#"{"a": "aba"}"#, false),
        (r#"{"a": [{"wildcard": "a*b*c"}]}"#, r#"{"a": "abcbc"}"#, true),
        (r#"{"a": [{"wildcard": "a\\*b"}]}"#, r#"{"a": "a*b"}"#, true),
        (r#"{"a": [{"wildcard": "a\\*b"}]}"#, r#"{"a": "axb"}"#, false),
        (r#"{"a": [{"wildcard": "*"}]}"#, r#"{"a": ""}"#, true),
        (r#"{"a": [{"wildcard": "abc"}]}"#, r#"{"a": "abc"}"#, true),
        (r#"{"a": [{"cidr": "10.0.0.0/24"}]}"#, r#"{"a": "10.0.0.255"}"#, true),
        (r#"{"a": [{"cidr": "10.0.0.0/24"}]}"#, r#"{"a": "10.0.1.0"}"#, false),
        (r#"{"a": [{"cidr": "2001:db8::/32"}]}"#, r#"{"a": "2001:db8:1::1"}"#, true),
        (r#"{"a": [{"cidr": "0.0.0.0/0"}]}"#, r#"{"a": "not an address"}"#, false),
        // presence; an object is no leaf, an empty array has none
        (r#"{"a": [{"exists": true}]}"#, r#"{"a": ""}"#, true),
        (r#"{"a": [{"exists": true}]}"#, r#"{"a": null}"#, true),
        (r#"{"a": [{"exists": true}]}"#, r#"{"a": false}"#, true),
        (r#"{"a": [{"exists": true}]}"#, r#"{"a": {"b": 1}}"#, false),
        (r#"{"a": [{"exists": true}]}"#, r#"{"a": []}"#, false),
        (r#"{"a": [{"exists": true}]}"#, r#"{}"#, false),
        (r#"{"a": [{"exists": false}]}"#, r#"{"b": 1}"#, true),
        (r#"{"a": [{"exists": false}]}"#, r#"{"a": null}"#, false),
        (r#"{"a": [{"exists": false}]}"#, r#"{"a": {"b": 1}}"#, true),
        (r#"{"a": {"b": [{"exists": false}]}}"#, r#"{"c": 1}"#, true),
        (r#"{"a": {"b": [{"exists": false}]}}"#, r#"{"a": []}"#, true),
        (r#"{"a": {"b": [{"exists": false}]}}"#, r#"{"a": [{"b": 1}, {"c": 1}]}"#, false),
        (r#"{"a": ["x", {"exists": false}]}"#, r#"{"a": "x"}"#, true),
        (r#"{"a": ["x", {"exists": false}]}"#, r#"{"b": "x"}"#, true),
        (r#"{"a": ["x", {"exists": false}]}"#, r#"{"a": "y"}"#, false),
        // everything but
        (r#"{"a": [{"anything-but": "x"}]}"#, r#"{"a": "y"}"#, true),
        (r#"{"a": [{"anything-but": "x"}]}"#, r#"{"a": "x"}"#, false),
        (r#"{"a": [{"anything-but": "x"}]}"#, r#"{"b": "y"}"#, false),
        (r#"{"a": [{"anything-but": "x"}]}"#, r#"{"a": null}"#, true),
        (r#"{"a": [{"anything-but": 5}]}"#, r#"{"a": 5.0}"#, false),
        (r#"{"a": [{"anything-but": "x"}]}"#, r#"{"a": {"b": "y"}}"#, false),
        (r#"{"a": [{"anything-but": "x"}]}"#, r#"{"a": [{"a": null}]}"#, false),
        (r#"{"a": {"b": {"c": [{"exists": false}]}, "c": {"b": [{"exists": false}]}}}"#, "{}", true),
        (r#"{"a": [{"anything-but": ["x", "y"]}]}"#, r#"{"a": "y"}"#, false),
        (r#"{"a": [{"anything-but": ["x", "y"]}]}"#, r#"{"a": ["x", "z"]}"#, true),
        (r#"{"a": [{"anything-but": [100, 200]}]}"#, r#"{"a": 200}"#, false),
        (r#"{"a": [{"anything-but": {"prefix": "ab"}}]}"#, r#"{"a": "abc"}"#, false),
        (r#"{"a": [{"anything-but": {"prefix": "ab"}}]}"#, r#"{"a": 5}"#, true),
        (r#"{"a": [{"anything-but": {"prefix": ["ab", "x"]}}]}"#, r#"{"a": "xyz"}"#, false),
        (r#"{"a": [{"anything-but": {"prefix": ["ab", "x"]}}]}"#, r#"{"a": "zyx"}"#, true),
        (r#"{"a": [{"anything-but": {"suffix": ".txt"}}]}"#, r#"{"a": "b.txt"}"#, false),
        (r#"{"a": [{"anything-but": {"suffix": [".txt", ".md"]}}]}"#, r#"{"a": "b.rs"}"#, true),
        (r#"{"a": [{"anything-but": {"wildcard": "*/lib/*"}}]}"#, r#"{"a": "x/lib/y"}"#, false),
        (r#"{"a": [{"anything-but": {"wildcard": ["*.a", "*.b"]}}]}"#, r#"{"a": "x.c"}"#, true),
        (r#"{"a": [{"anything-but": {"equals-ignore-case": ["ON", "OFF"]}}]}"#, r#"{"a": "off"}"#, false),
        (r#"{"a": [{"anything-but": {"equals-ignore-case": "ON"}}]}"#, r#"{"a": "off"}"#, true),
        // nesting and arrays
        (r#"{"a": {"b": {"c": ["x"]}}}"#, r#"{"a": {"b": {"c": "x"}}}"#, true),
        (r#"{"a": ["x"]}"#, r#"{"a": ["y", "x"]}"#, true),
        (r#"{"a": ["x"]}"#, r#"{"a": [["y"], ["x"]]}"#, true),
        (r#"{"a": {"b": ["x"]}}"#, r#"{"a": [{"b": "y"}, {"b": "x"}]}"#, true),
        (r#"{"a": {"b": ["x"], "c": ["y"]}}"#, r#"{"a": [{"b": "x"}, {"c": "y"}]}"#, false),
        (r#"{"a": {"b": ["x"], "c": ["y"]}}"#, r#"{"a": [{"b": "x", "c": "y"}]}"#, true),
        (r#"{"a": {"b": ["x"]}}"#, r#"{"a": "x"}"#, false),
        // alternatives
        (r#"{"$or": [{"a": ["x"]}, {"b": ["y"]}]}"#, r#"{"b": "y"}"#, true),
        (r#"{"$or": [{"a": ["x"]}, {"b": ["y"]}]}"#, r#"{"b": "x"}"#, false),
        (r#"{"c": ["z"], "$or": [{"a": ["x"]}, {"b": ["y"]}]}"#, r#"{"b": "y"}"#, false),
        (r#"{"d": {"$or": [{"a": ["x"], "e": [1]}, {"$or": [{"b": [1]}, {"b": [2]}]}]}}"#, r#"{"d": {"b": 2}}"#, true),
        (r#"{"d": {"$or": [{"a": ["x"]}, {"b": [{"exists": false}]}]}}"#, r#"{"d": {"c": 2}}"#, true),
    ];
    for (pattern, event, expected) in cases {
        let event: Value = serde_json::from_str(event).unwrap();
        assert_eq!(Pattern::parse(pattern).unwrap().matches(&event), expected, "{pattern} on {event}");
    }
}

#[test]
fn invalid_patterns_are_refused_in_the_words_of_eventbridge() {
    let cases = [
        ("not json", "Invalid JSON"),
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        (r#"{"a": {}}"#, "Empty objects are not allowed"),
        (r#"{"a": []}"#, "Empty arrays are not allowed"),
        (r#"{"a": "x"}"#, r#""a" must be an object or an array"#),
        (r#"{"a": [["x"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"a": [{"like": "x"}]}"#, "Unrecognized match type like"),
        (r#"{"a": [{}]}"#, "Match expression name not found"),
        (r#"{"a": [{"prefix": "x", "suffix": "y"}]}"#, "Only one key allowed in match expression"),
        (r#"{"a": [{"prefix": 1}]}"#, "prefix match pattern must be a string"),
        (r#"{"a": [{"exists": "true"}]}"#, "exists match pattern must be either true or false."),
        (r#"{"a": [{"numeric": [">", "25"]}]}"#, "Value of > must be numeric"),
        (r#"{"a": [{"numeric": ["~", 25]}]}"#, "Unrecognized numeric range operator: ~"),
        (r#"{"a": [{"numeric": [">", 5, "<", 5]}]}"#, "Bottom must be less than top"),
        (r#"{"a": [{"numeric": ["<", 1, ">", 5]}]}"#, "Too many elements in numeric expression"),
        (r#"{"a": [{"numeric": ["=", 1e10]}]}"#, "Value must be between -5.0E9 and 5.0E9, inclusive"),
        (r#"{"a": [{"wildcard": "a**"}]}"#, "Consecutive wildcard characters at pos 2"),
        (r#"{"a": [{"wildcard": "a\\b"}]}"#, "Invalid escape character at pos 1"),
        (r#"{"a": [{"cidr": "10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"a": [{"cidr": "10.0.0.0/33"}]}"#, "IPv4 mask bits must be <= 32"),
        (r#"{"a": [{"anything-but": {"exists": true}}]}"#, "Unsupported anything-but pattern: exists"),
        (r#"{"a": [{"anything-but": true}]}"#, "Value of anything-but must be an array or single string/number value."),
        (
            r#"{"a": [{"anything-but": ["x", 1]}]}"#,
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (r#"{"$or": [{"a": [1]}]}"#, "There must have at least 2 Objects in $or relationship."),
        (r#"{"$or": [{"a": [1]}, 2]}"#, "Only JSON object is allowed in array of $or relationship."),
        (
            r#"{"$or": [{"prefix": [1]}, {"a": [2]}]}"#,
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ];
    for (pattern, reason) in cases {
        match Pattern::parse(pattern) {
            Ok(_) => panic!("accepted {pattern}"),
            Err(error) => assert_eq!(error.reason(), reason, "{pattern}"),
        }
    }
}

#[test]
fn an_error_names_the_field() {
    let error = Pattern::parse(r#"{"detail": {"state": "running"}}"#).unwrap_err();
    insta::assert_snapshot!(error, @r#"field `detail.state`: "state" must be an object or an array"#);
}

/// A few names and values, so that patterns and events meet.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        (0..3i64).prop_map(|number| json!(number)),
        "[ab]{0,2}".prop_map(|text| json!(text)),
    ]
}

fn event() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map("[xyz]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[xyz]", event(), 0..4).prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// Operators on which quamina and EventBridge agree.
fn shared_operator() -> impl Strategy<Value = Value> {
    prop_oneof![
        leaf(),
        "[ab]{1,2}".prop_map(|text| json!({"prefix": text})),
        "[ab]{1,2}".prop_map(|text| json!({"suffix": text})),
        "[aAbB]{1,2}".prop_map(|text| json!({"equals-ignore-case": text})),
        prop::collection::vec("[ab]{1,2}", 1..3).prop_map(|texts| json!({"anything-but": texts})),
        (0..3i64).prop_map(|number| json!({"numeric": [">=", number]})),
    ]
}

fn shared_pattern() -> impl Strategy<Value = Value> {
    let list = prop::collection::vec(shared_operator(), 1..3).prop_map(Value::Array);
    let leaf = prop_oneof![4 => list, 1 => any::<bool>().prop_map(|exists| json!([{"exists": exists}]))];
    let node = leaf.prop_recursive(2, 8, 2, |inner| {
        prop::collection::btree_map("[xyz]", inner, 1..3)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    });
    prop::collection::btree_map("[xyz]", node, 1..3).prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// Whether quamina decides as EventBridge does. It takes what the objects of an array hold for something that stands at
/// the array's own path, and misses matches of patterns by which something has to be absent; the tables above cover
/// both.
fn is_common_ground(pattern: &Value, event: &Value) -> bool {
    !pattern.to_string().contains(r#""exists":false"#) && !has_object_in_array(event)
}

fn has_object_in_array(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(|element| element.is_object() || has_object_in_array(element)),
        Value::Object(members) => members.values().any(has_object_in_array),
        _ => false,
    }
}

proptest! {
    #[test]
    fn agrees_with_an_independent_matcher(pattern in shared_pattern(), event in object()) {
        prop_assume!(is_common_ground(&pattern, &event));
        let mut oracle = quamina::Quamina::new();
        oracle.add_pattern("it", &pattern.to_string()).unwrap();
        let expected = oracle.has_matches(event.to_string().as_bytes()).unwrap();
        prop_assert_eq!(Pattern::from_value(&pattern).unwrap().matches(&event), expected);
    }

    #[test]
    fn no_text_panics_the_parser(text in ".{0,60}") {
        let _ = Pattern::parse(&text);
    }

    #[test]
    fn an_alternative_matches_when_one_of_its_parts_does(
        left in shared_pattern(), right in shared_pattern(), event in object()
    ) {
        let both = json!({"$or": [left, right]});
        let expected = [&left, &right].iter().any(|part| Pattern::from_value(part).unwrap().matches(&event));
        prop_assert_eq!(Pattern::from_value(&both).unwrap().matches(&event), expected);
    }
}

#[test]
fn everything_that_is_refused_is_found_with_its_place() {
    let pattern = json!({
        "a": "x",
        "b": [{"prefx": "x"}, "y", {"exists": 1}],
        "$or": [{"c": {"d": []}}, {"prefix": ["x"]}, 7],
        "e": {},
    });
    let refusals = Pattern::check(&pattern).unwrap_err();
    let reported = refusals.iter().map(|Refusal { at, reason }| format!("{} {}: {reason}", at.len(), dotted(at)));
    let reported: Vec<String> = reported.collect();
    insta::assert_snapshot!(reported.join("\n"), @r#"
    1 a: "a" must be an object or an array
    2 b: Unrecognized match type prefx
    2 b: exists match pattern must be either true or false.
    4 c.d: Empty arrays are not allowed
    2 : prefix is Ruler reserved fieldName which cannot be used inside $or.
    2 : Only JSON object is allowed in array of $or relationship.
    1 e: Empty objects are not allowed
    "#);
    let first = Pattern::from_value(&pattern).unwrap_err().to_string();
    assert_eq!(first, "field `a`: \"a\" must be an object or an array");
}
