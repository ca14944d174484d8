//! Secrets in sentences and in encoded forms, which no sign of an assignment announces.

use super::assignment::assigned;

/// Shortest password that is recognised in a sentence, in bytes.
const SHORTEST: usize = 6;
/// Longest one.
const LONGEST: usize = 128;
/// What has letters and digits after `password`, too: names of algorithms and encodings.
const ALGORITHMS: &[&str] =
    &["2fa", "argon", "base", "bcrypt", "hmac", "md5", "oauth", "pbkdf", "scram", "sha", "totp", "utf"];

/// `the password is hunter2`, `pwd hunter2`: offset and length of the value in the text after the word.
pub(super) fn stated(word: &str, after: &str) -> Option<(usize, usize)> {
    let is_password = ["password", "passwd", "pwd", "passphrase"].iter().any(|name| word.eq_ignore_ascii_case(name));
    if !is_password {
        return None;
    }
    let verb = [" is ", " was ", " "].into_iter().find(|verb| after.starts_with(verb))?;
    let length = value_length(&after[verb.len()..]);
    let value = &after[verb.len()..verb.len() + length];
    let has = |is: fn(&u8) -> bool| value.bytes().any(|byte| is(&byte));
    let is_algorithm = ALGORITHMS.iter().any(|name| value.to_ascii_lowercase().starts_with(name));
    let is_value = length >= SHORTEST && has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit) && !is_algorithm;
    (is_value && !value.contains("://")).then_some((verb.len(), length))
}

/// `Invalid API key provided: 3f9c…`: offset and length of the value in the text after the first word.
pub(super) fn named_in_words(word: &str, after: &str) -> Option<(usize, usize)> {
    const WHOSE: &[&str] = &["access", "api", "encryption", "license", "master", "private", "secret", "signing"];
    if !WHOSE.iter().any(|name| word.eq_ignore_ascii_case(name)) {
        return None;
    }
    let noun = [" key", " Key", " KEY", " token"].into_iter().find(|noun| after.starts_with(noun))?;
    let rest = &after[noun.len()..];
    let participle =
        [" provided", " given", " used"].into_iter().find(|verb| rest.starts_with(verb)).unwrap_or_default();
    let before = noun.len() + participle.len();
    let (start, length) = assigned("key", &after[before..], false)?;
    let value = &after[before + start..before + start + length];
    let looks_drawn = value.bytes().any(|byte| byte.is_ascii_digit()) || length >= 16;
    (looks_drawn && length >= SHORTEST && !value.contains("://")).then_some((before + start, length))
}

/// `password%3Dhunter2`, `%22password%22%3A%22hunter2%22`: offset and length of the value in the text after the name.
pub(super) fn percent_encoded(after: &str) -> Option<(usize, usize)> {
    let around = |text: &str| {
        let mut at = 0;
        while ["%22", "%27", "%20", "%5C", "%5c"].iter().any(|code| text[at..].starts_with(code)) && at < 24 {
            at += 3;
        }
        at
    };
    let mut start = around(after);
    let is_sign = ["%3D", "%3d", "%3A", "%3a"].iter().any(|code| after[start..].starts_with(code));
    start += if is_sign { 3 } else { return None };
    start += around(&after[start..]);
    let value = &after[start..];
    let ends = ["%22", "%26", "%27", "%2C", "%2c", "%7D", "%7d", "%3B", "%3b"];
    let end = value.char_indices().find(|(at, character)| {
        character.is_whitespace()
            || matches!(character, '&' | '"' | '\'' | '<')
            || *character == '%' && ends.iter().any(|code| value[*at..].starts_with(code))
    });
    let length = end.map_or(value.len(), |(at, _)| at);
    (length > 0 && !value.starts_with('[')).then_some((start, length))
}

fn value_length(text: &str) -> usize {
    let end = text.bytes().take(LONGEST).position(|byte| byte.is_ascii_whitespace() || b"\"',;()[]".contains(&byte));
    let value = &text[..end.unwrap_or(if text.len() <= LONGEST { text.len() } else { 0 })];
    value.trim_end_matches(['.', '!', '?', ':']).len()
}
