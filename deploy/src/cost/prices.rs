//! The list prices of one region, each with its source and the day on which it was looked up.

/// The region whose prices these are.
pub const REGION: &str = "us-east-1";
/// The day on which the prices were looked up.
pub const AS_OF: &str = "2026-11-27";

const CLOUDWATCH: &str = "https://aws.amazon.com/cloudwatch/pricing/";
const DYNAMODB: &str = "https://aws.amazon.com/dynamodb/pricing/on-demand/";
const EVENTBRIDGE: &str = "https://aws.amazon.com/eventbridge/pricing/";
const KMS: &str = "https://aws.amazon.com/kms/pricing/";
const LAMBDA: &str = "https://aws.amazon.com/lambda/pricing/";
const SNS: &str = "https://aws.amazon.com/sns/pricing/";
const SQS: &str = "https://aws.amazon.com/sqs/pricing/";

/// What one unit of something costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// What is counted: `alarm`, `GB-second`.
    pub unit: &'static str,
    /// US dollars for one of them; of what is there for a whole month, for that month.
    pub usd: f64,
    /// How many of them an account has for nothing in a month, everything in it taken together.
    pub free: f64,
    /// Where AWS says so.
    pub source: &'static str,
    /// The day on which it was looked up.
    pub as_of: &'static str,
}

const fn price(unit: &'static str, usd: f64, free: f64, source: &'static str) -> Price {
    Price { unit, usd, free, source, as_of: AS_OF }
}

/// An alarm of standard resolution, for each metric that it names.
pub const STANDARD_ALARM: Price = price("alarm", 0.10, 10.0, CLOUDWATCH);
/// A metric that `GetMetricData` reads, by name or in a Metrics Insights query. The free requests exclude it.
pub const READ_METRIC: Price = price("metric", 0.01 / 1000.0, 0.0, CLOUDWATCH);
/// A dashboard; those of up to 50 metrics are free.
pub const DASHBOARD: Price = price("dashboard", 3.00, 3.0, CLOUDWATCH);
/// A metric of one's own, each combination of dimensions by itself, for the hours in which it is measured.
pub const CUSTOM_METRIC: Price = price("metric", 0.30, 10.0, CLOUDWATCH);
/// Log lines that arrive.
pub const LOG_INGESTION: Price = price("GB", 0.50, 5.0, CLOUDWATCH);
/// Invocations.
pub const INVOCATION: Price = price("request", 0.20e-6, 1e6, LAMBDA);
/// Time of a function on x86-64.
pub const TIME_ON_X86: Price = price("GB-second", 0.000_016_666_7, 400_000.0, LAMBDA);
/// Time of a function on arm64.
pub const TIME_ON_ARM: Price = price("GB-second", 0.000_013_333_4, 400_000.0, LAMBDA);
/// On-demand writes. The free capacity is for provisioned tables.
pub const WRITE: Price = price("write unit", 0.625e-6, 0.0, DYNAMODB);
/// On-demand reads.
pub const READ: Price = price("read unit", 0.125e-6, 0.0, DYNAMODB);
/// What a table and its indexes hold.
pub const TABLE_STORAGE: Price = price("GB", 0.25, 25.0, DYNAMODB);
/// The same, for point-in-time recovery.
pub const TABLE_RECOVERY: Price = price("GB", 0.20, 0.0, DYNAMODB);
/// Requests to SNS, published messages among them.
pub const SNS_REQUEST: Price = price("request", 0.50e-6, 1e6, SNS);
/// Requests to standard queues; a batch counts once for each 64 KB.
pub const SQS_REQUEST: Price = price("request", 0.40e-6, 1e6, SQS);
/// Mails that SNS delivers.
pub const MAIL: Price = price("mail", 2.00 / 100_000.0, 1000.0, SNS);
/// Requests to KMS.
pub const KMS_REQUEST: Price = price("request", 0.03 / 10_000.0, 20_000.0, KMS);
/// Events that AWS does not put on the bus by itself.
pub const CUSTOM_EVENT: Price = price("event", 1.00e-6, 0.0, EVENTBRIDGE);
