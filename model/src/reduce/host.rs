//! Hosts and ports, which stay, and addresses, which go.

use std::net::{IpAddr, SocketAddr};

use super::id::{is_id, without_ids};
use crate::normalise::is_host;

/// The first port that systems give to clients, so that it differs from call to call:
/// <https://docs.kernel.org/networking/ip-sysctl.html> (`ip_local_port_range`).
const FIRST_OF_CLIENTS: u16 = 32768;

/// The mark of a URL: its host and port.
pub(super) fn of_url(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let endpoint = authority.rsplit('@').next().unwrap_or_default();
    let endpoint = endpoint.trim_end_matches(['.', ':']);
    (!endpoint.is_empty()).then(|| of_address(endpoint).unwrap_or_else(|| named(endpoint)))
}

/// The mark of an address with a port: the port; `#` for an address alone.
pub(super) fn of_address(text: &str) -> Option<String> {
    let text = text.trim_end_matches('-');
    match (text.parse::<SocketAddr>(), text.trim_matches(['[', ']']).parse::<IpAddr>()) {
        (Ok(address), _) => Some(format!("#:{}", of_port(address.port()))),
        (_, Ok(_)) => Some("#".to_owned()),
        _ => None,
    }
}

fn of_port(port: u16) -> String {
    if port >= FIRST_OF_CLIENTS { "#".to_owned() } else { port.to_string() }
}

/// The mark of a name of the Internet, with its port if it has one.
pub(super) fn of_name(text: &str) -> Option<String> {
    let text = text.trim_end_matches('.');
    (is_host(text) && !is_file(text)).then(|| named(text))
}

/// The mark of a name and a port: `db:5432`.
pub(super) fn of_name_and_port(text: &str) -> Option<String> {
    let (name, port) = text.rsplit_once(':')?;
    let is_name = is_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase());
    (is_name && port.len() >= 2 && port.parse::<u16>().is_ok()).then(|| named(text))
}

/// Ports of databases, caches, brokers and the web, which tell that the name before one is a host.
const KNOWN_PORTS: &[&str] = &[
    "443", "1433", "1521", "1883", "2181", "3128", "3306", "4222", "4566", "5432", "5433", "5671", "5672", "6379",
    "6380", "6432", "8080", "8086", "8443", "8883", "9042", "9092", "9094", "9096", "9098", "9200", "11211", "27017",
    "50051",
];

/// Whether a text is a name with a well-known port, `db:5432`, so that no word has to announce it.
pub(super) fn has_known_port(text: &str) -> bool {
    text.split_once(':').is_some_and(|(_, port)| KNOWN_PORTS.contains(&port))
}

/// Whether a text can name a host of a private network.
pub(super) fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// A host with what its name draws by chance replaced.
pub(super) fn named(endpoint: &str) -> String {
    let (name, port) = match endpoint.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (endpoint, None),
    };
    let labels = name.to_ascii_lowercase();
    let labels: Vec<String> = labels.split('.').map(label).collect();
    let name = labels.join(".");
    match port.map(|port| port.parse().map_or_else(|_| port.to_owned(), of_port)) {
        Some(port) => format!("{name}:{port}"),
        None => name,
    }
}

fn label(label: &str) -> String {
    // `ip-10-0-3-61` is an address.
    let is_address = label.starts_with("ip-") && label.matches('-').count() == 4;
    let holds_id = label
        .split('-')
        .any(|piece| is_id(piece) || piece.len() >= 6 && piece.bytes().all(|byte| byte.is_ascii_digit()));
    if is_address || holds_id { without_ids(label) } else { label.to_owned() }
}

/// Endings of files with data, whose names are often drawn by chance.
const DATA: &[&str] = &[
    "avi", "avro", "bin", "bmp", "csv", "doc", "docx", "gif", "gz", "heic", "html", "jpeg", "jpg", "json", "jsonl",
    "log", "m4a", "mov", "mp3", "mp4", "ndjson", "orc", "parquet", "pdf", "png", "svg", "tar", "tgz", "tif", "tiff",
    "tmp", "tsv", "txt", "wav", "webm", "webp", "xls", "xlsx", "xml", "zip",
];

/// Whether a text is the name of a file with data.
pub(super) fn is_file(text: &str) -> bool {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    let name = text.rsplit('/').next().unwrap_or_default();
    name.len() > ending.len() + 1 && DATA.contains(&ending.to_ascii_lowercase().as_str())
}
