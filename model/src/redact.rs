//! Removes secrets from a text before it is stored or sent. One pass; whatever looks like a secret is removed.

mod assignment;
mod command;
mod enclosed;
mod known;
mod prose;
#[cfg(test)]
mod tests;

pub(crate) use assignment::is_secret_name;
use assignment::{argument, assigned, attribute, is_authorization, quoted};

/// Replaces a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// The text without private keys, AWS keys, tokens, card numbers, and passwords in `key=value`, JSON and URLs.
pub fn redact(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let consumed = secret_at(rest, &mut output).unwrap_or_else(|| {
            // A word is judged or kept as a whole, so nothing is scanned twice.
            let length = if is_word(first) { word_length(rest) } else { first.len_utf8() };
            output.push_str(&rest[..length]);
            length
        });
        rest = &rest[consumed..];
    }
    output
}

/// If the text starts with a secret, or with a name and its secret value, writes the redacted form and returns the
/// number of bytes consumed.
fn secret_at(text: &str, output: &mut String) -> Option<usize> {
    let first = text.chars().next()?;
    if first == '-'
        && let Some(length) = known::private_key(text)
    {
        output.push_str("[redacted private key]");
        return Some(length);
    }
    if let Some(length) = user_information(text) {
        output.push_str("://");
        output.push_str(REDACTED);
        return Some("://".len() + length);
    }
    if !is_word(first) {
        return None;
    }
    let word = &text[..word_length(text)];
    let after = &text[word.len()..];
    if word == "arn"
        && let Some(length) = arn_length(text)
    {
        output.push_str(&text[..length]);
        return Some(length);
    }
    let (kept, hidden) =
        command::credentials(text, word, after, output).or_else(|| kept_and_hidden(text, word, after))?;
    // A value up to the end of its line must not swallow the first line of a private key.
    let hidden = text[kept..kept + hidden].find("-----BEGIN ").filter(|at| kept + at > 0).unwrap_or(hidden);
    // The name itself may be a secret.
    let name = if known::is_secret(word) { word.len().min(kept) } else { 0 };
    output.push_str(if name > 0 { REDACTED } else { "" });
    // What is kept beside a secret may hold another: `curl --user AKIA…:…`.
    output.push_str(&redact(&text[name..kept]));
    output.push_str(REDACTED);
    Some(kept + hidden)
}

/// The lengths of the visible start and the secret after it, if there is a secret.
fn kept_and_hidden(text: &str, word: &str, after: &str) -> Option<(usize, usize)> {
    if let Some(scheme) = authorization(word, after) {
        let value = text[scheme..].find([' ', '"', '\'', ',', '\n', '\r', '\\']).unwrap_or(text.len() - scheme);
        return Some((scheme, value));
    }
    // A value follows a name after one of these; most words are values themselves, and it is dear to ask what they name.
    let may_be_name = after.starts_with([' ', '\t', '=', ':', '"', '\'', '\\', '%']);
    if may_be_name
        && is_secret_name(word)
        && let Some((before, value)) = assigned(word, after, is_authorization(word))
            .or_else(|| argument(word, after))
            .or_else(|| quoted(word, after))
            .or_else(|| attribute(after))
            .or_else(|| prose::percent_encoded(after))
            .or_else(|| prose::stated(word, after))
    {
        return Some((word.len() + before, value));
    }
    if let Some((before, value)) = prose::named_in_words(word, after) {
        return Some((word.len() + before, value));
    }
    let whole = |length: usize| (0, length);
    known::card_number(text)
        .map(whole)
        .or_else(|| if word.contains('.') { known::webhook(text) } else { None })
        .or_else(|| known::divided(text, word).map(whole))
        .or_else(|| known::is_secret(word).then(|| whole(word.len())))
        // Slashes and plus signs occur in keys and tokens, not in words.
        .or_else(|| {
            known::is_aws_secret(&text[..token_length(text, known::AWS_SECRET + 1)]).then(|| whole(known::AWS_SECRET))
        })
        .or_else(|| known::begins_session_token(word).then(|| whole(token_length(text, MAX_TOKEN))))
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.') || character == '-'
}

/// Up to the end of the word, or to a private key that follows without a blank. At least one: a dash that does not
/// start a private key starts a word.
fn word_length(text: &str) -> usize {
    let begins_key = |at: usize| at > 0 && text[at..].starts_with("-----BEGIN");
    let end =
        text.bytes().enumerate().position(|(at, byte)| !is_word(char::from(byte)) || byte == b'-' && begins_key(at));
    end.unwrap_or(text.len()).max(1)
}

/// The length of an ARN, which may name a secret, `arn:aws:secretsmanager:…:secret:name`, but contains none. Text that
/// only starts like an ARN is scanned as usual.
fn arn_length(text: &str) -> Option<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b":/_.*+$-".contains(byte);
    let length = text.bytes().take(MAX_ARN).take_while(|byte| is_part(byte)).count();
    let arn = &text[..length];
    let is_followed = [" '", " \"", "=", "@", "?", "&", "%"].iter().any(|next| text[length..].starts_with(next));
    let is_known =
        |part: &str| known::is_secret(part) || known::is_aws_secret(part) || known::card_number(part).is_some();
    let has_secret = || arn.split([':', '/']).any(is_known);
    (arn.starts_with("arn:aws")
        && !arn.ends_with(':')
        && !arn.contains("//")
        && !arn.contains("--")
        && !is_followed
        && !has_secret())
    .then_some(length)
}

/// Maximum length of an ARN, in bytes.
const MAX_ARN: usize = 512;

/// Maximum length of a token; the longest ones are session tokens.
const MAX_TOKEN: usize = 4096;

/// The length of the key or token at the start of the text, within `most` bytes.
fn token_length(text: &str, most: usize) -> usize {
    let end = text.bytes().take(most).position(|byte| !is_token_byte(byte));
    end.unwrap_or(text.len().min(most))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b'+' | b'=')
}

/// Maximum distance, in bytes, to the `@` that ends the user information in a URL.
const MAX_USER_INFORMATION: usize = 256;

/// The length of `user:password` in `://user:password@`. A password may contain a slash, although it should not.
fn user_information(text: &str) -> Option<usize> {
    let authority = text.strip_prefix("://")?;
    let limit = (0..=MAX_USER_INFORMATION.min(authority.len())).rev().find(|&at| authority.is_char_boundary(at))?;
    let authority = &authority[..limit];
    let ends = |character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '<' | '>');
    let address = &authority[..authority.find(ends).unwrap_or(limit)];
    let host = &address[..address.find(['/', '?', '#']).unwrap_or(address.len())];
    if let Some(at) = host.rfind('@') {
        // `ssh://git@github.com`: everyone's name.
        return (host[..at] != *"git").then_some(at);
    }
    let (_, password) = host.split_once(':')?;
    let is_port = password.bytes().all(|byte| byte.is_ascii_digit());
    if is_port { None } else { address.rfind('@') }
}

/// Where the token starts in `Bearer abc`; a word of prose after `basic` is not a token.
fn authorization(word: &str, after: &str) -> Option<usize> {
    let is_scheme = ["bearer", "basic", "digest", "token"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
    let token = after.strip_prefix(' ')?;
    let length = token_length(token, MAX_TOKEN);
    let looks_random = length >= 16 || token.as_bytes()[..length].iter().any(u8::is_ascii_digit);
    (is_scheme && length >= 6 && looks_random).then_some(word.len() + 1)
}
