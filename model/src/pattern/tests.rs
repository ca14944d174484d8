#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::place::dotted;
use super::{Pattern, Refusal};

const NOT_TEXTS: &str = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.";

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
        // absence is sought within the elements chosen before; the conditions are met in the order of their paths
        (r#"{"a": {"b": ["x"], "c": [{"exists": false}]}}"#, r#"{"a": [{"b": "x"}, {"c": 1}]}"#, true),
        (r#"{"a": {"b": ["x"], "c": [{"exists": false}]}}"#, r#"{"a": [{"b": "x", "c": 1}, {"d": 1}]}"#, false),
        (r#"{"a": {"b": ["x"], "c": [{"exists": false}]}}"#, r#"{"a": [{"b": "x", "c": 1}, {"b": "x"}]}"#, true),
        (r#"{"a": {"b": [{"exists": false}], "c": ["x"]}}"#, r#"{"a": [{"b": 1}, {"c": "x"}]}"#, false),
        (r#"{"a": {"c": ["x"], "b": [{"exists": false}]}}"#, r#"{"a": [{"b": 1}, {"c": "x"}]}"#, false),
        (r#"{"a": {"b": {"d": ["x"], "e": [{"exists": false}]}}}"#, r#"{"a": [{"b": [{"d": "x"}, {"e": 1}]}]}"#, true),
        (
            r#"{"a": {"b": ["x", {"exists": false}], "c": [{"exists": false}]}}"#,
            r#"{"a": [{"b": "x"}, {"c": 1}]}"#,
            true,
        ),
        (
            r#"{"a": {"b": ["y", {"exists": false}], "c": [{"exists": false}]}}"#,
            r#"{"a": [{"b": "x"}, {"c": 1}]}"#,
            false,
        ),
        (
            r#"{"a": {"b": ["x"]}, "c": {"d": [{"exists": false}]}}"#,
            r#"{"a": [{"b": "x"}], "c": [{"d": 1}, {}]}"#,
            false,
        ),
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
        (r#"{"a": [{"anything-but": {"wildcard": ""}}]}"#, r#"{"a": "x"}"#, true),
        (r#"{"a": [{"anything-but": {"wildcard": ""}}]}"#, r#"{"a": ""}"#, false),
        (r#"{"a": [{"anything-but": {"equals-ignore-case": ""}}]}"#, r#"{"a": "x"}"#, true),
        (r#"{"a": [{"wildcard": ""}]}"#, r#"{"a": "x"}"#, false),
        // nesting and arrays
        (r#"{"a": {"b": {"c": ["x"]}}}"#, r#"{"a": {"b": {"c": "x"}}}"#, true),
        (r#"{"a": ["x"]}"#, r#"{"a": ["y", "x"]}"#, true),
        (r#"{"a": ["x"]}"#, r#"{"a": [["y"], ["x"]]}"#, true),
        (r#"{"a": {"b": ["x"]}}"#, r#"{"a": [{"b": "y"}, {"b": "x"}]}"#, true),
        (r#"{"a": {"b": ["x"], "c": ["y"]}}"#, r#"{"a": [{"b": "x"}, {"c": "y"}]}"#, false),
        (r#"{"a": {"b": ["x"], "c": ["y"]}}"#, r#"{"a": [{"b": "x", "c": "y"}]}"#, true),
        (r#"{"a": {"b": ["x"]}}"#, r#"{"a": "x"}"#, false),
        (r#"{"a": {"b": ["x"], "c": {"d": ["y"]}}}"#, r#"{"a": [{"b": "x"}, {"c": [{"d": "y"}]}]}"#, false),
        (r#"{"a": {"b": ["x"], "c": {"d": ["y"]}}}"#, r#"{"a": [{"b": "x", "c": [{"d": "z"}, {"d": "y"}]}]}"#, true),
        (r#"{"a": {"b": ["x"], "c": ["y"]}}"#, r#"{"a": [[{"b": "x"}, {"c": "y"}]]}"#, false),
        (r#"{"a": {"b": ["x"], "c": ["y"]}}"#, r#"{"a": [[{"c": "y"}], [{"b": "x", "c": "y"}]]}"#, true),
        // a dot in a name is a step
        (r#"{"a.b": ["x"]}"#, r#"{"a": {"b": "x"}}"#, true),
        (r#"{"a": {"b": ["x"]}}"#, r#"{"a.b": "x"}"#, true),
        (r#"{"a": {"b.c": ["x"]}}"#, r#"{"a.b": {"c": "x"}}"#, true),
        (r#"{"a.b": [{"exists": false}]}"#, r#"{"a": {"b": 1}}"#, false),
        (r#"{"a": {"b": {"b": ["x"]}}}"#, r#"{"a.b": "x"}"#, false),
        (r#"{"a.b": {"c": ["x"], "d": ["y"]}}"#, r#"{"a": [{"b": {"c": "x"}}, {"b": {"d": "y"}}]}"#, false),
        (r#"{"a.b": {"c": ["x"]}, "a": {"b.d": ["y"]}}"#, r#"{"a": [{"b": {"c": "x", "d": "y"}}]}"#, true),
        (r#"{"a.b": {"c": ["x"], "d": ["y"]}}"#, r#"{"a": {"b": [{"c": "x"}]}, "a.b": [{"d": "y"}]}"#, true),
        // of several lists of tests for one path, the last counts
        (r#"{"a": ["x"], "a": ["y"]}"#, r#"{"a": "y"}"#, true),
        (r#"{"a.b": ["x"], "a": {"b": ["y"]}}"#, r#"{"a": {"b": "y"}}"#, true),
        (r#"{"a": ["x"], "$or": [{"a": ["y"]}, {"b": ["z"]}]}"#, r#"{"a": "y"}"#, true),
        (r#"{"$or": [{"a": ["y"]}, {"b": ["z"]}], "a": ["x"]}"#, r#"{"a": "y"}"#, false),
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
        (r#"{"a": [{"numeric": ["=", 1, "<", 5]}]}"#, "Too many elements in numeric expression"),
        (r#"{"a": [{"numeric": [">", 0, ">", 0]}]}"#, "Bad numeric range operator: >"),
        (r#"{"a": [{"numeric": [">", 0, "<"]}]}"#, "Value of < must be numeric"),
        (r#"{"a": [{"numeric": [">", 0, "<", 5, "<", 6]}]}"#, "Too many terms in numeric range expression"),
        (r#"{"a": [{"numeric": 10}]}"#, "Value of numeric must be an array."),
        (r#"{"a": [{"NUMERIC": ["=", 5]}]}"#, "Unrecognized match type NUMERIC"),
        (r#"{"a": [{"numeric": ["=", 1e10]}]}"#, "Value must be between -5.0E9 and 5.0E9, inclusive"),
        (r#"{"a": [{"wildcard": "a**"}]}"#, "Consecutive wildcard characters at pos 2"),
        (r#"{"a": [{"wildcard": "a\\b"}]}"#, "Invalid escape character at pos 2"),
        (
            r#"{"a": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}"#,
            "Consecutive wildcard characters at pos 26",
        ),
        (r#"{"a": [{"wildcard": "é**"}]}"#, "Consecutive wildcard characters at pos 3"),
        (r#"{"a": [{"anything-but": {"wildcard": "a**"}}]}"#, "Consecutive wildcard characters at pos 2"),
        (r#"{"a": [{"cidr": "10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"a": [{"cidr": "10.0.0.0/8/8"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"a": [{"cidr": "bad-/64filter"}]}"#, "Malformed CIDR, mask bits must be an integer"),
        (r#"{"a": [{"cidr": "10.0.0.0/-1"}]}"#, "Malformed CIDR, mask bits must not be negative"),
        (r#"{"a": [{"cidr": "10.0.0.0/32"}]}"#, "IPv4 mask bits must be < 32"),
        (r#"{"a": [{"cidr": "2001:db8::/128"}]}"#, "IPv6 mask bits must be < 128"),
        (r#"{"a": [{"cidr": "xx.11.xx/8"}]}"#, "Nonstandard IP address: xx.11.xx"),
        (r#"{"a": [{"cidr": ["10.0.0.0/8"]}]}"#, "prefix match pattern must be a string"),
        (r#"{"a": [{"exactly": 1}]}"#, "exact match pattern must be a string"),
        (r#"{"a": [{"prefix": {"wildcard": "x"}}]}"#, "Unsupported prefix pattern: wildcard"),
        (r#"{"a": [{"anything-but": {"prefix": ""}}]}"#, "Null prefix/suffix not allowed"),
        (r#"{"a": [{"anything-but": {"suffix": [1]}}]}"#, "prefix/suffix match pattern must be a string"),
        (r#"{"a": [{"anything-but": {"equals-ignore-case": 1}}]}"#, NOT_TEXTS),
        (
            r#"{"a": [{"anything-but": {"prefix": {"equals-ignore-case": "x"}}}]}"#,
            "Value of anything-but must be an array or single string/number value.",
        ),
        (r#"{"a": [{"anything-but": {"exists": true}}]}"#, "Unsupported anything-but pattern: exists"),
        (r#"{"a": [{"anything-but": true}]}"#, "Value of anything-but must be an array or single string/number value."),
        (
            r#"{"a": [{"anything-but": ["x", 1]}]}"#,
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (r#"{"$or": [{"a": [1]}]}"#, "There must have at least 2 Objects in $or relationship."),
        (r#"{"$or": [{"a": [1]}, 2]}"#, "Only JSON object is allowed in array of $or relationship."),
        (
            r#"{"$or": [{"regex": [1]}, {"a": [2]}]}"#,
            "regex is Ruler reserved fieldName which cannot be used inside $or.",
        ),
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
fn alternatives_give_at_most_a_thousand_combinations() {
    let group = |width: usize| Value::from((0..width).map(|at| json!({ format!("f{at}"): [1] })).collect::<Vec<_>>());
    let pattern = |width| json!({"a": {"$or": group(10)}, "b": {"$or": group(10)}, "c": {"$or": group(width)}});
    assert!(
        Pattern::from_value(&pattern(10)).unwrap().matches(&json!({"a": {"f3": 1}, "b": {"f9": 1}, "c": {"f0": 1}}))
    );
    assert!(Pattern::from_value(&pattern(11)).unwrap_err().reason().starts_with("Rule is too complex"));
}

#[test]
fn wildcards_that_are_too_complex_for_eventbridge_are_found() {
    for (pattern, is_accepted) in [
        (r#"{"a": [{"wildcard": "/Users/*/dir/dir/dir/dir/dir/doc.txt"}]}"#, true),
        (r#"{"a": [{"anything-but": {"wildcard": ["*/init/*", "*/dir/*"]}}], "b": [{"wildcard": "*x*"}]}"#, true),
        (r#"{"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}"#, false),
        (r#"{"a": [{"anything-but": {"wildcard": ["*:*:*:*:*:event-bus/*"]}}]}"#, false),
        (r#"{"$or": [{"a": [{"wildcard": "*:*:*:"}]}, {"a": [{"wildcard": "*:*:*:x"}]}]}"#, false),
        (r#"{"a": [{"wildcard": "*a*"}, {"wildcard": "*b*"}, {"wildcard": "*c*"}]}"#, true),
    ] {
        let checked = Pattern::parse(pattern).unwrap().check_complexity();
        assert_eq!(checked.is_ok(), is_accepted, "{pattern}");
        if let Err(error) = checked {
            assert!(error.reason().starts_with("Rule is too complex - try using fewer wildcard characters"), "{error}");
        }
    }
}

#[test]
fn conditions_met_by_different_elements_are_explained() {
    let pattern = Pattern::parse(r#"{"a": {"b": ["x"], "c": ["y"]}}"#).unwrap();
    let missed = pattern.mismatch(&json!({"a": [{"b": "x"}, {"c": "y"}]})).unwrap();
    insta::assert_snapshot!(missed, @"each condition is met, but not all within the same elements of an array");
}

/// Several arrays of one path, and arrays in arrays: no event may take time that grows with the product of their lengths.
#[test]
fn long_arrays_are_matched_in_one_pass() {
    let elements: Vec<Value> = (0..20_000).map(|at| json!({"b": at, "c": "y", "e": [{"f": at}, {"g": at}]})).collect();
    let event = json!({"a": elements});
    for pattern in [
        r#"{"a": {"b": [{"exists": true}], "c": ["y"], "d": ["z"]}}"#,
        r#"{"a": {"b": [{"exists": true}], "c": ["z", {"exists": false}]}}"#,
        r#"{"a": {"c": ["y"], "e": {"f": [{"exists": true}], "g": [{"exists": true}]}}}"#,
    ] {
        let begun = std::time::Instant::now();
        assert!(!Pattern::parse(pattern).unwrap().matches(&event), "{pattern}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{pattern} took {:?}", begun.elapsed());
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
