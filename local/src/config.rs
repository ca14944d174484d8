//! How a local AWS is set up.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The account of every resource of the local AWS.
pub const ACCOUNT: &str = "000000000000";

/// Settings of one local AWS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalConfig {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Region that is reported as the default.
    pub region: String,
    /// Folder of everything it writes: state file, function code, outbox.
    pub directory: PathBuf,
    /// How many times faster than AWS its delays pass.
    pub time_scale: f64,
    /// How slow it pretends to be.
    pub latency: LatencyProfile,
    /// Where mail goes besides the outbox, as `host:port`.
    pub smtp: Option<String>,
    /// Faults to inject; see `gateway::faults`.
    pub faults: Option<PathBuf>,
    /// Whether its access key is `test` with the secret `test`, which lets in everybody on this machine.
    pub open: bool,
}

/// A free port, `us-east-1`, AWS's own pace, quick, and a folder under the system's temporary one.
impl Default for LocalConfig {
    fn default() -> Self {
        Self {
            port: 0,
            region: "us-east-1".to_owned(),
            directory: std::env::temp_dir().join("incidentctl-local"),
            time_scale: 1.0,
            latency: LatencyProfile::QUICK,
            smtp: None,
            faults: None,
            open: false,
        }
    }
}

/// Delays that AWS has and a local process does not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatencyProfile {
    /// Added to every call.
    pub call: Duration,
    /// From `CreateRole` until a service can assume the role, and from a policy change until it holds.
    pub role_propagation: Duration,
    /// From `CreateTable` until `ACTIVE`, and from `DeleteTable` until gone.
    pub table: Duration,
    /// From a write of an item until the table's indexes show it.
    pub index: Duration,
    /// For which a transaction keeps others from its items.
    pub transaction: Duration,
    /// From `CreateFunction` or an update until `Active`.
    pub function: Duration,
    /// What CloudFormation takes for a resource beside what its service takes, and for a change set three times over.
    pub stack_resource: Duration,
}

impl LatencyProfile {
    /// Short enough not to be waited for, long enough that a client that does not wait fails.
    pub const QUICK: Self = Self {
        call: Duration::ZERO,
        role_propagation: Duration::from_millis(300),
        table: Duration::from_millis(250),
        index: Duration::from_millis(10),
        transaction: Duration::from_millis(2),
        function: Duration::from_millis(150),
        stack_resource: Duration::from_millis(20),
    };

    /// What AWS was measured to take: role assumable after 8 s, table active after 8 s, function active after 2 s,
    /// 50 ms a call. A resource of a stack takes a second at least.
    pub const AWS: Self = Self {
        call: Duration::from_millis(50),
        role_propagation: Duration::from_secs(8),
        table: Duration::from_secs(8),
        index: Duration::from_millis(50),
        transaction: Duration::from_millis(20),
        function: Duration::from_secs(2),
        stack_resource: Duration::from_secs(1),
    };
}
