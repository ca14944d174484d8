//! The known regions.

use std::time::Duration;

use incident_model::Partition;

/// The regions of all partitions, September 2026. Others are looked up in DNS.
const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-isoe-west-1",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// Time limit for the DNS lookup.
const LIMIT: Duration = Duration::from_secs(3);

/// Whether a region exists. One newer than this program has a DNS name by then.
pub(super) async fn exists(name: &str) -> bool {
    REGIONS.contains(&name) || (is_like_one(name) && has_address(name).await)
}

/// Whether a text has the form of a region name.
pub(super) fn is_like_one(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    match parts.as_slice() {
        [words @ .., number] if words.len() >= 2 => {
            !number.is_empty()
                && number.chars().all(|digit| digit.is_ascii_digit())
                && words.iter().all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase()))
        }
        _ => false,
    }
}

/// Whether a text is valid in the host name and signature of a call: another endpoint may use region names of its
/// own.
pub(super) fn is_label(name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    (1..=63).contains(&name.len()) && name.chars().all(is_part)
}

/// The regions in the same part of the world; empty if the prefix is unknown.
pub(super) fn alike(name: &str) -> Vec<&'static str> {
    let area = |name: &str| name.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    REGIONS.iter().copied().filter(|region| area(region) == area(name)).collect()
}

async fn has_address(region: &str) -> bool {
    let suffix = Partition::of_region(region).unwrap_or_else(Partition::commercial).dns_suffix;
    let addresses = tokio::net::lookup_host(format!("sts.{region}.{suffix}:443"));
    tokio::time::timeout(LIMIT, addresses).await.is_ok_and(|found| found.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_told_from_typing_mistakes() {
        for right in REGIONS.iter().chain(&["ap-southeast-9"]) {
            assert!(is_like_one(right), "{right}");
        }
        for wrong in ["", "frankfurt", "eu-central", "eu-central-1a", "EU-west-1", "eu--1", "eu_west_1"] {
            assert!(!is_like_one(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_typing_mistake_finds_its_neighbours() {
        for (typed, found) in
            [("il-centrall-1", &["il-central-1"][..]), ("US_GOV", &["us-east-1", "us-gov-west-1"]), ("frankfurt", &[])]
        {
            let neighbours = alike(typed);
            assert!(found.iter().all(|region| neighbours.contains(region)), "{typed}: {neighbours:?}");
            assert_eq!(neighbours.is_empty(), found.is_empty(), "{typed}: {neighbours:?}");
        }
    }
}
