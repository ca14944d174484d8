//! The location of a stack.

use incident_model::Partition;

/// Stack, partition, account and region: the ingredients of names and ARNs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the stack.
    pub stack: String,
    /// The region's partition.
    pub partition: Partition,
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-central-1`.
    pub region: String,
    /// Custom endpoint, the base of queue URLs.
    pub endpoint: Option<String>,
}

impl Place {
    /// The place of a stack. The partition is derived from the region's name, and `aws` for an unknown one.
    pub fn new(stack: &str, account: &str, region: &str, endpoint: Option<String>) -> Self {
        let partition = Partition::of_region(region).unwrap_or_else(Partition::commercial);
        Self { stack: stack.to_owned(), partition, account: account.to_owned(), region: region.to_owned(), endpoint }
    }

    /// The same in another partition: the account's, as reported by AWS.
    #[must_use]
    pub fn in_partition(self, partition: Partition) -> Self {
        Self { partition, ..self }
    }

    /// An ARN in this place.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition.name, self.region, self.account)
    }

    /// An ARN of a service without regions, such as IAM.
    pub fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition.name, self.account)
    }

    /// The URL of a queue.
    pub fn queue_url(&self, name: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{}/{}/{name}", endpoint.trim_end_matches('/'), self.account),
            None => format!("https://sqs.{}.{}/{}/{name}", self.region, self.url_suffix(), self.account),
        }
    }

    /// The value of `AWS::URLSuffix`.
    pub fn url_suffix(&self) -> &'static str {
        self.partition.dns_suffix
    }
}
