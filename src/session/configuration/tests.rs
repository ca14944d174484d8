//! No profile makes the SDK panic, and errors name what is wrong.

use std::time::Duration;

use aws_config::retry::{RetryConfig, RetryMode};
use aws_credential_types::provider::ProvideCredentials;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::settings::Choice;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Refuses connections.
const NOWHERE: &str = "http://127.0.0.1:1";
/// Every profile key that has an effect.
const KEYS: [&str; 42] = [
    "account_id_endpoint_mode",
    "auth_scheme_preference",
    "aws_access_key_id",
    "aws_account_id",
    "aws_secret_access_key",
    "aws_session_token",
    "ca_bundle",
    "credential_process",
    "credential_source",
    "defaults_mode",
    "disable_request_compression",
    "duration_seconds",
    "ec2_metadata_service_endpoint",
    "ec2_metadata_service_endpoint_mode",
    "ec2_metadata_v1_disabled",
    "endpoint_url",
    "external_id",
    "ignore_configured_endpoint_urls",
    "login_session",
    "max_attempts",
    "metadata_service_timeout",
    "mfa_serial",
    "region",
    "request_checksum_calculation",
    "request_min_compression_size_bytes",
    "response_checksum_validation",
    "retry_mode",
    "role_arn",
    "role_session_name",
    "sdk_ua_app_id",
    "services",
    "sigv4a_signing_region_set",
    "source_profile",
    "sso_account_id",
    "sso_region",
    "sso_registration_scopes",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
    "web_identity_token_file",
];
/// Values that something between here and AWS might stumble over. Those that a shell would run do nothing.
const VALUES: [&str; 28] = [
    "",
    "0",
    "-1",
    "99999999999999999999",
    "true",
    "yes",
    "legacy",
    "adaptive",
    "p",
    "other",
    "/",
    "/nonexistent",
    "localhost:4566",
    "http://",
    "http://127.0.0.1:1/?x=y",
    "http://u:p@127.0.0.1:1",
    "http:///x",
    "https://[",
    "http://127.0.0.1:99999",
    "ftp://x",
    "schlüssel",
    "a b",
    "\n  x",
    "\n  sts =\n    endpoint_url = x",
    "US-EAST-1",
    "eu-central-1",
    "Environment",
    "arn:aws:iam::000000000000:role/x",
];

fn options(by_flag: bool) -> ConnectOptions {
    let by = if by_flag { Origin::Flag("--profile") } else { Origin::Variable("AWS_PROFILE") };
    let region = Choice { value: "eu-central-1".to_owned(), by: Origin::File };
    ConnectOptions {
        profile: Some(Choice { value: "p".to_owned(), by }),
        region: Some(region),
        ..ConnectOptions::default()
    }
}

/// Profiles with keys and values of all kinds, always with an endpoint that refuses connections.
fn profile() -> impl Strategy<Value = String> {
    let value = prop_oneof![4 => select(&VALUES[..]).prop_map(str::to_owned), 1 => "[ -~]{0,12}"];
    let line = (select(&KEYS[..]), value).prop_map(|(key, value)| match key {
        // It would be executed.
        "credential_process" if !VALUES.contains(&value.as_str()) => String::new(),
        _ => format!("{key} = {value}\n"),
    });
    let lines = || prop::collection::vec(line.clone(), 0..6).prop_map(|lines| lines.concat());
    let keys = select(&["", "aws_access_key_id = AKIA\naws_secret_access_key = x\n"][..]);
    (lines(), keys, lines()).prop_map(|(one, keys, other)| {
        format!(
            "[profile p]\nendpoint_url = {NOWHERE}\n{keys}{one}[profile other]\nendpoint_url = {NOWHERE}\n{other}\
             [sso-session p]\n{other}[services p]\nsts =\n  endpoint_url = x\n"
        )
    })
}

