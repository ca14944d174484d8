//! A name and its secret value: `key=value`, JSON, arguments of commands, SQL.

use super::enclosed::enclosed;

pub(super) fn is_authorization(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("authorization") || name.eq_ignore_ascii_case("cookie")
}

/// Whether a name suggests a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
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
        "csrf",
        "jsessid",
        "mnemonic",
        "passcode",
        "passwort",
        "phpsessid",
        "webhook",
        "xsrf",
    ];
    /// Names with such a word but another meaning.
    const OTHERS: &[&str] = &[
        "bypass",
        "compass",
        "completiontokens",
        "error",
        "exception",
        "inputtokens",
        "maxtokens",
        "outputtokens",
        "passwordpolicy",
        "prompttokens",
        "secretname",
        "secretarn",
        "secretid",
        "secretsmanager",
        "signatureversion",
        "surpass",
        "tokenendpoint",
        "tokenexpiresin",
        "tokenizer",
        "tokenlimit",
        "tokencount",
        "tokentype",
        "tokenuri",
        "tokenurl",
        "totaltokens",
        "trespass",
        "usedtokens",
    ];
    if name.len() > 128 {
        return false;
    }
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect();
    let suggests = matches!(
        plain.as_str(),
        "auth" | "cred" | "creds" | "cvc" | "cvv" | "dsn" | "otp" | "pin" | "pw" | "sig" | "ssn"
    ) || plain.ends_with("pass")
        || PARTS.iter().any(|part| plain.contains(part))
        || (plain.ends_with("key") || plain.ends_with("keys")) && is_key_name(name);
    suggests && !OTHERS.iter().any(|other| plain.ends_with(other))
}

/// `ENCRYPTION_KEY`, `X-Auth-Key`, `masterKey`: a key, unless it is one of a table, a cache or a file.
fn is_key_name(name: &str) -> bool {
    const OF_DATA: &[&str] = &[
        "aws",
        "bad",
        "bucket",
        "cache",
        "column",
        "composite",
        "config",
        "dedup",
        "deduplication",
        "duplicate",
        "document",
        "error",
        "evaluated",
        "event",
        "feature",
        "field",
        "file",
        "foreign",
        "group",
        "hash",
        "idempotency",
        "idempotent",
        "index",
        "invalid",
        "item",
        "job",
        "json",
        "kms",
        "label",
        "locale",
        "lock",
        "lookup",
        "map",
        "message",
        "metric",
        "missing",
        "natural",
        "object",
        "partition",
        "primary",
        "public",
        "query",
        "range",
        "record",
        "redis",
        "row",
        "s3",
        "schema",
        "search",
        "setting",
        "shard",
        "sort",
        "sorting",
        "start",
        "state",
        "storage",
        "such",
        "surrogate",
        "tag",
        "translation",
        "unique",
        "unknown",
        "wrong",
    ];
    let words = words(name);
    match words.as_slice() {
        [.., before, last] => matches!(last.as_str(), "key" | "keys") && !OF_DATA.contains(&before.as_str()),
        _ => false,
    }
}

/// The words of a name, in lower case: of `smtp_pass`, `smtp-pass` and `smtpPass` the same two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for character in name.chars() {
        let begins = !before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && character.is_ascii_uppercase();
        if character.is_ascii_alphanumeric() {
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(character.to_ascii_lowercase());
            }
        }
        before = character;
    }
    words
}

/// Whether a name suggests a password, rather than a token or a signature, which prose also mentions.
fn is_password_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "passphrase", "pwd", "secret"].iter().any(|part| name.contains(part))
        || name.ends_with("pass")
}

/// `--password hunter2`: offset and length of the value.
pub(super) fn argument(word: &str, after: &str) -> Option<(usize, usize)> {
    let value = after.strip_prefix(' ').filter(|_| word.starts_with("--"))?;
    let length = value.find(char::is_whitespace).unwrap_or(value.len());
    (length > 0 && !value.starts_with('-')).then_some((1, length))
}

