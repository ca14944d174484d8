use proptest::prelude::*;

use super::*;

#[test]
fn what_tells_faults_apart_stays() {
    let mut differ = Vec::new();
    for (message, words, marks) in [
        // Codes and numbers of errors.
        ("Request failed with status code 401", "Request failed with status code 401", "401"),
        ("503 Service Unavailable", "503 Service Unavailable", "503"),
        ("upstream responded with 502 after 31 ms", "upstream responded with 502 after # ms", "502"),
        ("order 404 not found", "order # not found", ""),
        ("exit status 137", "exit status 137", "137"),
        ("product code 4521 is unknown", "product code # is unknown", ""),
        ("ORA-12541: TNS:no listener", "ORA-12541 TNS:no listener", "ORA-12541"),
        ("order ORDER-12345 failed", "order ORDER-# failed", ""),
        ("535 authentication failed", "535 authentication failed", "535"),
        (
            "rpc error: code = Unavailable desc = connection closed",
            "rpc error code Unavailable desc connection closed",
            "Unavailable",
        ),
        ("{code:401}", "401", "401"),
        ("(1146, \"Table 'app.orders' doesn't exist\")", "1146 Table app.orders doesn't exist", "1146 app.orders"),
        (
            "(2003, \"Can't connect to MySQL server on 'db.internal' ([Errno 111] Connection refused)\")",
            "2003 Can't connect to MySQL server on db.internal Errno 111 Connection refused",
            "2003 db.internal 111",
        ),
        // Hosts and ports.
        (
            "getaddrinfo ENOTFOUND db-1.orders.internal",
            "getaddrinfo ENOTFOUND db-1.orders.internal",
            "ENOTFOUND db-1.orders.internal",
        ),
        ("getaddrinfo EAI_AGAIN payments", "getaddrinfo EAI_AGAIN payments", "EAI_AGAIN payments"),
        ("connect ECONNREFUSED 10.0.3.61:5432", "connect ECONNREFUSED #:5432", "ECONNREFUSED #:5432"),
        ("connect ECONNREFUSED ::1:5432", "connect ECONNREFUSED #", "ECONNREFUSED"),
        (
            "POST https://app:x@api.example.com:8443/v1/orders/9?a=b failed",
            "POST api.example.com:8443 failed",
            "api.example.com:8443",
        ),
        (
            "no route to ip-10-0-3-61.eu-west-1.compute.internal",
            "no route to ip-#.eu-west-1.compute.internal",
            "ip-#.eu-west-1.compute.internal",
        ),
        ("read udp 127.0.0.1:61596->127.0.0.1:53: i/o timeout", "read udp #:# #:53 i/o timeout", "#:# #:53"),
        (
            "connection to server at \"10.0.3.7\", port 5432 failed",
            "connection to server at # port #:5432 failed",
            "#:5432",
        ),
        // Names of keys, variables, columns, actions.
        ("Missing required environment variable 'DB_HOST'", "Missing required environment variable DB_HOST", "DB_HOST"),
        ("No module named 'requests'", "No module named requests", "requests"),
        (
            "Cannot read properties of undefined (reading 'total')",
            "Cannot read properties of undefined reading total",
            "total",
        ),
        ("\"email\" is required", "email is required", "email"),
        ("'Deutschland' is no country", "<value> is no country", ""),
        (
            "not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:111111111111:table/orders",
            "not authorized to perform dynamodb:PutItem on resource dynamodb:table/orders",
            "dynamodb:PutItem dynamodb:table/orders",
        ),
        // Printed values of Rust.
        (
            "LambdaError { msg: \"cust error\", source: \"somewhere in code\", code: InvalidInput }",
            "LambdaError msg cust error source somewhere in code code InvalidInput",
            "LambdaError InvalidInput",
        ),
        ("Error: \"some message\"", "Error some message", ""),
        ("Os { code: 111, kind: TimedOut, message: \"no\" }", "Os code 111 kind TimedOut message no", "111 TimedOut"),
        // JSON.
        (
            r#"{"code":"E_CARD","httpStatus":402,"message":"card 4711 was declined"}"#,
            "code=E_CARD httpstatus=402 card # was declined",
            "code=E_CARD httpstatus=402",
        ),
        (r#"{"id": 1, "when": "now"}"#, "id when", ""),
        // What varies.
        ("No such customer: 'cus_NffrFeUfNV2Hib'", "No such customer <value>", ""),
        ("No such charge: ch_1NirD82eZvKYlo2CIvbtLWuY", "No such charge ch_#", ""),
        ("cannot resize img_k9Mtd2gDcgG.jpg", "cannot resize <file>", ""),
        ("V1StGXR8Z5jdHi6B is gone", "# is gone", ""),
        ("Order 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 of ada@example.com took 12ms", "Order # of <email> took #", ""),
        ("Wed, 04 Mar 2026 05:06:07 GMT failed", "# failed", ""),
        (
            "invalid type: null, expected i32 at line 1 column 190",
            "invalid type null expected i# at line # column #",
            "",
        ),
        ("first line\nsecond", "first line", ""),
        ("", "", ""),
    ] {
        let reduced = reduce(message);
        if (reduced.words.as_str(), reduced.marks.as_str()) != (words, marks) {
            differ.push(format!("{message}: {reduced:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// What differs between occurrences of one fault.
fn varies() -> impl Strategy<Value = String> {
    prop_oneof![
        "[1-9][0-9]{5,9}",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "0x7f[0-9a-f]{10}",
        "(10|172|192)\\.[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{1,2}",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{3})?Z",
        "(cus|pi|ch)_[0-9][A-Z][a-z][0-9][A-Za-z0-9]{12}",
        "[a-z]{1,8}@[a-z]{1,8}\\.(com|org)",
        "'[a-z]{1,6} [a-z]{1,6}'",
        "[a-z]{1,8}[0-9]{1,4}\\.(jpg|pdf|csv)",
        "/tmp/[a-z0-9]{1,12}",
    ]
}

/// What tells faults apart.
fn tells_apart() -> impl Strategy<Value = String> {
    prop_oneof![
        "status code [45][0-9]{2}",
        "\\(errno [1-9][0-9]{0,3}\\)",
        "[a-z]{2,8}\\.[a-z]{2,8}\\.(com|internal)",
        "10\\.0\\.0\\.1:[1-9][0-9]{3}",
        "column '[a-z]{2,8}_[a-z]{2,8}'",
        "ER_[A-Z]{3,8}_[A-Z]{3,8}",
    ]
}

proptest! {
    #[test]
    fn what_varies_does_not_count(one in varies(), other in varies(), before in "[a-z]{2,8}", after in "[g-z]{2,8}") {
        let message = |value: &str| reduce(&format!("{before} {value} {after}"));
        let (one, other) = (message(&one), message(&other));
        prop_assert_eq!(&one.marks, "");
        prop_assert_eq!(one.marks, other.marks);
        prop_assert_eq!(one.words.split(' ').count(), other.words.split(' ').count());
    }

    #[test]
    fn what_tells_faults_apart_counts(one in tells_apart(), other in tells_apart(), before in "[a-z]{2,8}") {
        let message = |value: &str| reduce(&format!("{before} failed: {value}"));
        let (first, second) = (message(&one), message(&other));
        prop_assert_eq!(first.marks == second.marks, one == other, "{} / {}", first.marks, second.marks);
        prop_assert!(!first.marks.is_empty());
    }

    #[test]
    fn no_text_panics_it_and_growth_is_bounded(text in "(?s).{0,600}") {
        let reduced = reduce(&text);
        prop_assert!(reduced.words.chars().count() <= 8 * MOST_CHARACTERS);
    }
}
