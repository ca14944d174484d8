//! Credentials, region and clock.

use std::sync::{Arc, OnceLock};

use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;

use crate::health::Check;
use crate::session::Session;
use incident_deploy::aws::{AwsError, Explain};

/// Credentials that expire sooner may expire during an `up`.
const SHORT_MINUTES: i64 = 15;
/// AWS refuses requests signed more than five minutes off.
const SKEW_LIMIT_SECONDS: i64 = 300;
/// Not fatal yet, but a sign that nothing keeps the clock in sync.
const SKEW_SECONDS: i64 = 30;

/// Checks credentials, region and clock with a single call.
pub(super) async fn checks(session: &Session) -> Vec<Check> {
    let clock = ServerClock::default();
    let identity = identity(session, &clock).await;
    vec![credentials(session, identity).await, region(session), clock.check()]
}

async fn identity(session: &Session, clock: &ServerClock) -> Result<String, AwsError> {
    let config = aws_sdk_sts::config::Builder::from(session.sdk()).interceptor(clock.clone()).build();
    let call = aws_sdk_sts::Client::from_conf(config).get_caller_identity();
    Ok(call.send().await.explain("sts:GetCallerIdentity")?.arn.unwrap_or_default())
}

async fn credentials(session: &Session, identity: Result<String, AwsError>) -> Check {
    const NAME: &str = "credentials";
    let who = match identity {
        Ok(who) => who,
        Err(error) => return Check::fail(NAME, error.to_string()).hint(error.hint().unwrap_or("renew them")),
    };
    let expiry = match session.sdk().credentials_provider() {
        Some(provider) => provider.provide_credentials().await.ok().and_then(|found| found.expiry()),
        None => None,
    };
    let Some(minutes) = expiry.and_then(|at| Timestamp::try_from(at).ok()).map(minutes_until) else {
        return Check::ok(NAME, who);
    };
    let message = format!("{who}, for {} h {} min", minutes / 60, minutes % 60);
    match minutes < SHORT_MINUTES {
        true => Check::warn(NAME, message).hint("renew them before `up`; with single sign-on: `aws sso login`"),
        false => Check::ok(NAME, message),
    }
}

fn minutes_until(at: Timestamp) -> i64 {
    (at.as_second() - Timestamp::now().as_second()).max(0) / 60
}

/// The connection works, so the region is enabled: a disabled one refuses every signature.
fn region(session: &Session) -> Check {
    let partition = session.partition().name;
    Check::ok(
        "region",
        format!("{} in partition {partition} is enabled for account {}", session.region(), session.account()),
    )
}

/// The time AWS put on its answer.
#[derive(Debug, Clone, Default)]
struct ServerClock(Arc<OnceLock<(Timestamp, Timestamp)>>);

impl ServerClock {
    fn check(&self) -> Check {
        const NAME: &str = "clock";
        let Some((server, here)) = self.0.get() else {
            return Check::warn(NAME, "the answer from AWS has no date to compare with");
        };
        let skew = here.as_second() - server.as_second();
        let message = match skew.abs() {
            0..=2 => "this machine and AWS agree on the time".to_owned(),
            seconds => format!("this machine is {seconds} s {} AWS", if skew > 0 { "ahead of" } else { "behind" }),
        };
        let hint = "sync the clock, for example with NTP: AWS refuses requests signed more than five minutes off";
        match skew.abs() {
            SKEW_LIMIT_SECONDS.. => Check::fail(NAME, message).hint(hint),
            SKEW_SECONDS.. => Check::warn(NAME, message).hint(hint),
            _ => Check::ok(NAME, message),
        }
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for ServerClock {
    fn name(&self) -> &'static str {
        "ServerClock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(date) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) {
            // The first answer is as good as any later one.
            let _ = self.0.set((date.timestamp(), Timestamp::now()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::health::CheckStatus;

    #[test]
    fn clocks_may_differ_a_little() {
        let server = Timestamp::UNIX_EPOCH;
        for (seconds, status, words) in [
            (0, CheckStatus::Ok, "agree"),
            (-12, CheckStatus::Ok, "12 s behind"),
            (45, CheckStatus::Warn, "45 s ahead of"),
            (-301, CheckStatus::Fail, "301 s behind"),
        ] {
            let clock = ServerClock::default();
            let _ = clock.0.set((server, server + SignedDuration::from_secs(seconds)));
            let check = clock.check();
            assert_eq!(check.status, status, "{seconds}");
            assert!(check.message.contains(words), "{check:?}");
        }
    }
}
