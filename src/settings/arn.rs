//! ARNs of resources that the organisation provides.

use std::fmt;
use std::str::FromStr;

use super::checked::read_from_file;

/// The ARN of a KMS key. Aliases do not work everywhere: policies match the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKeyArn(String);

/// The ARN of an IAM policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyArn(String);

read_from_file!(text, KmsKeyArn, PolicyArn);

impl FromStr for KmsKeyArn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match parts(text) {
            Some(["kms", region, account, key]) if !region.is_empty() && is_account(account) && is_key(key) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!("`{text}` is not the ARN of a KMS key, such as arn:aws:kms:REGION:ACCOUNT:key/ID")),
        }
    }
}

impl FromStr for PolicyArn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_policy = |resource: &str| resource.strip_prefix("policy/").is_some_and(|name| !name.is_empty());
        match parts(text) {
            Some(["iam", "", account, policy]) if (account == "aws" || is_account(account)) && is_policy(policy) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!("`{text}` is not the ARN of an IAM policy, such as arn:aws:iam::ACCOUNT:policy/NAME")),
        }
    }
}

impl fmt::Display for KmsKeyArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Display for PolicyArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Service, region, account and resource.
fn parts(text: &str) -> Option<[&str; 4]> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, service, region, account, resource] if partition.starts_with("aws") => {
            Some([service, region, account, resource])
        }
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|digit| digit.is_ascii_digit())
}

fn is_key(resource: &str) -> bool {
    let is_id = |id: &str| !id.is_empty() && id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    resource.strip_prefix("key/").is_some_and(is_id)
}
