//! The AWS services, one module each. A service owns its state; other services use its public functions, never its
//! fields.

pub mod cloudformation;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod dynamodb;
pub mod ecs;
pub mod events;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod s3;
pub mod sns;
pub mod sqs;
pub mod states;
pub mod sts;

pub(crate) mod tags;
#[cfg(test)]
pub(crate) mod tests;
