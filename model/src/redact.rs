//! Takes secrets out of a text before it is stored or sent. One pass; what looks like a secret goes, even if it was none.

mod known;
#[cfg(test)]
mod tests;

/// What stands in a secret's place.
const REDACTED: &str = "[redacted]";

/// The text without private keys, AWS keys, tokens, passwords in `key=value`, JSON and addresses, and card numbers.
pub fn redact(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let consumed = secret_at(rest, &mut output).unwrap_or_else(|| {
            // A word is either judged as a whole or kept as a whole, so nothing is looked at twice.
            let length = if is_word(first) { word_length(rest) } else { first.len_utf8() };
            output.push_str(&rest[..length]);
            length
        });
        rest = &rest[consumed..];
    }
    output
}

/// If the text begins with a secret, or with a name and its secret value, writes what remains of it and says how many
/// bytes that was.
fn secret_at(text: &str, output: &mut String) -> Option<usize> {
    let first = text.chars().next()?;
    if first == '-' {
        return known::private_key(text).inspect(|_| output.push_str("[redacted private key]"));
    }
    if !is_word(first) {
        return None;
    }
    let word = &text[..word_length(text)];
    let after = &text[word.len()..];
    if let Some(length) = user_information(after) {
        output.push_str(word);
        output.push_str("://");
        output.push_str(REDACTED);
        return Some(word.len() + length);
    }
    if let Some(scheme) = authorization(word, after) {
        output.push_str(&text[..scheme]);
        output.push_str(REDACTED);
        let value = text[scheme..].find([' ', '"', '\'', ',', '\n', '\r', '\\']).unwrap_or(text.len() - scheme);
        return Some(scheme + value);
    }
    if is_secret_name(word)
        && let Some((before, value)) = assigned(after, is_authorization(word))
    {
        output.push_str(&text[..word.len() + before]);
        output.push_str(REDACTED);
        return Some(word.len() + before + value);
    }
    if let Some(length) = known::card_number(text) {
        output.push_str(REDACTED);
        return Some(length);
    }
    // Slashes and plus signs belong to keys and tokens, not to words.
    let length = token_length(text);
    known::is_secret(&text[..length]).then(|| {
        output.push_str(REDACTED);
        length
    })
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.') || character == '-'
}

fn word_length(text: &str) -> usize {
    // At least one: a dash that begins no private key begins a word.
    text.find(|character| !is_word(character)).unwrap_or(text.len()).max(1)
}

/// Longest text that is looked at as one token; the longest ones are session tokens.
const MAX_TOKEN: usize = 4096;

fn token_length(text: &str) -> usize {
    let end = text.bytes().take(MAX_TOKEN).position(|byte| !is_token_byte(byte));
    end.unwrap_or(text.len().min(MAX_TOKEN))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b'+' | b'=')
}

/// `://user:password@`, after the scheme.
fn user_information(after: &str) -> Option<usize> {
    let authority = after.strip_prefix("://")?;
    let end = authority
        .find(|character: char| character.is_whitespace() || matches!(character, '/' | '?' | '#' | '"' | '\''));
    let at = authority[..end.unwrap_or(authority.len())].rfind('@')?;
    Some("://".len() + at)
}

/// Where the token begins in `Bearer abc`; a word in prose after `basic` is no token.
fn authorization(word: &str, after: &str) -> Option<usize> {
    let is_scheme = word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic");
    let token = after.strip_prefix(' ')?;
    let length = token_length(token);
    let looks_random = length >= 16 || token.as_bytes()[..length].iter().any(u8::is_ascii_digit);
    (is_scheme && length >= 6 && looks_random).then_some(word.len() + 1)
}

fn is_authorization(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("authorization") || name.eq_ignore_ascii_case("cookie")
}

/// Whether a name is one that secrets have.
fn is_secret_name(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "signingkey",
        "credential",
        "authorization",
        "signature",
        "sessionid",
        "cookie",
        "connectionstring",
        "accountkey",
        "cardnumber",
    ];
    if name.len() > 128 {
        return false;
    }
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect();
    matches!(plain.as_str(), "auth" | "pin" | "cvv" | "cvc" | "ssn" | "pass" | "sig" | "pw")
        || PARTS.iter().any(|part| plain.contains(part))
}

/// Where the value begins and how long it is, in what follows a name: `= value`, `": "value"`, `\": \"value\"`.
fn assigned(after: &str, whole_line: bool) -> Option<(usize, usize)> {
    let is_quote = |character: &char| matches!(character, '"' | '\'' | '\\');
    let mut start = after.chars().take(4).take_while(is_quote).count();
    start += blanks(&after[start..]);
    let sign =
        after[start..].strip_prefix("=>").map(|_| 2).or_else(|| after[start..].starts_with(['=', ':']).then_some(1))?;
    start += sign;
    start += blanks(&after[start..]);
    let quotes = after[start..].chars().take(4).take_while(is_quote).count();
    start += quotes;
    let value = &after[start..];
    let end = match (after[..start].chars().next_back().filter(|_| quotes > 0), whole_line) {
        (Some(quote), _) => quoted_length(value, quote),
        (None, true) => value.find(['\n', '\r', '"']),
        (None, false) => value.find(|character: char| {
            character.is_whitespace() || matches!(character, ',' | ';' | '&' | '}' | ')' | ']' | '"' | '\'')
        }),
    };
    let length = end.unwrap_or(value.len());
    (length > 0 && !value.starts_with(['{', '['])).then_some((start, length))
}

fn blanks(text: &str) -> usize {
    text.bytes().take(8).take_while(|byte| *byte == b' ').count()
}

/// Up to the closing quote, which a backslash before it does not close unless the value was opened that way.
fn quoted_length(value: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in value.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if value[at + 1..].starts_with(quote)
                && !value[at + 2..].starts_with(|next: char| next.is_alphanumeric()) =>
            {
                return Some(at);
            }
            '\\' => escaped = true,
            character if character == quote => return Some(at),
            _ => {}
        }
    }
    None
}
