//! The status of HTTP with which another answered.

/// Words before a status.
const BEFORE: &[&str] = &[
    "answered",
    "code",
    "error",
    "exception",
    "got",
    "http",
    "received",
    "responded",
    "response",
    "returned",
    "status",
];
/// Words that may stand between them.
const BETWEEN: &[&str] = &["0", "1", "2", "3", "a", "an", "is", "of", "was", "with"];
/// Words after a status.
const BEHIND: &[&str] =
    &["bad", "client", "error", "forbidden", "gateway", "internal", "server", "service", "too", "unauthorized"];
/// What makes a number an amount.
const UNITS: &[&str] =
    &["bytes", "items", "kb", "mb", "milliseconds", "ms", "records", "rows", "s", "seconds", "times"];

/// The status in a text in lower case, where it refuses or fails: `status code 503`, `TransportError(429, …)`, `401 Client Error`.
pub(crate) fn status(text: &str) -> Option<u16> {
    let words: Vec<(usize, &str)> = words(text).collect();
    words.iter().enumerate().find_map(|(at, (offset, word))| {
        let status = word.parse::<u16>().ok().filter(|status| is_refusal(*status) && word.len() == 3)?;
        let before = words[..at].iter().rev().map(|(_, word)| *word).find(|word| !BETWEEN.contains(word));
        let behind = words.get(at + 1).map_or("", |(_, word)| *word);
        let is_after = before.is_some_and(|word| BEFORE.iter().any(|known| word.ends_with(known)));
        let is_told = is_after && !UNITS.contains(&behind) || BEHIND.contains(&behind);
        (is_told && !is_place(&text[offset + word.len()..])).then_some(status)
    })
}

fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403 | 407 | 429 | 500 | 502 | 503 | 504 | 520..=529)
}

/// Whether a number is a line of a file, with its column after it: `errors:503:9`.
fn is_place(after: &str) -> bool {
    after.strip_prefix(':').is_some_and(|column| column.starts_with(|first: char| first.is_ascii_digit()))
}

/// The words of a text with their offsets.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_apart = |character: char| !character.is_ascii_alphanumeric();
    text.split(is_apart)
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_told_from_other_numbers() {
        for (text, expected) in [
            ("request failed with status code 503", Some(503)),
            ("transporterror(429, 'circuit_breaking_exception')", Some(429)),
            ("http/1.1 502 bad gateway", Some(502)),
            ("{\"statuscode\":504,\"body\":\"\"}", Some(504)),
            ("401 client error: unauthorized for url: https://x.example", Some(401)),
            ("authorizationexception(403, 'security_exception')", Some(403)),
            ("the service returned a 500", Some(500)),
            ("an error occurred (403) when calling the headobject operation: forbidden", None),
            ("at node:internal/errors:503:9", None),
            ("error: 500 items were left", None),
            ("timeout of 500 ms", None),
            ("order 503 failed", None),
            ("status code 200", None),
            ("error 5031 of 429 rows", None),
        ] {
            assert_eq!(status(text), expected, "{text}");
        }
    }
}
