//! Where a stack lives.

/// Stack, partition, account and region: all that names and ARNs are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the stack.
    pub stack: String,
    /// `aws`, `aws-cn`, `aws-us-gov` …
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-central-1`.
    pub region: String,
    /// Endpoint in place of AWS, which queue URLs start with.
    pub endpoint: Option<String>,
}

impl Place {
    /// The place of a stack; the partition follows from the region.
    pub fn new(stack: &str, account: &str, region: &str, endpoint: Option<String>) -> Self {
        let partition = match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            region if region.starts_with("eusc-") => "aws-eusc",
            _ => "aws",
        };
        Self {
            stack: stack.to_owned(),
            partition: partition.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            endpoint,
        }
    }

    /// An ARN in this place.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }

    /// An ARN of a service without regions, such as IAM.
    pub fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition, self.account)
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
        match self.partition.as_str() {
            "aws-cn" => "amazonaws.com.cn",
            _ => "amazonaws.com",
        }
    }
}
