//! Invalid environments and profiles: each fails with an error that names the mistake, none with a panic.

use proptest::prelude::*;
use proptest::sample::select;

use super::stub_aws::StubAws;
use super::{IN_ENVIRONMENT, first_line, world};
use crate::harness::{TestResult, World};

/// Variables of the SDK and its components.
const VARIABLES: [&str; 42] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCOUNT_ID",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_DISABLE_REQUEST_COMPRESSION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_STS",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "AWS_RETRY_MODE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_UA_APP_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_SIGV4A_SIGNING_REGION_SET",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "_X_AMZN_TRACE_ID",
];
const VALUES: [&str; 21] = [
    "",
    " ",
    "0",
    "-1",
    "true",
    "yes",
    "legacy",
    "/",
    "/nonexistent",
    "localhost:4566",
    "http://",
    "http://127.0.0.1:1/?x=y",
    "http://u:p@127.0.0.1:1",
    "http://[bad",
    "x y",
    "line\n",
    "tök",
    "\u{1}",
    "us-east-1",
    "99999999999999999999",
    "*",
];

/// An invalid variable, and what the error must name.
const WRONG: [(&str, &str); 24] = [
    ("AWS_ACCESS_KEY_ID", "1\n"),
    ("AWS_ACCESS_KEY_ID", "ä"),
    ("AWS_SECRET_ACCESS_KEY", "x\r\n"),
    ("AWS_SESSION_TOKEN", "t\n"),
    ("AWS_SESSION_TOKEN", "tök"),
    ("AWS_MAX_ATTEMPTS", "0"),
    ("AWS_MAX_ATTEMPTS", "abc"),
    ("AWS_RETRY_MODE", "sometimes"),
    ("AWS_USE_FIPS_ENDPOINT", "yes"),
    ("AWS_USE_DUALSTACK_ENDPOINT", "1"),
    ("AWS_ENDPOINT_URL", "localhost:4566"),
    ("AWS_ENDPOINT_URL", "http://"),
    ("AWS_ENDPOINT_URL_STS", "localhost:4566"),
    ("AWS_ENDPOINT_URL_LAMBDA", "not a url"),
    ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "/"),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "yes"),
    ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "bad"),
    ("AWS_REQUEST_CHECKSUM_CALCULATION", "bad"),
    ("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "x"),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "bad"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "bad"),
    ("SSL_CERT_FILE", "/nonexistent"),
    ("SSL_CERT_FILE", ""),
    ("SSL_CERT_DIR", "/nonexistent"),
];

