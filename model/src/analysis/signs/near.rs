//! Words that stand together, in whatever form and order: `ConnectionFailed`, `could not acquire a connection`.

/// How many words apart two of them can be.
const APART: usize = 3;

/// What two parts of a statement are, by the beginnings or parts of words in lower case.
struct Pair {
    of: &'static [&'static str],
    with: &'static [&'static str],
    /// Words behind the first that give it another meaning.
    unless_before: &'static [&'static str],
}

const CONNECTION: Pair = Pair {
    of: &["connect", "handshake", "socket", "stream"],
    with: &[
        "abort",
        "acquire",
        "broken",
        "clos",
        "drop",
        "fail",
        "interrupt",
        "living",
        "lost",
        "refus",
        "reset",
        "terminat",
        "timed",
        "timeout",
        "unable",
        "unavailab",
        "unexpected",
    ],
    unless_before: &["id", "parameters", "string", "strings"],
};

const QUOTA: Pair = Pair { of: &["limit", "quota"], with: &["exceed", "exhaust", "reached"], unless_before: &[] };

const PARSING: Pair = Pair {
    of: &["convert", "decod", "deserial", "pars", "unmarshal"],
    with: &["cannot", "could", "error", "fail", "invalid", "malformed", "unable", "unexpected"],
    unless_before: &[],
};

const CREDENTIALS: Pair = Pair {
    of: &["credential", "grant", "key", "password", "secret", "session", "token"],
    with: &["expired", "incorrect", "rejected", "revoked"],
    unless_before: &["value"],
};

/// Whether a text in lower case speaks of a connection, or a wait, that failed.
pub(crate) fn is_disconnected(text: &str) -> bool {
    CONNECTION.is_in(text) || ["timed out", "timed-out", "time-out"].iter().any(|wait| text.contains(wait))
}

/// Whether a text in lower case speaks of a quota that is used up. How often another may be asked is that other's affair.
pub(crate) fn is_over_quota(text: &str) -> bool {
    QUOTA.is_in(text) && !["rate limit", "ratelimit", "retr"].iter().any(|other| text.contains(other))
}

/// Whether a text in lower case speaks of credentials that are no longer taken.
pub(crate) fn is_rejected(text: &str) -> bool {
    CREDENTIALS.is_in(text)
}

/// Whether a text in lower case speaks of a text that cannot be understood, or of a place in it: `line 3, column 9`.
pub(crate) fn is_unparsed(text: &str) -> bool {
    PARSING.is_in(text) || text.lines().any(has_place)
}

fn has_place(line: &str) -> bool {
    let words: Vec<&str> = words(line).collect();
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    words
        .windows(4)
        .any(|four| matches!(four, ["line", row, "col" | "column", place] if is_number(row) && is_number(place)))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

impl Pair {
    fn is_in(&self, text: &str) -> bool {
        text.lines().any(|line| self.is_in_line(line))
    }

    fn is_in_line(&self, line: &str) -> bool {
        let words: Vec<&str> = words(line).collect();
        words.iter().enumerate().any(|(at, word)| {
            let is_it = self.of.iter().any(|part| word.contains(part))
                && !words.get(at + 1).is_some_and(|next| self.unless_before.contains(next));
            let near = &words[at.saturating_sub(APART)..(at + 1 + APART).min(words.len())];
            is_it && near.iter().any(|word| self.with.iter().any(|part| word.contains(part)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_together() {
        for (text, expected) in [
            ("faraday::connectionfailed: end of file", [true, false, false]),
            ("nolivingconnectionserror", [true, false, false]),
            ("fatal: timed-out waiting to acquire database connection", [true, false, false]),
            ("resourcelimitexceeded: the quota is 0", [false, true, false]),
            ("you have exceeded the limit for queries", [false, true, false]),
            ("reached the max retries per request limit", [false, false, false]),
            ("429: rate limit exceeded", [false, false, false]),
            ("invalid_grant: token has been expired or revoked", [false, false, true]),
            ("the provided client secret keys are expired", [false, false, true]),
            ("failed to parse the connection string", [false, false, false]),
            (
                "the order of the customer was closed, and a mail with many words says which connection he took",
                [false; 3],
            ),
            ("not well-formed (invalid token)", [false; 3]),
            ("stream closed with error code nghttp2_refused_stream", [true, false, false]),
        ] {
            assert_eq!([is_disconnected(text), is_over_quota(text), is_rejected(text)], expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_understood_has_a_place() {
        for (text, expected) in [
            ("strconv.atoi: parsing \"12a\": invalid syntax", true),
            ("mapping values are not allowed here\n in \"<unicode string>\", line 3, column 9", true),
            ("could not decode the picture", true),
            ("file \"/var/task/app.py\", line 19, in handler", false),
            ("the job of line 3 failed", false),
        ] {
            assert_eq!(is_unparsed(text), expected, "{text}");
        }
    }
}
