//! The host in a line of a log or an error.

use std::net::{IpAddr, SocketAddr};

use crate::reduce;

/// Last labels of names that are hosts, besides those of two letters.
const ENDINGS: &[&str] = &[
    "app",
    "aws",
    "bank",
    "biz",
    "cloud",
    "cluster",
    "com",
    "corp",
    "dev",
    "edu",
    "eu",
    "example",
    "gov",
    "health",
    "home",
    "info",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "net",
    "online",
    "org",
    "prod",
    "services",
    "shop",
    "store",
    "svc",
    "systems",
    "tech",
    "test",
];
/// Last labels of two letters that are files or words of code.
const NO_COUNTRIES: &[&str] =
    &["cs", "go", "gz", "id", "is", "js", "kt", "md", "pl", "ps", "py", "rb", "rs", "sh", "so", "ts"];

/// The first host of a line, with its port if it has one, as it stands there; else the first address of a private network.
pub(crate) fn host(line: &str) -> Option<String> {
    by_context(line).or_else(|| by_form(line)).or_else(|| address(line))
}

/// A host by what is said about it.
fn by_context(line: &str) -> Option<String> {
    let found = reduce::host(line)?;
    let lower = line.to_lowercase();
    let is_name = found.contains('.') || found.contains(':') || lower.contains(&format!("enotfound {found}"));
    let is_nothing = found.starts_with("undefined") || found.starts_with("null");
    (is_name && !is_nothing).then(|| verbatim(&lower, &found).unwrap_or(found))
}

/// The word that a host was made from: what its name draws by chance, such as an id, is replaced by `#`.
fn verbatim(lower: &str, found: &str) -> Option<String> {
    if lower.contains(found) {
        return Some(found.to_owned());
    }
    let begin = found.split('#').next().filter(|begin| begin.len() >= 3)?;
    let word = lower.split(|character: char| !is_of_host(character)).find(|word| word.starts_with(begin))?;
    Some(word.trim_end_matches([':', '.']).to_owned())
}

/// A name that can only be a host.
fn by_form(line: &str) -> Option<String> {
    let words = line.split(|character: char| !is_of_host(character) && character != '/' && character != '_');
    words.map(|word| word.trim_matches(['.', ':', '-', '/'])).find(|word| is_host(word)).map(str::to_owned)
}

fn is_host(word: &str) -> bool {
    let name = word.split(':').next().unwrap_or(word);
    let labels: Vec<&str> = name.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let [_, .., last] = labels.as_slice() else { return false };
    let is_country = last.len() == 2
        && labels.len() > 2
        && last.bytes().all(|byte| byte.is_ascii_lowercase())
        && !NO_COUNTRIES.contains(last);
    labels.iter().all(is_label) && (ENDINGS.contains(last) || is_country)
}

/// An address of a private network, with its port if it has one.
fn address(line: &str) -> Option<String> {
    let is_of_address = |character: char| character.is_ascii_digit() || ".:".contains(character);
    let words = line.split(|character: char| !is_of_address(character)).map(|word| word.trim_end_matches([':', '.']));
    words
        .filter(|word| word.matches('.').count() == 3)
        .find(|word| {
            let ip = word.parse::<SocketAddr>().map(|address| address.ip()).or_else(|_| word.parse::<IpAddr>());
            ip.is_ok_and(|ip| !ip.is_loopback())
        })
        .map(str::to_owned)
}

fn is_of_host(character: char) -> bool {
    character.is_ascii_alphanumeric() || ".-:".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_and_names_of_code_are_not() {
        for (line, expected) in [
            ("getaddrinfo EAI_AGAIN api.parcel-tracking.example", Some("api.parcel-tracking.example")),
            ("calling api.bank.example", Some("api.bank.example")),
            ("asking geo.maps.co.uk:8443 for 3 points", Some("geo.maps.co.uk:8443")),
            ("dial tcp 10.0.12.7:6379: connect: connection refused", Some("10.0.12.7:6379")),
            ("HTTPSConnectionPool(host='api.x.example', port=443): Read timed out.", Some("api.x.example")),
            (
                "connecting to shop-db.cluster-c9akciq32dlx.eu-west-1.rds.amazonaws.com:3306",
                Some("shop-db.cluster-c9akciq32dlx.eu-west-1.rds.amazonaws.com:3306"),
            ),
            ("botocore.exceptions.ConnectTimeoutError in app.py", None),
            ("os.environ has no such key; see /var/task/app.js:3", None),
            ("java.net.SocketTimeoutException: Read timed out", None),
            ("version 1.2.3 of pydantic_core._pydantic_core", None),
            ("connect ECONNREFUSED 127.0.0.1:5432", None),
        ] {
            assert_eq!(host(line).as_deref(), expected, "{line}");
        }
    }
}
