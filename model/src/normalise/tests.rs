use proptest::prelude::*;

use super::*;

#[test]
fn what_varies_goes_and_what_tells_failures_apart_stays() {
    for (message, expected) in [
        (
            "RequestId: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Error: Task timed out after 1.00 seconds",
            "RequestId: # Error: Task timed out after # seconds",
        ),
        ("2024-04-08T16:56:22.000Z deadbeef-aaaa-bbbb-cccc-dddddddddddd failed", "# failed"),
        ("Wed, 04 Mar 2026 05:06:07 GMT failed", "# failed"),
        ("Order 'abc' of ada@example.com not at https://x.y/z?id=3", "Order <value> of <email> not at <url>"),
        ("can't open 10.0.3.61:5432", "can't open #"),
        ("no route to [2001:db8::1]:443", "no route to #"),
        ("lookup db-7.orders.internal: no such host", "lookup <host>: no such host"),
        ("cannot reach orders.abc123.eu-west-1.rds.amazonaws.com:5432", "cannot reach <host>"),
        ("java.lang.IllegalStateException: com.example.Orders", "java.lang.IllegalStateException: com.example.Orders"),
        ("trace 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "trace #"),
        ("md5 d41d8cd98f00b204e9800998ecf8427e sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709", "md# # sha# #"),
        ("git 9f1c2d3 hex 0xdeadbeef and deadbeefdeadbeef", "git # hex # and #"),
        ("took 12ms, 1.5s, 1h2m3s and -3.2e10", "took #, #, # and -#"),
        ("retry=true, cached: false", "retry=#, cached: #"),
        ("EC2 is not S3", "EC# is not S#"),
        ("key \"unclosed and more", "key \"unclosed and more"),
        ("\u{201c}abc\u{201d} is not \u{2018}x\u{2019}", "<value> is not <value>"),
        ("first line 1\nsecond", "first line #"),
    ] {
        assert_eq!(normalise(message), expected, "{message}");
    }
}

/// Variable parts of a message, as pairs of the same kind.
fn variable() -> impl Strategy<Value = (String, String)> {
    fn two(shape: &'static str) -> BoxedStrategy<(String, String)> {
        (shape, shape).boxed()
    }
    prop_oneof![
        two("[1-9][0-9]{0,8}"),
        two("[0-9]{1,4}\\.[0-9]{1,4}"),
        two("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        two("[0-9][0-9a-f]{6,39}"),
        two("0x[0-9a-f]{2,16}"),
        two("(10|172|192)\\.[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{1,2}(:[1-9][0-9]{2,3})?"),
        two("2001:db8:[0-9a-f]{1,4}:[0-9a-f]{1,4}::[0-9a-f]{1,4}"),
        two("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{3})?Z"),
        two("[1-9][0-9]{0,3}(ms|s|m|h)"),
        two("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]"),
        two("[a-z]{1,8}@[a-z]{1,8}\\.(com|org)"),
        two("https?://[a-z]{1,8}\\.[a-z]{2,3}/[a-z0-9]{0,8}"),
        two("[a-z]{1,8}\\.[a-z]{1,8}\\.(com|internal|local)"),
        two("'[a-zA-Z ]{1,12}'"),
        two("\"[a-zA-Z ]{1,12}\""),
        two("(true|false)"),
    ]
}

proptest! {
    #[test]
    fn two_occurrences_of_one_template_are_one(
        (one, other) in variable(), (first, second) in variable(), before in "[a-z]{2,8}", between in "[g-z]{2,8}"
    ) {
        let message = |left: &str, right: &str| format!("{before} {left} {between} failed with {right}");
        prop_assert_eq!(normalise(&message(&one, &first)), normalise(&message(&other, &second)));
    }

    #[test]
    fn words_tell_templates_apart(one in "[g-z]{3,9}( [g-z]{3,9}){0,4}", other in "[g-z]{3,9}( [g-z]{3,9}){0,4}") {
        prop_assert_eq!(normalise(&one) == normalise(&other), one == other);
    }

    #[test]
    fn no_text_panics_it(text in "(?s).{0,600}") {
        let normal = normalise(&text);
        // A replacement may be longer than the original, yet growth is bounded.
        prop_assert!(normal.chars().count() <= 4 * MAX_CHARACTERS);
    }
}