fn with<'a>(variable: &'a str, value: &'a str) -> [(&'a str, &'a str); 4] {
    [IN_ENVIRONMENT[0], IN_ENVIRONMENT[1], ("AWS_REGION", "eu-central-1"), (variable, value)]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_variable_is_named() -> TestResult {
    let world = world("")?;
    for (variable, value) in WRONG {
        let (line, finished) = first_line(&world, &[], &with(variable, value)).await?;
        assert_eq!(finished.code, Some(1), "{variable}={value:?} {finished:?}");
        assert!(line.starts_with(&format!("error: {variable} must be ")), "{variable}={value:?} {finished:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_profile_key_is_named_with_its_file() -> TestResult {
    let endpoint = StubAws::start()?.endpoint;
    for (file, head) in [("config", "[profile p]"), ("credentials", "[p]")] {
        for (key, value) in [
            ("max_attempts", "0"),
            ("retry_mode", "sometimes"),
            ("endpoint_url", "localhost:4566"),
            ("use_fips_endpoint", "yes"),
            ("aws_access_key_id", "1\n  1"),
        ] {
            let world = world("")?;
            std::fs::write(world.home().join(".aws").join(file), format!("{head}\n{key} = {value}\n"))?;
            let flags = ["--profile", "p", "--region", "eu-central-1", "--endpoint-url", &endpoint];
            let (line, finished) = first_line::<&str>(&world, &flags, &[]).await?;
            let expected = format!("error: {key} of profile `p` in ~/.aws/{file} must be ");
            assert_eq!(finished.code, Some(1), "{key} {finished:?}");
            assert!(line.starts_with(&expected), "{key} {finished:?}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_values_are_ignored_and_legacy_is_a_valid_mode() -> TestResult {
    let world = world("[profile p]\nretry_mode = legacy\nmax_attempts =\nendpoint_url =\nuse_fips_endpoint =\n")?;
    let endpoint = StubAws::start()?.endpoint;
    for (variable, value) in [
        ("AWS_PROFILE", "p"),
        ("AWS_RETRY_MODE", "legacy"),
        ("AWS_RETRY_MODE", ""),
        ("AWS_MAX_ATTEMPTS", ""),
        ("AWS_USE_FIPS_ENDPOINT", ""),
        ("AWS_ENDPOINT_URL_STS", ""),
    ] {
        let (line, finished) = first_line(&world, &["--endpoint-url", &endpoint], &with(variable, value)).await?;
        assert!(line.starts_with("account 111111111111 "), "{variable}={value:?} {finished:?}");
    }
    // The endpoint from its variable, so that the service-specific one is read too.
    let variables = [&with("AWS_ENDPOINT_URL", &endpoint)[..], &[("AWS_ENDPOINT_URL_STS", "")]].concat();
    let (line, finished) = first_line(&world, &[], &variables).await?;
    assert!(line.starts_with("account 111111111111 "), "{finished:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_credentials_endpoint_is_named() -> TestResult {
    let profiles = "[profile p]\nrole_arn = arn:aws:iam::222222222222:role/x\nsource_profile = q\n\
        [profile q]\naws_access_key_id = 1\naws_secret_access_key = x\n";
    let world = world(profiles)?;
    for variable in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] {
        let flags = ["--profile", "p", "--region", "eu-central-1"];
        let (line, finished) = first_line(&world, &flags, &[(variable, "")]).await?;
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(line.starts_with(&format!("error: {variable} must be ")), "{finished:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_aws_ignores_account_settings() -> TestResult {
    let world = world("[default]\nmax_attempts = 0\nuse_fips_endpoint = true\nendpoint_url = http://127.0.0.1:1\n")?;
    world.start().await?;
    let expected = "account 000000000000 · region us-east-1 · endpoint http://127.0.0.1:";
    for (variable, value) in WRONG.into_iter().chain([
        ("AWS_RETRY_MODE", "legacy"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"),
        ("AWS_PROFILE", "absent"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_CONFIG_FILE", "/"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
        ("HTTPS_PROXY", "http://[bad"),
    ]) {
        let (line, finished) = first_line(&world, &["--local"], &[(variable, value)]).await?;
        assert!(line.starts_with(expected) && line.ends_with(" · local AWS"), "{variable}={value:?} {finished:?}");
        // It got a response: there is no table.
        assert!(finished.stderr.contains("incidentctl up"), "{variable}={value:?} {finished:?}");
    }
    Ok(())
}

/// A few variables with all kinds of values.
fn environment() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let value = prop_oneof![4 => select(&VALUES[..]).prop_map(str::to_owned), 1 => "[^\\x00]{0,12}"];
    prop::collection::vec((select(&VARIABLES[..]), value), 1..5)
}

/// Without keys in the environment, credentials come from every other source.
async fn ends_without_panic(world: &World, flags: &[&str], has_keys: bool, variables: &[(&str, String)]) -> TestResult {
    let keys = IN_ENVIRONMENT.map(|(name, value)| (name, if has_keys { value.to_owned() } else { String::new() }));
    let variables = [&keys[..], &[("AWS_REGION", "eu-central-1".to_owned())], variables].concat();
    let (_, finished) = first_line(world, flags, &variables).await?;
    match (finished.code, finished.stderr.contains("panicked")) {
        (Some(1 | 2), false) => Ok(()),
        _ => Err(format!("{finished:?}").into()),
    }
}

#[test]
fn no_environment_causes_a_panic() -> TestResult {
    let runtime = tokio::runtime::Runtime::new()?;
    let (world, endpoint) = (world("")?, StubAws::start()?.endpoint);
    // Each case starts a process.
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(variables in environment(), by_flag: bool, has_keys: bool)| {
        let by_variable = [&[("AWS_ENDPOINT_URL", endpoint.clone())][..], &variables].concat();
        let ended = match by_flag {
            true => runtime.block_on(ends_without_panic(&world, &["--endpoint-url", &endpoint], has_keys, &variables)),
            false => runtime.block_on(ends_without_panic(&world, &[], has_keys, &by_variable)),
        };
        prop_assert!(ended.is_ok(), "{variables:?}: {ended:?}");
    });
    Ok(())
}
