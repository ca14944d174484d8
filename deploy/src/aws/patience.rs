//! How long AWS may take to answer, and how often it is asked.
//!
//! The SDK's own defaults end a connection that is not made within 3.1 s, and wait without end for the answer to a
//! request that was sent. Other programs give up after 60 s (botocore's `read_timeout`).

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::{RetryConfig, RetryMode};
use aws_config::timeout::TimeoutConfig;

/// For one answer. The calls of a deployment take well under a second; a second attempt finds another server.
const ATTEMPT: Duration = Duration::from_secs(20);
/// For a call with all of its attempts: what botocore's users wait for one.
const OPERATION: Duration = Duration::from_secs(60);
/// How much longer a call may take that carries code, which AWS takes up to 50 MB of, or that waits for a function.
/// Five minutes for an attempt are 10 MB at 300 kbit/s.
const LENGTH: u32 = 15;
/// Attempts at a call that is throttled, meets an error of the server's, or gets no answer. The SDK's three are over
/// within two seconds, which a throttled account is not; the CDK makes seven.
const ATTEMPTS: u32 = 6;
/// The longest pause between two attempts. With the SDK's 20 s a command seems to hang.
const PAUSE: Duration = Duration::from_secs(5);

/// How to try again: as configured, else with these limits.
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

/// The configuration for calls that take long by their nature.
pub(super) fn at_length(sdk: &SdkConfig) -> SdkConfig {
    let Some(limits) = sdk.timeout_config() else { return sdk.clone() };
    let mut longer = limits.to_builder();
    longer.set_operation_attempt_timeout(limits.operation_attempt_timeout().map(|limit| limit * LENGTH));
    longer.set_operation_timeout(limits.operation_timeout().map(|limit| limit * LENGTH));
    sdk.clone().into_builder().timeout_config(longer.build()).build()
}
