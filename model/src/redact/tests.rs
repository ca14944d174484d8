use super::*;

#[test]
fn secrets_go_and_the_rest_stays() {
    let random = "wJalrXUtnFEMIK7MDENGbPxRfiCYzzEXAMPLEKEY".to_owned();
    for (text, expected) in [
        ("key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used".to_owned()),
        ("password=hunter2&user=ada", "password=[redacted]&user=ada".to_owned()),
        (r#"{"db_password": "hun\"ter2", "host": "db"}"#, r#"{"db_password": "[redacted]", "host": "db"}"#.to_owned()),
        (r#"{\"apiKey\":\"abc123\",\"host\":\"db\"}"#, r#"{\"apiKey\":\"[redacted]\",\"host\":\"db\"}"#.to_owned()),
        ("postgres://ada:hunter2@db:5432/orders", "postgres://[redacted]@db:5432/orders".to_owned()),
        ("https://x/y?X-Amz-Signature=abcdef&a=b", "https://x/y?X-Amz-Signature=[redacted]&a=b".to_owned()),
        ("Authorization: Bearer abc.def.ghi", "Authorization: [redacted]".to_owned()),
        ("header Bearer abcdef0123456789abcdef", "header Bearer [redacted]".to_owned()),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl end", "jwt [redacted] end".to_owned()),
        ("card 4111 1111 1111 1111.", "card [redacted].".to_owned()),
        ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112".to_owned()),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nafter",
            "[redacted private key]\nafter".to_owned(),
        ),
        ("Task timed out after 3.00 seconds", "Task timed out after 3.00 seconds".to_owned()),
        (
            "arn:aws:lambda:eu-west-1:111111111111:function:orders",
            "arn:aws:lambda:eu-west-1:111111111111:function:orders".to_owned(),
        ),
        ("at /var/task/index.js:3:9 -- basic test", "at /var/task/index.js:3:9 -- basic test".to_owned()),
    ] {
        assert_eq!(redact(text), expected, "{text}");
    }
    assert_eq!(redact(&format!("secret is {random}")), "secret is [redacted]");
}

proptest::proptest! {
    #[test]
    fn no_text_panics_it(text in "(?s).{0,300}") {
        let _ = redact(&text);
    }

    #[test]
    fn what_was_redacted_stays_redacted(text in r#"(password|token)[=:] ?"?[a-zA-Z0-9]{4,20}"?[ ,}]"#) {
        let once = redact(&text);
        proptest::prop_assert!(once.contains(REDACTED));
        proptest::prop_assert_eq!(redact(&once), once);
    }
}
