//! Clients that gather evidence: one attempt, short timeouts, answers of bounded size.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::{Connection, bounded, client};

/// Timeout of a call: evidence that takes longer is left out.
const CALL: Duration = Duration::from_millis(950);
/// Timeout of a call that no alert waits for.
const PATIENT_CALL: Duration = Duration::from_secs(4);

/// Clients of the services that have evidence, each built when it is first needed: starting the handler must not take
/// longer for them. They never try twice, so that a call is one call.
#[derive(Debug)]
pub struct EvidenceClients {
    connection: Connection,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    states: OnceLock<aws_sdk_sfn::Client>,
    ecs: OnceLock<aws_sdk_ecs::Client>,
    cloudtrail: OnceLock<aws_sdk_cloudtrail::Client>,
}

/// The client of a service, built at most once.
macro_rules! lazy {
    ($name:ident, $service:ident, $timeout:expr, $what:literal) => {
        #[doc = $what]
        pub fn $name(&self) -> &$service::Client {
            self.$name.get_or_init(|| {
                let timeout = TimeoutConfig::builder().operation_timeout($timeout).build();
                client!($service, &self.connection, RetryConfig::disabled(), timeout)
            })
        }
    };
}

impl EvidenceClients {
    /// Clients with the connections of the others.
    pub fn new(connection: Connection) -> Self {
        let http = bounded::answers_of(connection.http);
        Self {
            connection: Connection { http, ..connection },
            lambda: OnceLock::new(),
            logs: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            dynamodb: OnceLock::new(),
            states: OnceLock::new(),
            ecs: OnceLock::new(),
            cloudtrail: OnceLock::new(),
        }
    }

    lazy!(lambda, aws_sdk_lambda, CALL, "Lambda.");
    lazy!(logs, aws_sdk_cloudwatchlogs, CALL, "CloudWatch Logs.");
    lazy!(cloudwatch, aws_sdk_cloudwatch, CALL, "CloudWatch.");
    lazy!(dynamodb, aws_sdk_dynamodb, CALL, "DynamoDB.");
    lazy!(states, aws_sdk_sfn, CALL, "Step Functions.");
    lazy!(ecs, aws_sdk_ecs, CALL, "ECS.");
    lazy!(cloudtrail, aws_sdk_cloudtrail, PATIENT_CALL, "CloudTrail, for the sweep.");
}
