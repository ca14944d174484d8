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

/// Longest name of a host (RFC 1035), and its slash.
const LONGEST_HOST: usize = 254;

/// Webhook URLs, whose knowledge suffices for posting: lengths of the visible and the secret part.
pub(super) fn webhook(text: &str) -> Option<(usize, usize)> {
    const HOOKS: &[&str] = &[
        "alert.victorops.com/integrations/",
        "api.telegram.org/bot",
        "discord.com/api/webhooks/",
        "discordapp.com/api/webhooks/",
        "events.pagerduty.com/integration/",
        "hook.eu1.make.com/",
        "hook.us1.make.com/",
        "hooks.airtable.com/workflows/",
        "hooks.slack.com/services/",
        "hooks.slack.com/triggers/",
        "hooks.slack.com/workflows/",
        "hooks.zapier.com/hooks/catch/",
        "open.feishu.cn/open-apis/bot/v2/hook/",
        "outlook.office.com/webhook/",
        "outlook.office365.com/webhook/",
        "webhook.site/",
    ];
    /// Services that give each customer a host of its own.
    const OF_CUSTOMERS: &[&str] =
        &[".webhook.office.com/webhookb2/", ".logic.azure.com/workflows/", ".m.pipedream.net/", ".ifttt.com/trigger/"];
    let host = text.bytes().take(LONGEST_HOST).position(|byte| byte == b'/').map_or("", |end| &text[..end]);
    let kept = HOOKS.iter().find(|hook| text.starts_with(**hook)).map(|hook| hook.len()).or_else(|| {
        let hook = OF_CUSTOMERS.iter().find(|hook| host.ends_with(&hook[..hook.find('/').unwrap_or(hook.len())]))?;
        let path = &hook[hook.find('/')?..];
        text[host.len()..].starts_with(path).then_some(host.len() + path.len())
    })?;
    let path = &text[kept..];
    let length = path.find(|character: char| character.is_whitespace() || "\"'<>,;)\\".contains(character));
    Some((kept, length.unwrap_or(path.len()))).filter(|(_, length)| *length > 0)
}

/// Prefixes of vendors' tokens, with their minimum length.
const PREFIXES: &[(&str, usize)] = &[
    ("ABSK", 60),
    ("AGE-SECRET-KEY-1", 40),
    ("AIza", 35),
    ("AKCp", 40),
    ("AQVN", 38),
    ("ATATT3", 30),
    ("ATCTT3", 30),
    ("CCIPAT_", 30),
    ("CLOJARS_", 60),
    ("EAACEdEose0cBA", 20),
    ("EZAK", 50),
    ("EZTK", 50),
    ("FLWPUBK_TEST-", 20),
    ("FLWSECK-", 20),
    ("FLWSECK_TEST-", 20),
    ("GOCSPX-", 20),
    ("GR1348941", 25),
    ("HRKU-AA", 40),
    ("LTAI", 20),
    ("NRAK-", 27),
    ("NRII-", 30),
    ("NRJS-", 20),
    ("PMAK-", 40),
    ("SG.", 30),
    ("ZXlK", 40),
    ("bedrock-api-key-", 40),
    ("cmVmd", 50),
    ("dapi", 36),
    ("dnkey-", 40),
    ("doo_v1_", 30),
    ("dop_v1_", 30),
    ("dor_v1_", 30),
    ("dp.ct.", 40),
    ("dp.pt.", 40),
    ("dp.st.", 40),
    ("dt0c01.", 40),
    ("duffel_live_", 30),
    ("duffel_test_", 30),
    ("eyJrIjoi", 50),
    ("fio-u-", 40),
    ("fm1a_", 40),
    ("fm1r_", 40),
    ("fm2_", 40),
    ("fo1_", 40),
    ("gh1_", 36),
    ("gho_", 30),
    ("ghp_", 30),
    ("ghr_", 30),
    ("ghs_", 30),
    ("ghu_", 30),
    ("github_pat_", 30),
    ("glagent-", 20),
    ("glc_", 30),
    ("glcbt-", 20),
    ("gldt-", 20),
    ("glffct-", 20),
    ("glft-", 20),
    ("glimt-", 20),
    ("gloas-", 20),
    ("glpat-", 20),
    ("glptt-", 20),
    ("glrt-", 20),
    ("glsa_", 30),
    ("glsoat-", 20),
    ("hf_", 30),
    ("hvb.", 20),
    ("hvr.", 20),
    ("hvs.", 20),
    ("lin_api_", 30),
    ("lin_oauth_", 30),
    ("npm_", 30),
    ("ntn_", 30),
    ("ops_eyJ", 40),
    ("p8e-", 32),
    ("phx_", 30),
    ("pnu_", 30),
    ("pplx-", 30),
    ("pscale_oauth_", 30),
    ("pscale_pw_", 30),
    ("pscale_tkn_", 30),
    ("pypi-", 30),
    ("rdme_", 40),
    ("rk_live_", 16),
    ("rk_prod_", 16),
    ("rk_test_", 16),
    ("rubygems_", 40),
    ("s-s4t2", 40),
    ("sbp_", 36),
    ("sgp_", 40),
    ("shippo_live_", 40),
    ("shippo_test_", 40),
    ("shpat_", 32),
    ("shpca_", 32),
    ("shppa_", 32),
    ("shpss_", 32),
    ("sk-", 24),
    ("sk_live_", 16),
    ("sk_prod_", 16),
    ("sk_test_", 16),
    ("sm_aat_", 20),
    ("sm_pat_", 20),
    ("sm_sat_", 20),
    ("sntrys_", 40),
    ("sntryu_", 40),
    ("sq0atp-", 20),
    ("sq0csp-", 30),
    ("sqa_", 36),
    ("sqp_", 36),
    ("squ_", 36),
    ("tfp_", 40),
    ("tkn_v1_", 30),
    ("whsec_", 24),
    ("xapp-", 20),
    ("xkeysib-", 40),
    ("xoxa-", 20),
    ("xoxb-", 20),
    ("xoxe-", 20),
    ("xoxe.xox", 20),
    ("xoxo-", 20),
    ("xoxp-", 20),
    ("xoxr-", 20),
    ("xoxs-", 20),
    ("xsmtpsib-", 40),
    ("ya29.", 20),
];