/// Goes as far as a command does: configuration, credentials, a call.
async fn use_profile(text: &str, by_flag: bool) {
    let Ok(profiles) = Profiles::of_text(text, "p").await else { return };
    let Ok(sdk) = with_profiles(&options(by_flag), &profiles).await else { return };
    let Some(provider) = sdk.credentials_provider() else { return };
    let Ok(Ok(credentials)) = tokio::time::timeout(Duration::from_millis(200), provider.provide_credentials()).await
    else {
        return;
    };
    if sdk.endpoint_url().is_some() && check_credentials(&credentials).is_ok() {
        let once = RetryConfig::disabled();
        let config = aws_sdk_sts::config::Builder::from(&sdk).retry_config(once).credentials_provider(credentials);
        let call = aws_sdk_sts::Client::from_conf(config.build()).get_caller_identity().send();
        assert!(!matches!(tokio::time::timeout(Duration::from_secs(1), call).await, Ok(Ok(_))), "nothing listens");
    }
}

proptest! {
    #[test]
    fn no_profile_makes_it_panic(text in profile(), by_flag: bool) {
        tokio::runtime::Runtime::new()?.block_on(use_profile(&text, by_flag));
    }
}

/// The error about a profile and variables.
async fn said(text: &str, variables: &[(&str, &str)]) -> Result<String, ProfileFilesError> {
    let profiles = Profiles::of_text(text, "p").await?;
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Ok(Sources::new(variable, &profiles).check(true).err().map(|wrong| wrong.to_string()).unwrap_or_default())
}

#[tokio::test]
async fn a_wrong_value_is_named_and_not_shown() -> TestResult {
    for (variable, value, wanted) in [
        ("AWS_MAX_ATTEMPTS", "0", "AWS_MAX_ATTEMPTS must be a whole number from 1"),
        ("AWS_RETRY_MODE", "sometimes", "AWS_RETRY_MODE must be one of standard, adaptive, legacy"),
        ("AWS_RETRY_MODE", "legacy", ""),
        ("AWS_USE_FIPS_ENDPOINT", "yes", "AWS_USE_FIPS_ENDPOINT must be true or false"),
        ("AWS_USE_FIPS_ENDPOINT", "TRUE", ""),
        (
            "AWS_SECRET_ACCESS_KEY",
            "hidden\n",
            "AWS_SECRET_ACCESS_KEY must be one line of visible ASCII characters without a space",
        ),
    ] {
        assert_eq!(said("", &[(variable, value)]).await?, wanted, "{variable}");
    }
    for (line, wanted) in [
        ("max_attempts = 0", "max_attempts of profile `p` in ~/.aws/config must be a whole number from 1"),
        ("max_attempts =", ""),
        ("retry_mode = legacy", ""),
        (
            "aws_session_token = hidden\n  hidden",
            "aws_session_token of profile `p` in ~/.aws/config must be one line of visible ASCII characters without a space",
        ),
        (
            "source_profile = q\n[profile q]\naws_access_key_id = schlüssel",
            "aws_access_key_id of profile `q` in ~/.aws/config must be one line of visible ASCII characters without a space",
        ),
        ("source_profile = p", ""),
        ("[profile q]\nmax_attempts = 0", ""),
    ] {
        assert_eq!(said(&format!("[profile p]\n{line}\n"), &[]).await?, wanted, "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_configured_for_retries_counts() -> TestResult {
    for (line, mode, attempts) in [
        ("retry_mode = adaptive\nmax_attempts = 2", RetryMode::Adaptive, 2),
        ("retry_mode = legacy", RetryMode::Standard, 6),
        ("", RetryMode::Standard, 6),
    ] {
        let profiles = Profiles::of_text(&format!("[profile p]\n{line}\n"), "p").await?;
        let sdk = with_profiles(&options(true), &profiles).await?;
        let retries = sdk.retry_config().ok_or("no retries")?;
        assert_eq!((retries.mode(), retries.max_attempts()), (mode, attempts), "{line}");
    }
    Ok(())
}

#[test]
fn an_endpoint_has_a_host() {
    for (url, fits) in [
        ("http://127.0.0.1:4566", true),
        ("https://vpce-1.sts.eu-central-1.vpce.amazonaws.com/x", true),
        ("http://[::1]:80/", true),
        ("localhost:4566", false),
        ("http://", false),
        ("http:///x", false),
        ("http://:80", false),
        ("ftp://x", false),
        ("http://a b", false),
        ("http://x\n", false),
        ("", false),
    ] {
        assert_eq!(Form::Url.fits(url), fits, "{url}");
    }
}
