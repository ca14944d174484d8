//! Secrets that are known by their own shape.

/// The length of a private key in PEM form, up to the end of the text if it is cut off.
pub(super) fn private_key(text: &str) -> Option<usize> {
    let after = text.strip_prefix("-----BEGIN ")?;
    let head = &after[..after.find('-')?];
    if !head.contains("PRIVATE KEY") {
        return None;
    }
    let Some(end) = text.find("-----END ") else { return Some(text.len()) };
    let tail = &text[end + "-----END ".len()..];
    let dashes = tail.find("-----").map_or(tail.len(), |at| at + "-----".len());
    Some(end + "-----END ".len() + dashes)
}

/// The length of 13 to 19 digits, in groups or not, whose check digit is right (Luhn).
pub(super) fn card_number(text: &str) -> Option<usize> {
    let mut digits = Vec::with_capacity(19);
    let mut length = 0;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate().take(40) {
        match byte {
            b'0'..=b'9' => {
                digits.push(u32::from(byte - b'0'));
                length = at + 1;
            }
            b' ' | b'-' if at == length && at > 0 => {}
            _ => break,
        }
    }
    let ends = bytes.get(length).is_none_or(|next| !next.is_ascii_alphanumeric());
    let is_card = ends && (13..=19).contains(&digits.len()) && matches!(digits[0], 2..=6);
    (is_card && luhn(&digits)).then_some(length)
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    sum.is_multiple_of(10)
}

/// Beginnings that vendors give their tokens, and how long a token is at least.
const PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("ghu_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xoxa-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("sk-", 24),
    ("npm_", 30),
    ("pypi-", 30),
    ("AIza", 35),
    ("SG.", 30),
    ("hvs.", 20),
    ("dop_v1_", 30),
];

/// Whether a token is an AWS key, a JWT, a vendor's token, or as random as an AWS secret key.
pub(super) fn is_secret(token: &str) -> bool {
    is_aws_key_id(token)
        || is_jwt(token)
        || PREFIXES.iter().any(|(prefix, length)| token.len() >= *length && token.starts_with(prefix))
        || is_aws_secret(token)
}

/// `AKIA` and 16 more; `ASIA` for keys of sessions.
fn is_aws_key_id(token: &str) -> bool {
    let body = ["AKIA", "ASIA"].iter().find_map(|prefix| token.strip_prefix(prefix));
    body.is_some_and(|body| {
        let key = body.split(['/', '=', '+', '.']).next().unwrap_or_default();
        key.len() >= 12 && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

fn is_jwt(token: &str) -> bool {
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    token.starts_with("eyJ") && parts.len() >= 2 && parts[1].len() >= 8
}

/// Forty characters of base64 with capitals, small letters and digits; hexadecimal digests have no capitals and paths
/// have words.
fn is_aws_secret(token: &str) -> bool {
    let has = |test: fn(&u8) -> bool| token.as_bytes().iter().copied().filter(test).count();
    let is_base64 = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+'));
    token.len() == 40
        && is_base64
        && has(u8::is_ascii_uppercase) >= 3
        && has(u8::is_ascii_lowercase) >= 3
        && has(u8::is_ascii_digit) >= 1
}