/// More of them, which words begin with, too: what follows has to look random.
const WORD_LIKE: &[(&str, usize)] = &[
    ("API-", 30),
    ("EAAA", 26),
    ("EAAC", 60),
    ("EAAM", 60),
    ("YCA", 36),
    ("api_org_", 36),
    ("ico-", 36),
    ("key-", 36),
    ("live_", 40),
    ("live_pub_", 36),
    ("nfp_", 36),
    ("pat-", 30),
    ("phc_", 30),
    ("pk.", 60),
    ("pubkey-", 38),
    ("pul-", 40),
    ("re_", 30),
    ("secret_", 30),
    ("sk.", 60),
    ("test_", 40),
    ("test_pub_", 36),
    ("tk-us-", 40),
    ("v1.0-", 60),
];

/// Length of the shortest token that its shape gives away.
const SHORTEST: usize = 12;

/// Whether a word is an AWS key id, a JWT, or a vendor's token.
pub(super) fn is_secret(word: &str) -> bool {
    if word.len() < SHORTEST {
        return false;
    }
    // Few words pass this, and comparing texts costs more.
    let begins = |prefix: &str| prefix.as_bytes().first() == word.as_bytes().first();
    is_aws_key_id(word)
        || is_jwt(word)
        || is_shaped(word)
        || PREFIXES.iter().any(|(prefix, length)| begins(prefix) && word.len() >= *length && word.starts_with(prefix))
        || WORD_LIKE
            .iter()
            .any(|(prefix, length)| word.len() >= *length && word.strip_prefix(prefix).is_some_and(looks_random))
}

/// Whether a text has a digit in every dozen characters, and no words.
fn looks_random(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let longest = text.split(|character: char| !character.is_ascii_lowercase()).map(str::len).max().unwrap_or_default();
    digits * 12 >= text.len() && longest < 16
}

/// Session tokens of STS are base64 with one of these prefixes.
pub(super) fn begins_session_token(word: &str) -> bool {
    ["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"].iter().any(|prefix| word.starts_with(prefix))
}

/// Tokens whose shape, not their start, gives them away.
fn is_shaped(word: &str) -> bool {
    if !word.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let parts: Vec<&str> = word.split('.').take(4).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    // A bot of Discord, an older service token of Vault, Terraform Cloud, Harness.
    let is_dotted = matches!(lengths.as_slice(), [23..=28, 6, 27..=45])
        || matches!(parts.as_slice(), ["s", token] if token.len() == 24)
        || matches!(parts.as_slice(), [_, "atlasv1", token] if token.len() >= 40)
        || matches!(parts.as_slice(), ["pat" | "sat", account, ..] if account.len() == 22)
        || parts.first().is_some_and(|first| first.len() == 17 && first.starts_with("pat"))
            && lengths.get(1) == Some(&64);
    let is_hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    // Mailchimp, Mailgun, Twilio, MaxMind, 1Password, ClickHouse.
    let is_joined = word.split_once('-').is_some_and(|(key, rest)| {
        is_hex(key, 32) && (rest.starts_with("us") && rest.len() <= 4 || rest.split('-').all(|part| is_hex(part, 8)))
    });
    let is_secret_key = word.starts_with("A3-") && word.len() >= 34 && word.matches('-').count() >= 5;
    is_dotted
        || is_joined
        || is_secret_key
        || word.strip_prefix("SK").is_some_and(|rest| is_hex(rest, 32))
        || word.len() == 40 && word.ends_with("_mmk")
        || word.len() == 42 && word.starts_with("4b1d")
}

/// Longest second part of a token of two, in bytes.
const LONGEST_DIVIDED: usize = 512;

/// The length of a token that punctuation divides: of Telegram, Azure, OpenShift, Facebook, Firebase.
pub(super) fn divided(text: &str, word: &str) -> Option<usize> {
    let rest = &text[word.len()..];
    let sign = rest.chars().next().filter(|sign| matches!(sign, ':' | '~' | '|'))?;
    let body = &rest[1..];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~');
    let length = body.bytes().take(LONGEST_DIVIDED).take_while(is_part).count();
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let is_token = match sign {
        ':' => {
            digits && (5..=16).contains(&word.len()) && length >= 33 && body.starts_with('A')
                || word.starts_with("AAAA") && word.len() == 11 && length >= 100
        }
        '~' => {
            word == "sha256" && length >= 40 || word.len() >= 5 && word.ends_with('Q') && (30..=40).contains(&length)
        }
        _ => digits && (15..=16).contains(&word.len()) && (26..=40).contains(&length),
    };
    is_token.then_some(word.len() + 1 + length)
}

/// `AKIA`, or `ASIA` for session keys, and 16 capitals and digits; also within a word.
fn is_aws_key_id(word: &str) -> bool {
    let is_key = |at: usize| {
        let body = word.bytes().skip(at + "AKIA".len());
        body.take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).take(12).count() == 12
    };
    ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|prefix| word.match_indices(prefix).any(|(at, _)| is_key(at)))
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
