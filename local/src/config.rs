//! Configuration of a local AWS.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The account id of all resources.
pub const ACCOUNT: &str = "000000000000";

/// Settings of one local AWS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalConfig {
    /// Port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// The default region.
    pub region: String,
    /// Directory of all its files: state file, function code, outbox.
    pub directory: PathBuf,
    /// Time scale: how many times faster than AWS its delays pass.
    pub time_scale: f64,
    /// Simulated latencies.
    pub latency: LatencyProfile,
    /// Simulated limits of throughput; `None` for none.
    pub limits: Option<LimitsProfile>,
    /// Mail server for copies of all mail, as `host:port`.
    pub smtp: Option<String>,
    /// File with fault rules; see `gateway::faults`.
    pub faults: Option<PathBuf>,
    /// Use access key `test` with secret `test`, which admits every user of this machine.
    pub open: bool,
}

/// A free port, `us-east-1`, unscaled time, minimal latency, AWS's limits, and `local-aws` in the working directory: one in the
/// system's temporary directory could be another user's.
impl Default for LocalConfig {
    fn default() -> Self {
        Self {
            port: 0,
            region: "us-east-1".to_owned(),
            directory: PathBuf::from("local-aws"),
            time_scale: 1.0,
            latency: LatencyProfile::QUICK,
            limits: Some(LimitsProfile::AWS),
            smtp: None,
            faults: None,
            open: false,
        }
    }
}

/// How much AWS's services take in a second, which a process on an idle machine would exceed. A second is one of the
/// scaled clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsProfile {
    /// DynamoDB's, for each hash key of a table and of an index. Hash keys of a provisioned table have it, too.
    pub partition: Throughput,
    /// DynamoDB's, for each table on demand as a whole, and for each of its indexes.
    pub table: Throughput,
}

/// DynamoDB's capacity units for each second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throughput {
    /// Read units.
    pub read: u32,
    /// Write units.
    pub write: u32,
}

impl LimitsProfile {
    /// The limits of a new table: 3 000 and 1 000 units for a partition ("Designing partition keys"), 12 000 and 4 000 for
    /// a table ("On-demand capacity mode").
    pub const AWS: Self =
        Self { partition: Throughput { read: 3_000, write: 1_000 }, table: Throughput { read: 12_000, write: 4_000 } };
}

/// AWS's latencies, which a local process lacks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatencyProfile {
    /// Per call.
    pub call: Duration,
    /// From `CreateRole` until a service can assume the role, and from a policy change until it is in force.
    pub role_propagation: Duration,
    /// From `CreateTable` until `ACTIVE`, and from `DeleteTable` until gone.
    pub table: Duration,
    /// From a write until the table's indexes show it.
    pub index: Duration,
    /// How long a transaction blocks conflicting writes.
    pub transaction: Duration,
    /// From a create or update of a function until `Active`.
    pub function: Duration,
    /// CloudFormation's overhead per resource, besides the service's own latency; three times as much per change set.
    pub stack_resource: Duration,
    /// From the ingestion of a log event until reads return it.
    pub log_event: Duration,
    /// From a management call until CloudTrail's event history has it.
    pub trail_event: Duration,
}

impl LatencyProfile {
    /// Short enough not to slow tests down, long enough that a client that does not wait fails.
    pub const QUICK: Self = Self {
        call: Duration::ZERO,
        role_propagation: Duration::from_millis(300),
        table: Duration::from_millis(250),
        index: Duration::from_millis(10),
        transaction: Duration::from_millis(2),
        function: Duration::from_millis(150),
        stack_resource: Duration::from_millis(20),
        log_event: Duration::from_millis(200),
        trail_event: Duration::from_secs(1),
    };

    /// Latencies measured on AWS: role assumable after 8 s, table active after 8 s, function active after 2 s, 50 ms
    /// per call. A stack resource takes at least a second, a log event seconds; a management call is in the event history
    /// after five minutes on average (CloudTrail's FAQs).
    pub const AWS: Self = Self {
        call: Duration::from_millis(50),
        role_propagation: Duration::from_secs(8),
        table: Duration::from_secs(8),
        index: Duration::from_millis(50),
        transaction: Duration::from_millis(20),
        function: Duration::from_secs(2),
        stack_resource: Duration::from_secs(1),
        log_event: Duration::from_secs(3),
        trail_event: Duration::from_secs(300),
    };
}
