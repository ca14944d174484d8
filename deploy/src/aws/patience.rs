//! Timeouts and retries of AWS calls.
//!
//! By default the SDK drops a connection that takes longer than 3.1 s to open, but waits forever for a response. Other
//! programs give up after 60 s (botocore's `read_timeout`).

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::{RetryConfig, RetryMode};
use aws_config::timeout::TimeoutConfig;

/// Limit for one attempt. A deployment's calls take well under a second, and a retry reaches another server.
const ATTEMPT: Duration = Duration::from_secs(20);
/// Limit for a call with all its attempts: botocore's limit for a single one.
const OPERATION: Duration = Duration::from_secs(60);
/// Factor for calls that carry code (AWS accepts up to 50 MB) or wait for a function.
/// Five minutes per attempt suffice for 10 MB at 300 kbit/s.
const LENGTH: u32 = 15;
/// Attempts at a call that is throttled, fails on the server, or gets no response. The SDK's three are spent within
/// two seconds, less than throttling lasts; the CDK makes seven.
const ATTEMPTS: u32 = 6;
/// Longest pause between two attempts. With the SDK's 20 s a command appears to hang.
const PAUSE: Duration = Duration::from_secs(5);

/// The retry configuration: the user's, else these limits.
pub fn retries(mode: Option<RetryMode>, attempts: Option<u32>) -> RetryConfig {
    let retries = match mode {
        Some(RetryMode::Adaptive) => RetryConfig::adaptive(),
        _ => RetryConfig::standard(),
    };
    retries.with_max_attempts(attempts.unwrap_or(ATTEMPTS)).with_max_backoff(PAUSE)
}

/// The configuration with these limits.
pub fn added_to(sdk: SdkConfig) -> SdkConfig {
    let limits = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION);
    let limits = match sdk.timeout_config() {
        Some(defaults) => limits.take_unset_from(defaults.to_builder()),
        None => limits,
    };
    sdk.into_builder().timeout_config(limits.build()).build()
}

/// The configuration for inherently slow calls.
pub(super) fn at_length(sdk: &SdkConfig) -> SdkConfig {
    let Some(limits) = sdk.timeout_config() else { return sdk.clone() };
    let mut longer = limits.to_builder();
    longer.set_operation_attempt_timeout(limits.operation_attempt_timeout().map(|limit| limit * LENGTH));
    longer.set_operation_timeout(limits.operation_timeout().map(|limit| limit * LENGTH));
    sdk.clone().into_builder().timeout_config(longer.build()).build()
}
