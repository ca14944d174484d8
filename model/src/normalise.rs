//! Removes from a message what differs between occurrences of one failure, as fingerprints of version 1 do: addresses,
//! ids, numbers, times, hex, flags, quoted values. One pass over the text. Today's fingerprints use
//! [`reduce`](crate::reduce).

mod pieces;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};

pub(crate) use pieces::normal as normal_pieces;

/// Limit on the first line, in characters.
const MAX_CHARACTERS: usize = 500;

/// The first line of a message with its variable parts replaced: `<url>`, `<email>`, `<host>`, `<value>` for quoted
/// text, `#` for numbers, times, flags and ids.
pub fn normalise(message: &str) -> String {
    let line: String = message.trim().lines().next().unwrap_or_default().chars().take(MAX_CHARACTERS).collect();
    let line = without_quoted(&line);
    let mut normal: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let word = normal_word(word);
        // `Wed, 04 Mar 2026` is one time: names of days and months are next to numbers.
        let follows_number = normal.last().is_some_and(|last| last == "#");
        match follows_number && (is_calendar(&word) || word == "#") {
            true => {}
            false if is_day(&word) => normal.push("#".to_owned()),
            false => normal.push(word),
        }
    }
    normal.join(" ")
}

/// Replaces quoted text. An apostrophe within a word and an unclosed quote do not count.
fn without_quoted(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    let mut unclosed = [false; 5];
    while let Some(at) = rest.find(OPENING) {
        let opening = rest[at..].chars().next().unwrap_or('"');
        let kind = OPENING.iter().position(|quote| *quote == opening).unwrap_or_default();
        let after = &rest[at + opening.len_utf8()..];
        let inside_word = rest[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let end = if inside_word || unclosed[kind] { None } else { after.find(CLOSING[kind]) };
        match end {
            Some(end) => {
                text.push_str(&rest[..at]);
                text.push_str("<value>");
                rest = &after[end + CLOSING[kind].len_utf8()..];
            }
            None => {
                unclosed[kind] |= !inside_word;
                text.push_str(&rest[..at + opening.len_utf8()]);
                rest = after;
            }
        }
    }
    text + rest
}

const OPENING: [char; 5] = ['"', '\'', '`', '\u{201c}', '\u{2018}'];
const CLOSING: [char; 5] = ['"', '\'', '`', '\u{201d}', '\u{2019}'];

fn normal_word(word: &str) -> String {
    if word.contains("://") {
        return "<url>".to_owned();
    }
    if word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
        return "<email>".to_owned();
    }
    let core =
        word.trim_matches(|character: char| matches!(character, '(' | ')' | '[' | ']' | ',' | ';' | '.' | '=' | ':'));
    let core = if core.is_empty() { word } else { core };
    let with = |replacement: &str| word.replacen(core, replacement, 1);
    let endpoint = word.trim_matches(['(', ')', ',', ';', '.']);
    if endpoint.parse::<SocketAddr>().is_ok() {
        return word.replacen(endpoint, "#", 1);
    }
    if core.parse::<IpAddr>().is_ok() {
        return with("#");
    }
    if is_host(core) {
        return with("<host>");
    }
    if matches!(core, "true" | "false" | "True" | "False") {
        return with("#");
    }
    pieces::normal(word)
}

/// An Internet host name, with or without a port. Names of classes and files have dots, too, but other endings.
pub(crate) fn is_host(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "amazonaws",
        "app",
        "aws",
        "cloud",
        "cn",
        "com",
        "compute",
        "corp",
        "de",
        "dev",
        "edu",
        "eu",
        "fr",
        "gov",
        "internal",
        "io",
        "local",
        "localdomain",
        "net",
        "org",
        "svc",
        "uk",
        "us",
    ];
    let name = word.split_once(':').map_or(word, |(name, port)| {
        if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { word }
    });
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let labels = name.split('.').count();
    labels >= 2
        && name.split('.').all(is_label)
        && name.rsplit('.').next().is_some_and(|ending| ENDINGS.contains(&ending))
}

/// Names of days, months, and time zones.
pub(crate) fn is_calendar(word: &str) -> bool {
    const NAMES: &[&str] = &[
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
        "January",
        "February",
        "March",
        "April",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "GMT",
        "UTC",
        "AM",
        "PM",
    ];
    let word = word.trim_end_matches([',', '.']);
    NAMES.contains(&word) || is_day(word)
}

/// Names of days, in three letters.
pub(crate) fn is_day(word: &str) -> bool {
    const DAYS: &[&str] = &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    DAYS.contains(&word.trim_end_matches(','))
}
