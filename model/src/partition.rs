//! AWS's partitions: groups of regions with their own accounts, ARNs, domain names and console.
//!
//! The table follows botocore 1.43's `partitions.json`, from which AWS's own clients resolve endpoints.

/// A partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// The second part of its ARNs: `aws`, `aws-cn` …
    pub name: &'static str,
    /// Suffix of its services' host names, the value of `AWS::URLSuffix`.
    pub dns_suffix: &'static str,
    /// Domain of its console, after the region; `None` where AWS does not publish it.
    pub console: Option<&'static str>,
    /// Prefixes of its regions' names, up to the hyphen before the place: `us`, `us-gov` …
    areas: &'static [&'static str],
}

/// All partitions. The commercial one comes first: it is the default for unknown regions.
const PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws",
        dns_suffix: "amazonaws.com",
        console: Some("console.aws.amazon.com"),
        areas: &["af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"],
    },
    Partition { name: "aws-cn", dns_suffix: "amazonaws.com.cn", console: Some("console.amazonaws.cn"), areas: &["cn"] },
    Partition {
        name: "aws-us-gov",
        dns_suffix: "amazonaws.com",
        console: Some("console.amazonaws-us-gov.com"),
        areas: &["us-gov"],
    },
    Partition {
        name: "aws-eusc",
        dns_suffix: "amazonaws.eu",
        console: Some("console.amazonaws-eusc.eu"),
        areas: &["eusc-de"],
    },
    Partition { name: "aws-iso", dns_suffix: "c2s.ic.gov", console: None, areas: &["us-iso"] },
    Partition { name: "aws-iso-b", dns_suffix: "sc2s.sgov.gov", console: None, areas: &["us-isob"] },
    Partition { name: "aws-iso-e", dns_suffix: "cloud.adc-e.uk", console: None, areas: &["eu-isoe"] },
    Partition { name: "aws-iso-f", dns_suffix: "csp.hci.ic.gov", console: None, areas: &["us-isof"] },
];

impl Partition {
    /// The partition of a region; `None` for a name that fits no partition.
    pub fn of_region(region: &str) -> Option<Self> {
        let (front, number) = region.rsplit_once('-')?;
        let (area, place) = front.rsplit_once('-')?;
        let is_number = !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_place = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_lowercase());
        let known = || PARTITIONS.into_iter().find(|partition| partition.areas.contains(&area));
        if is_number && is_place { known() } else { None }
    }

    /// The partition of an ARN; `None` for anything else and for unknown partitions.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let name = arn.strip_prefix("arn:")?.split(':').next()?;
        PARTITIONS.into_iter().find(|partition| partition.name == name)
    }

    /// The partition of most accounts.
    pub fn commercial() -> Self {
        PARTITIONS[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_and_arns_name_their_partition() {
        for (region, name) in [
            ("us-east-1", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("ap-southeast-7", Some("aws")),
            ("us-gov-west-1", Some("aws-us-gov")),
            ("cn-northwest-1", Some("aws-cn")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("us-iso-west-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("moon-base-1", None),
            ("us-east-1.evil.example", None),
            ("us-east", None),
            ("", None),
        ] {
            assert_eq!(Partition::of_region(region).map(|partition| partition.name), name, "{region}");
        }
        for (arn, suffix) in [
            ("arn:aws:sts::123456789012:assumed-role/ci/x", Some("amazonaws.com")),
            ("arn:aws-eusc:iam::123456789012:user/ada", Some("amazonaws.eu")),
            ("arn:aws-moon:iam::123456789012:user/ada", None),
            ("123456789012", None),
        ] {
            assert_eq!(Partition::of_arn(arn).map(|partition| partition.dns_suffix), suffix, "{arn}");
        }
    }
}
