#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Decision, Need, Policy, Requester, pattern};
use crate::Principal;

fn root() -> Requester {
    Requester::local(Principal::Root)
}

fn role() -> Requester {
    Requester::local(Principal::Role {
        role_name: "worker".to_owned(),
        session_arn: "arn:aws:sts::000000000000:assumed-role/worker/s1".to_owned(),
    })
}

fn service(name: &str) -> Requester {
    Requester::local(Principal::Service(name.to_owned()))
}

fn decide(statement: Value, requester: &Requester, need: &Need) -> Decision {
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    Policy::parse(&document.to_string()).unwrap().evaluate(requester, need)
}

#[test]
fn statements_match_actions_and_resources() {
    use Decision::{Allow, Deny, NoMatch};
    let topic = "arn:aws:sns:us-east-1:000000000000:alerts";
    let publish = Need::new("sns:Publish", topic);
    let cases = [
        (json!({"Effect":"Allow","Action":"sns:Publish","Resource":topic}), Allow),
        (json!({"Effect":"Allow","Action":"SNS:publish","Resource":topic}), Allow),
        (json!({"Effect":"Allow","Action":["sqs:*","sns:Pub*"],"Resource":["x","arn:aws:sns:*:alerts"]}), Allow),
        (json!({"Effect":"Allow","Action":"*","Resource":"*"}), Allow),
        (json!({"Effect":"Allow","Action":"sns:Publis?","Resource":"*"}), Allow),
        (json!({"Effect":"Allow","Action":"sns:Subscribe","Resource":topic}), NoMatch),
        (
            json!({"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:us-east-1:000000000000:other"}),
            NoMatch,
        ),
        (json!({"Effect":"Allow","NotAction":"sns:Publish","Resource":"*"}), NoMatch),
        (json!({"Effect":"Allow","NotAction":"sqs:*","Resource":"*"}), Allow),
        (json!({"Effect":"Allow","Action":"sns:*","NotResource":topic}), NoMatch),
        (
            json!([{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sns:*","Resource":topic}]),
            Deny,
        ),
        (
            json!([{"Effect":"Deny","Action":"sqs:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]),
            Allow,
        ),
    ];
    for (statement, expected) in cases {
        assert_eq!(decide(statement.clone(), &root(), &publish), expected, "{statement}");
    }
}

#[test]
fn principals_are_distinguished() {
    let need = Need::new("sns:Publish", "arn:aws:sns:us-east-1:000000000000:alerts");
    let allow =
        |principal: Value| json!({"Effect":"Allow","Principal":principal,"Action":"sns:Publish","Resource":"*"});
    let events = service("events.amazonaws.com");
    let stranger = Requester { account: "111111111111".to_owned(), ..root() };
    let cases = [
        (json!("*"), &events, true),
        (json!({"AWS":"*"}), &role(), true),
        (json!({"Service":"events.amazonaws.com"}), &events, true),
        (json!({"Service":["sns.amazonaws.com","events.amazonaws.com"]}), &events, true),
        (json!({"Service":"lambda.amazonaws.com"}), &events, false),
        (json!({"Service":"events.amazonaws.com"}), &root(), false),
        (json!({"AWS":"000000000000"}), &root(), true),
        (json!({"AWS":"arn:aws:iam::000000000000:root"}), &role(), true),
        (json!({"AWS":"arn:aws:iam::000000000000:root"}), &stranger, false),
        (json!({"AWS":"arn:aws:iam::000000000000:role/team/worker"}), &role(), true),
        (json!({"AWS":"arn:aws:iam::000000000000:role/other"}), &role(), false),
        (json!({"AWS":"arn:aws:sts::000000000000:assumed-role/worker/s1"}), &role(), true),
        (json!({"AWS":"arn:aws:sts::000000000000:assumed-role/worker/s2"}), &role(), false),
    ];
    for (principal, requester, allowed) in cases {
        let decision = decide(allow(principal.clone()), requester, &need);
        assert_eq!(decision == Decision::Allow, allowed, "{principal} {requester:?}");
    }
    let not = json!({"Effect":"Deny","NotPrincipal":{"Service":"events.amazonaws.com"},"Action":"*","Resource":"*"});
    assert_eq!(decide(not.clone(), &events, &need), Decision::NoMatch);
    assert_eq!(decide(not, &role(), &need), Decision::Deny);
}

#[test]
fn conditions_follow_their_operators() {
    let rule = "arn:aws:events:us-east-1:000000000000:rule/failures";
    let need = Need::new("lambda:InvokeFunction", "*")
        .with("aws:SourceArn", rule)
        .with("aws:SourceAccount", "000000000000")
        .with("aws:SecureTransport", "true")
        .with("aws:SourceIp", "127.0.0.1")
        .with("x:size", "12")
        .with("x:tags", "a")
        .with("x:tags", "b");
    let cases = [
        (json!({"ArnLike":{"AWS:SourceArn":rule}}), true),
        (json!({"ArnEquals":{"aws:SourceArn":"arn:aws:events:*:*:rule/*"}}), true),
        (json!({"ArnLike":{"aws:SourceArn":"arn:aws:events:*:rule/*"}}), false),
        (json!({"ArnNotLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}), true),
        (json!({"StringEquals":{"aws:SourceAccount":["1","000000000000"]}}), true),
        (json!({"StringEquals":{"aws:SourceAccount":"0*"}}), false),
        (json!({"StringLike":{"aws:SourceAccount":"0*"}}), true),
        (json!({"StringNotEquals":{"aws:SourceAccount":"1"}}), true),
        (json!({"StringNotEquals":{"aws:SourceAccount":["1","000000000000"]}}), false),
        (json!({"StringEqualsIgnoreCase":{"x:tags":"A"}}), true),
        (json!({"StringEquals":{"x:absent":"1"}}), false),
        (json!({"StringEqualsIfExists":{"x:absent":"1"}}), true),
        (json!({"StringEqualsIfExists":{"x:size":"1"}}), false),
        (json!({"StringNotEquals":{"x:absent":"1"}}), true),
        (json!({"Null":{"x:absent":"true"}}), true),
        (json!({"Null":{"x:size":true}}), false),
        (json!({"Bool":{"aws:SecureTransport":true}}), true),
        (json!({"Bool":{"aws:SecureTransport":"false"}}), false),
        (json!({"NumericLessThan":{"x:size":13}}), true),
        (json!({"NumericGreaterThanEquals":{"x:size":"13"}}), false),
        (json!({"NumericNotEquals":{"x:size":13}}), true),
        (json!({"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}), true),
        (json!({"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}), false),
        (json!({"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}), true),
        (json!({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}), true),
        (json!({"ForAnyValue:StringEquals":{"x:tags":["b","c"]}}), true),
        (json!({"ForAnyValue:StringEquals":{"x:absent":"b"}}), false),
        (json!({"ForAllValues:StringEquals":{"x:tags":["b","c"]}}), false),
        (json!({"ForAllValues:StringEquals":{"x:tags":["a","b","c"]}}), true),
        (json!({"ForAllValues:StringEquals":{"x:absent":"b"}}), true),
        (json!({"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:role/worker"}}), true),
        (json!({"StringEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"}}), true),
        (json!({"StringEquals":{"aws:SourceAccount":"${x:absent}"}}), false),
        (json!({"StringEquals":{"aws:SourceAccount":"${x:absent, '000000000000'}"}}), true),
        (json!({"StringEquals":{"aws:SourceAccount":"000000000000"},"Bool":{"aws:SecureTransport":"false"}}), false),
    ];
    for (condition, holds) in cases {
        let statement = json!({"Effect":"Allow","Action":"*","Resource":"*","Condition":condition});
        assert_eq!(decide(statement, &role(), &need) == Decision::Allow, holds, "{condition}");
    }
}

#[test]
fn a_wildcard_in_a_variable_matches_literally() {
    let statement = json!({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${x:user}/*"});
    let need = |resource: &str| Need::new("s3:GetObject", resource).with("x:user", "*");
    assert_eq!(decide(statement.clone(), &root(), &need("arn:aws:s3:::b/*/file")), Decision::Allow);
    assert_eq!(decide(statement, &root(), &need("arn:aws:s3:::b/anna/file")), Decision::NoMatch);
}

#[test]
fn malformed_documents_return_awss_errors() {
    let trust = |statement: Value| json!({"Version":"2012-10-17","Statement":[statement]}).to_string();
    type Parse = fn(&str) -> Result<Policy, super::PolicyError>;
    let cases: [(Parse, String, &str); 12] = [
        (Policy::parse, "{".to_owned(), "This policy contains invalid Json"),
        (Policy::parse, "[]".to_owned(), "Syntax errors in policy."),
        (Policy::parse_trust, "{}".to_owned(), "Missing required field Statement"),
        (Policy::parse, r#"{"Version":"2011-01-01","Statement":[]}"#.to_owned(), "Syntax errors in policy."),
        (Policy::parse, trust(json!({"Effect":"Allow","Resource":"*"})), "Missing required field Action"),
        (Policy::parse, trust(json!({"Effect":"allow","Action":"*","Resource":"*"})), "Invalid effect: allow"),
        (
            Policy::parse_identity,
            trust(json!({"Effect":"Allow","Action":"*"})),
            "Policy statement must contain resources.",
        ),
        (
            Policy::parse_identity,
            trust(json!({"Effect":"Allow","Action":"*","Resource":"alerts"})),
            "Resource alerts must be in ARN format or \"*\".",
        ),
        (
            Policy::parse_trust,
            trust(json!({"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sns:Publish"})),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            Policy::parse_trust,
            trust(json!({"Effect":"Allow","Principal":{"Service":"lambda"},"Action":"sts:AssumeRole"})),
            "Invalid principal in policy: \"SERVICE\":\"lambda\"",
        ),
        (
            Policy::parse_trust,
            trust(json!({"Effect":"Allow","Action":"sts:AssumeRole"})),
            "Missing required field Principal",
        ),
        (
            Policy::parse,
            trust(json!({"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"StringIs":{"a":"b"}}})),
            "Invalid Condition type : StringIs.",
        ),
    ];
    for (parse, document, message) in cases {
        assert_eq!(parse(&document).unwrap_err().message, message, "{document}");
    }
}

proptest! {
    #[test]
    fn a_text_matches_itself_and_a_star(text in "[a-z:/]{0,20}") {
        prop_assert!(pattern::matches(&text, &text));
        prop_assert!(pattern::matches("*", &text));
    }

    #[test]
    fn replacing_a_run_by_a_star_still_matches(text in "[a-c]{0,12}", from in 0usize..12, length in 0usize..12) {
        let from = from.min(text.len());
        let to = (from + length).min(text.len());
        let pattern = format!("{}*{}", &text[..from], &text[to..]);
        prop_assert!(pattern::matches(&pattern, &text));
    }

    #[test]
    fn wildcards_agree_with_a_regular_expression(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
        let expression = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
        let expected = regex::Regex::new(&expression).unwrap().is_match(&text);
        prop_assert_eq!(pattern::matches(&pattern, &text), expected);
    }

    #[test]
    fn parsing_never_panics(text in ".{0,200}") {
        let _ = Policy::parse(&text);
    }

    #[test]
    fn a_deny_always_wins(allows in 0usize..4, position in 0usize..4) {
        let mut statements = vec![json!({"Effect":"Allow","Action":"*","Resource":"*"}); allows];
        statements.insert(position.min(allows), json!({"Effect":"Deny","Action":"sns:*","Resource":"*"}));
        prop_assert_eq!(decide(json!(statements), &root(), &Need::new("sns:Publish", "x")), Decision::Deny);
    }
}
