//! Secrets that are recognisable by their shape.

/// The length of a private key in PEM form, up to the end of the text if it is truncated.
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

/// The length of 13 to 19 digits, grouped or not, with a valid check digit (Luhn).
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
    (ends && has_issuer(&digits) && luhn(&digits) && !starts_with_uuid(bytes)).then_some(length)
}

/// Whether a number has the prefix and length of a card issuer, unlike most times and ids.
fn has_issuer(digits: &[u32]) -> bool {
    let beginning = digits.iter().take(4).fold(0, |number, digit| number * 10 + digit);
    matches!(
        (digits.len(), beginning),
        (13 | 16 | 19, 4000..=4999) | (16, 2221..=2720) | (14..=16, 3000..=3999) | (16..=19, 5000..=6999)
    )
}

/// Whether the bytes start with a UUID, whose first group may be digits only.
fn starts_with_uuid(bytes: &[u8]) -> bool {
    bytes.len() >= 36
        && bytes[..36].iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    sum.is_multiple_of(10)
}

/// Webhook URLs, whose knowledge suffices for posting: lengths of the visible and the secret part.
pub(super) fn webhook(text: &str) -> Option<(usize, usize)> {
    const HOOKS: &[&str] = &[
        "hooks.slack.com/services/",
        "hooks.slack.com/workflows/",
        "discord.com/api/webhooks/",
        "discordapp.com/api/webhooks/",
        "api.telegram.org/bot",
        "events.pagerduty.com/integration/",
    ];
    let kept = HOOKS.iter().find(|hook| text.starts_with(**hook)).map(|hook| hook.len())?;
    let path = &text[kept..];
    let length = path.find(|character: char| character.is_whitespace() || "\"'<>,;)\\".contains(character));
    Some((kept, length.unwrap_or(path.len()))).filter(|(_, length)| *length > 0)
}

/// Prefixes of vendors' tokens, with their minimum length.
const PREFIXES: &[(&str, usize)] = &[
    ("AGE-SECRET-KEY-1", 40),
    ("AIza", 35),
    ("ATATT3", 30),
    ("EAACEdEose0cBA", 20),
    ("GOCSPX-", 20),
    ("SG.", 30),
    ("dapi", 36),
    ("dop_v1_", 30),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghr_", 30),
    ("ghs_", 30),
    ("ghu_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("hf_", 30),
    ("hvs.", 20),
    ("npm_", 30),
    ("pypi-", 30),
    ("rk_live_", 16),
    ("rk_test_", 16),
    ("shpat_", 32),
    ("sk-", 24),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("whsec_", 24),
    ("xapp-", 20),
    ("xoxa-", 20),
    ("xoxb-", 20),
    ("xoxe-", 20),
    ("xoxp-", 20),
    ("xoxr-", 20),
    ("xoxs-", 20),
    ("ya29.", 20),
];

/// Whether a word is an AWS key id, a JWT, or a vendor's token.
pub(super) fn is_secret(word: &str) -> bool {
    is_aws_key_id(word)
        || is_jwt(word)
        || PREFIXES.iter().any(|(prefix, length)| word.len() >= *length && word.starts_with(prefix))
}

/// Session tokens of STS are base64 with one of these prefixes.
pub(super) fn begins_session_token(word: &str) -> bool {
    ["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"].iter().any(|prefix| word.starts_with(prefix))
}

/// `AKIA`, or `ASIA` for session keys, and 16 capitals and digits; also within a word.
fn is_aws_key_id(word: &str) -> bool {
    let is_key = |at: usize| {
        let body = word.bytes().skip(at + "AKIA".len());
        body.take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).take(12).count() == 12
    };
    ["AKIA", "ASIA"].iter().any(|prefix| word.match_indices(prefix).any(|(at, _)| is_key(at)))
}

fn is_jwt(word: &str) -> bool {
    let mut parts = word.splitn(4, '.');
    parts.next().is_some_and(|head| head.starts_with("eyJ")) && parts.next().is_some_and(|body| body.len() >= 8)
}

/// Length of an AWS secret key.
pub(super) const AWS_SECRET: usize = 40;

/// Forty characters of base64 that look random: capitals, lower-case letters and digits, without the lower-case runs of
/// words or the slashes of paths. Hexadecimal digests have no capitals.
pub(super) fn is_aws_secret(token: &str) -> bool {
    let bytes = token.as_bytes();
    let has = |test: fn(&u8) -> bool| bytes.iter().copied().filter(test).count();
    let is_base64 = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+'));
    let in_words: usize = token
        .split(|character: char| !character.is_ascii_lowercase())
        .map(str::len)
        .filter(|length| *length >= 4)
        .sum();
    token.len() == AWS_SECRET
        && is_base64
        && has(u8::is_ascii_uppercase) >= 3
        && has(u8::is_ascii_lowercase) >= 3
        && has(u8::is_ascii_digit) >= 1
        && has(|byte| *byte == b'/') <= 4
        && in_words < 16
}
