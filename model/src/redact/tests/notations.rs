//! A key among all notations that are recognised.

use proptest::prelude::*;
use proptest::sample::select;

use crate::redact::redact;

const NOTATION: &[&str] = &[
    "password",
    "PWD",
    "api key",
    "token",
    "auth",
    "cookie",
    "Authorization",
    "AUTH PLAIN ",
    "curl -u a",
    "pass",
    "arn:aws:s3:::x/",
    "=",
    ": ",
    ":",
    "=>",
    " is ",
    " provided: ",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "\\\"",
    " ",
    "\n",
    ",",
    ";",
    "%3D",
    "%22",
    "%20",
    "://",
    "@",
    "/",
    "S",
    "value",
    "é",
    "-----BEGIN ",
    "PRIVATE KEY-----",
    "mysql -p",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Whatever is taken for a value beside it, and whatever is kept of it.
    #[test]
    fn a_key_survives_in_no_notation(
        before in prop::collection::vec(select(NOTATION), 0..7), after in prop::collection::vec(select(NOTATION), 0..5)
    ) {
        let key = "AKIAIOSFODNN7EXAMPLE";
        let text = format!("{}{key}{}", before.concat(), after.concat());
        let redacted = redact(&text);
        prop_assert!(!redacted.contains(key), "{} of {}", redacted, text);
    }
}
