mod corpus;
mod everywhere;
mod notations;
mod pairs;

use proptest::prelude::*;

use super::*;

#[test]
fn secrets_go_and_the_rest_stays() {
    let random = "wJalrXUtnFEMIK7MDENGbPxRfiCYzzEXAMPLEKEY".to_owned();
    for (text, expected) in [
        ("key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used".to_owned()),
        ("keyAKIAIOSFODNN7EXAMPLEand", "[redacted]".to_owned()),
        ("password=hunter2&user=ada", "password=[redacted]&user=ada".to_owned()),
        (r#"{"db_password": "hun\"ter2", "host": "db"}"#, r#"{"db_password": "[redacted]", "host": "db"}"#.to_owned()),
        (r#"{\"apiKey\":\"abc123\",\"host\":\"db\"}"#, r#"{\"apiKey\":\"[redacted]\",\"host\":\"db\"}"#.to_owned()),
        ("postgres://ada:hunter2@db:5432/orders", "postgres://[redacted]@db:5432/orders".to_owned()),
        ("redis://:hunt/er2@db:6379", "redis://[redacted]@db:6379".to_owned()),
        ("https://x/y?X-Amz-Signature=abcdef&a=b", "https://x/y?X-Amz-Signature=[redacted]&a=b".to_owned()),
        (
            "https://x/y?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260304&X-Amz-Security-Token=IQoJ%2Fabc&X-Amz-Expires=60",
            "https://x/y?X-Amz-Credential=[redacted]&X-Amz-Security-Token=[redacted]&X-Amz-Expires=60".to_owned(),
        ),
        ("Authorization: Bearer abc.def.ghi", "Authorization: [redacted]".to_owned()),
        ("Authorization: Basic YWRhOmh1bnRlcjI=", "Authorization: [redacted]".to_owned()),
        ("header Bearer abcdef0123456789abcdef", "header Bearer [redacted]".to_owned()),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl end", "jwt [redacted] end".to_owned()),
        ("card 4111 1111 1111 1111.", "card [redacted].".to_owned()),
        (
            "at 20261122200056 and 40836896-7737-4342-a000-0a0a000aa0a0",
            "at 20261122200056 and 40836896-7737-4342-a000-0a0a000aa0a0".to_owned(),
        ),
        ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112".to_owned()),
        ("mysql --user ada --password hunter2 -h db", "mysql --user ada --password [redacted] -h db".to_owned()),
        ("CREATE USER ada PASSWORD 'hunter2'", "CREATE USER ada PASSWORD '[redacted]'".to_owned()),
        ("Server=db;User Id=ada;Password=hunter2;", "Server=db;User Id=ada;Password=[redacted];".to_owned()),
        (
            "post to https://hooks.slack.com/services/T01/B02/abcDEF123 failed",
            "post to https://hooks.slack.com/services/[redacted] failed".to_owned(),
        ),
        ("AWS_SECRET_ACCESS_KEY=abc DB_HOST=db", "AWS_SECRET_ACCESS_KEY=[redacted] DB_HOST=db".to_owned()),
        (
            "Authorization: Bearer abc, -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nafter",
            "Authorization: [redacted][redacted private key]\nafter".to_owned(),
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nafter",
            "[redacted private key]\nafter".to_owned(),
        ),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "[redacted private key]".to_owned()),
    ] {
        assert_eq!(redact(text), expected, "{text}");
    }
    assert_eq!(redact(&format!("secret is {random}")), "secret is [redacted]");
}

#[test]
fn a_value_may_stand_on_the_line_after_its_name() {
    for (text, expected) in [
        ("{\"password\":\n  \"hunter2\"}", "{\"password\":\n  \"[redacted]\"}"),
        ("token =\r\n\t'abc123'", "token =\r\n\t'[redacted]'"),
        ("\\\"apiKey\\\":\n\\\"abc123\\\"", "\\\"apiKey\\\":\n\\\"[redacted]\\\""),
        ("enter the password:\nStarting orders", "enter the password:\nStarting orders"),
        ("password:\n\n\"orders\" started", "password:\n\n\"orders\" started"),
    ] {
        assert_eq!(redact(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "Task timed out after 3.00 seconds",
        "arn:aws:lambda:eu-west-1:111111111111:function:orders",
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:prod/db-AbCdEf is not there",
        "not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:1:secret:x",
        "at /var/task/index.js:3:9 -- basic test",
        "RequestId: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11",
        "image 1111.dkr.ecr.eu-west-1.amazonaws.com/orders@sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd12345678",
        "commit 9f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c",
        "stack OrdersHandlerServiceRoleDefaultP1A2B3C4D is in UPDATE_FAILED",
        "src/components/Orders/List/Table/Index42 not found",
        "version 12.4.1-rc.2+build.7",
        "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
        "invalid token: expired",
        "https://example.com:8443/a/b@2x.png?size=3",
        "max_tokens: 4096",
        "Unable to locate credentials. You can configure credentials by running aws configure",
        "1772600767000",
    ] {
        assert_eq!(redact(text), text);
    }
}

/// A secret of each shape in its usual context, and the part that must not survive.
pub(super) fn leak() -> impl Strategy<Value = (String, String)> {
    let value = || "[a-zA-Z][a-zA-Z0-9]{6,12}[0-9]";
    let given = |before: &'static str, after: &'static str| {
        value().prop_map(move |secret: String| (format!("{before}{secret}{after}"), secret))
    };
    let known = |shape: &'static str| shape.prop_map(|secret: String| (secret.clone(), secret));
    prop_oneof![
        given("password=", ""),
        given("DB_PASSWORD=", " next=1"),
        given("\"password\":\"", "\""),
        given("\\\"clientSecret\\\": \\\"", "\\\""),
        given("\\\\\\\"token\\\\\\\":\\\\\\\"", "\\\\\\\""),
        given("'api_key': '", "'"),
        given("postgres://ada:", "@db:5432/orders"),
        given("https://b.s3.amazonaws.com/k?X-Amz-Signature=", "&x=1"),
        given("?X-Amz-Security-Token=", ""),
        given("https://hooks.slack.com/services/T0/B0/", ""),
        given("--password ", " --verbose"),
        given("PASSWORD '", "'"),
        given("Authorization: Basic ", ""),
        given("x-api-key: ", ""),
        given("Server=db;Pwd=", ";"),
        given("AccountKey=", "=="),
        given("-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----"),
        known("A[KS]IA[A-Z2-7]{16}"),
        known("([A-Z][a-z0-9][0-9A-Z][a-z]){10}"),
        known("eyJ[a-zA-Z0-9]{10,20}\\.[a-zA-Z0-9]{10,20}\\.[a-zA-Z0-9]{10,20}"),
        known("gh[pousr]_[a-zA-Z0-9]{36}"),
        known("xox[bp]-[0-9]{12}-[a-zA-Z0-9]{24}"),
        known("sk_live_[a-zA-Z0-9]{24}"),
        known("411111[0-9]{9}").prop_filter_map("a card number", |(text, _)| {
            let card = (0..10).map(|digit| format!("{text}{digit}")).find(|card| known::card_number(card).is_some())?;
            Some((card.clone(), card))
        }),
    ]
}

proptest! {
    #[test]
    fn no_text_panics_it(text in "(?s).{0,300}") {
        let _ = redact(&text);
    }

    #[test]
    fn what_was_redacted_stays_redacted(text in r#"(password|token)[=:] ?"?[a-zA-Z]{3}[0-9]{1,17}"?[ ,}]"#) {
        let once = redact(&text);
        prop_assert!(once.contains(REDACTED));
        prop_assert_eq!(redact(&once), once);
    }

    #[test]
    fn no_secret_survives_in_any_text(
        (text, secret) in leak(), before in "[a-z ,;:({\\[\"\n]{0,30}[ \n(]", after in "[ \n),;][a-z ,;:\"\n]{0,30}"
    ) {
        let redacted = redact(&format!("{before}{text}{after}"));
        prop_assert!(!redacted.contains(&secret), "{} in {}", secret, redacted);
    }
}