/// `PASSWORD 'hunter2'`, as in SQL.
pub(super) fn quoted(word: &str, after: &str) -> Option<(usize, usize)> {
    let value = after.strip_prefix(' ').filter(|_| is_password_name(word))?;
    let quote = value.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    let length = quoted_length(&value[1..], quote)?;
    (length > 0).then_some((2, length))
}

/// Maximum number of quotes and backslashes around a value: doubly nested JSON in a string has fifteen and one.
const MAX_QUOTES: usize = 16;

/// `<add key="Password" value="hunter2"/>`: offset and length of the value in the text after the name.
pub(super) fn attribute(after: &str) -> Option<(usize, usize)> {
    let sign = "\" value=\"";
    let value = after.strip_prefix(sign)?;
    let length = quoted_length(value, '"')?;
    (length > 0).then_some((sign.len(), length))
}

/// Offset and length of the value in the text after a name: `= value`, `": "value"`, `\": \"value\"`.
pub(super) fn assigned(name: &str, after: &str, whole_line: bool) -> Option<(usize, usize)> {
    let is_quote = |character: &char| matches!(character, '"' | '\'' | '\\');
    let mut start = after.chars().take(MAX_QUOTES).take_while(is_quote).count();
    start += blanks(&after[start..]);
    let sign =
        after[start..].strip_prefix("=>").map(|_| 2).or_else(|| after[start..].starts_with(['=', ':']).then_some(1))?;
    start += sign;
    start += until_value(&after[start..]);
    let quotes = after[start..].chars().take(MAX_QUOTES).take_while(is_quote).count();
    start += quotes;
    let value = &after[start..];
    if quotes == 0 && value.starts_with(['{', '[', '(']) {
        let (at, length) = enclosed(value)?;
        let is_prose = !is_password_name(name)
            && is_word_of_prose(&after[..start], &value[at..at + length].replace([' ', ','], ""));
        return (!is_prose).then_some((start + at, length));
    }
    // Contents of an object or a list in a string are scanned separately.
    if value.starts_with(['{', '[']) {
        return None;
    }
    let end = match (after[..start].chars().next_back().filter(|_| quotes > 0), whole_line) {
        (Some(quote), _) => quoted_length(value, quote),
        (None, true) => value.find(['\n', '\r', '"']),
        (None, false) => value.find(|character: char| {
            character.is_whitespace() || matches!(character, ',' | ';' | '&' | '}' | ')' | ']' | '"' | '\'')
        }),
    };
    let length = end.unwrap_or(value.len());
    let is_word = quotes == 0 && !is_password_name(name) && is_word_of_prose(&after[..start], &value[..length]);
    (length > 0 && !is_word && !says_nothing(&value[..length])).then_some((start, length))
}

/// `using password: YES` says whether there was one.
fn says_nothing(value: &str) -> bool {
    matches!(value, "YES" | "NO" | "true" | "false" | "True" | "False" | "null" | "None" | "nil" | "undefined")
}

/// `invalid token: expired` describes a token rather than revealing it.
fn is_word_of_prose(sign: &str, value: &str) -> bool {
    sign.ends_with(": ") && value.len() < 16 && value.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Deepest indentation of a value on the line after its name, in characters.
const MAX_INDENTATION: usize = 64;

/// The length of what stands between a sign and its value: blanks, and a line break if a quoted value follows it. A line may begin
/// with a private-use character that numbers it.
fn until_value(text: &str) -> usize {
    let here = blanks(text);
    let Some(line) = text[here..].strip_prefix("\r\n").or_else(|| text[here..].strip_prefix('\n')) else { return here };
    let is_indentation = |character: &char| matches!(character, ' ' | '\t' | '\u{F0000}'..='\u{FFFFD}');
    let indentation: usize = line.chars().take(MAX_INDENTATION).take_while(is_indentation).map(char::len_utf8).sum();
    let is_quoted = line[indentation..].trim_start_matches('\\').starts_with(['"', '\'']);
    if is_quoted { text.len() - line.len() + indentation } else { here }
}

fn blanks(text: &str) -> usize {
    text.bytes().take(8).take_while(|byte| *byte == b' ').count()
}

/// Up to the closing quote; an escaped quote only closes a value that was opened by one.
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
