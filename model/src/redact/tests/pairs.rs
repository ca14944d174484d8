//! Texts beside each other: what hides a secret, and what only sounds like it.

use crate::redact::redact;

#[test]
fn secrets_go_from_every_notation() {
    let mut survive = Vec::new();
    for text in [
        // Prose.
        "the password is hunter2-x9",
        "login failed with pwd hunter2-x9",
        "Incorrect API key: hunter2-x9",
        "Invalid api key provided: hunter2-x9",
        // URL-encoded.
        "body user%3Dada%26password%3Dhunter2-x9%26a%3Db",
        "body %7B%22password%22%3A%22hunter2-x9%22%7D",
        "body %7B%22api_key%22%3A%20%22hunter2-x9%22%7D",
        // Braces, brackets and parentheses around it.
        "Driver={ODBC Driver 18};Server=db;UID=ada;PWD={hunter2-x9};Encrypt=yes",
        "map[Accept:[*/*] X-Api-Key:[hunter2-x9]]",
        "{ 'x-api-key': [ 'hunter2-x9' ], accept: '*' }",
        r#"{"headers": {"X-Api-Key": ["hunter2-x9"]}}"#,
        r#"{"set-cookie": ["sid=hunter2-x9; Path=/"]}"#,
        r#"{"password": {"S": "hunter2-x9"}, "user": {"S": "ada"}}"#,
        r#"{\"password\": {\"S\": \"hunter2-x9\"}}"#,
        "password={value: hunter2-x9}",
        "password={ postgres://ada:hunter2-x9@db : 1}",
        "request(auth=('ada', 'hunter2-x9'))",
        r#"{"tokens": ["a1", "hunter2-x9"]}"#,
        // Connection strings.
        "Server=tcp:db,1433;User ID=ada;Password=hunter2-x9;Encrypt=true",
        "mongodb+srv://ada:hunter2-x9@cluster0.example.mongodb.net/orders?retryWrites=true",
        "amqps://ada:hunter2-x9@rabbit:5671/%2Forders",
        "jdbc:sqlserver://db:1433;user=ada;password=hunter2-x9",
        "jdbc:postgresql://db/orders?user=ada&password=hunter2-x9",
        "jdbc:oracle:thin:ada/hunter2-x9@db:1521/orders",
        "Endpoint=sb://a.example.net/;SharedAccessKeyName=x;SharedAccessKey=hunter2-x9",
        "host=db user=ada password=hunter2-x9 dbname=orders",
        // Headers.
        "> Authorization: Basic aHVudGVyMi14OTpodW50ZXIyLXg5",
        "{'Authorization': b'Basic aHVudGVyMi14OTpodW50ZXIyLXg5'}",
        "Proxy-Authorization: Basic aHVudGVyMi14OTpodW50ZXIyLXg5",
        "Cookie: a=b; session=hunter2-x9",
    ] {
        let redacted = redact(text);
        if redacted.contains("unter2") || redacted.contains("2-x9") || redacted.contains("aHVudGVy") {
            survive.push(redacted.clone());
        }
        if redact(&redacted) != redacted {
            survive.push(format!("twice: {redacted} → {}", redact(&redacted)));
        }
    }
    assert!(survive.is_empty(), "{}", survive.join("\n"));
}

#[test]
fn what_only_sounds_like_a_secret_stays() {
    let touched: Vec<String> = [
        "sort_key: value",
        "s3_key=in/2026/orders.csv",
        "Key: in/2026/orders.csv",
        r#"{"key": "value", "Key": "in/orders.csv"}"#,
        "error_key=total_missing",
        "NoSuchKey: 'in/orders17.csv' is not there",
        "NoSuchKey: https://bucket.s3.amazonaws.com/a",
        "job_key=nightly-17 failed",
        "lock_key=orders:17 is held",
        "record_key=2026-11-27T10 is late",
        "LastEvaluatedKey=17",
        "ExclusiveStartKey: 17",
        "InvalidPasswordException: Password did not conform with policy",
        "PasswordResetRequiredException: Password reset required for the user",
        "SecretsManagerError: Timeout after 3 s",
        "ExpiredTokenException: 'x' has expired",
        "the password is required",
        "the password is too short",
        "the password is 8 characters long",
        "password sha256 is unknown",
        "tokens: []",
        "token: (missing)",
        "Invalid token: [object Object]",
        "credentials: [default, env]",
        "password policy: {min: 8}",
        "token_url=https://login.example.com/oauth2",
        "token_expires_in=3600",
        "used_tokens=512 of 4096",
        "token_limit: 4096",
        "the API key is missing",
        "API key: missing",
        "signature_version=s3v4",
        "a/b@c is no address",
        "{code: 17, key: {pk: 1}}",
    ]
    .into_iter()
    .filter(|text| redact(text) != *text)
    .map(redact)
    .collect();
    assert!(touched.is_empty(), "{}", touched.join("\n"));
}
