//! Words of errors that tell kinds of failures apart. All are in lower case.

mod code;
mod dependency;
mod limit;
mod near;
mod status;

pub(crate) use code::{CONFLICT, DENIED, IMAGE, INPUT, LAST_WORDS, LOADING, SHAPE};
pub(crate) use dependency::{ABSENT, ANSWERED, CERTIFICATE, DATABASE, UNREACHABLE};
pub(crate) use limit::{CONCURRENCY, HANDLES, MEMORY, PAYLOAD, QUOTA, STORAGE, THROTTLED, TIMEOUT};
pub(crate) use near::{is_disconnected, is_over_quota, is_rejected, is_unparsed};
pub(crate) use status::status;

/// Whether a text in lower case has one of these signs.
pub(crate) fn has(text: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| text.contains(sign))
}

/// Whether another answered in a text in lower case that it cannot, or will not now: in words, or by its status.
pub(crate) fn is_answered(text: &str) -> bool {
    has(text, ANSWERED) || status(text).is_some_and(|status| status == 429 || status >= 500)
}

/// Whether a text has a word, with nothing of a name around it.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let is_of_name = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(is_of_name) && !after.is_some_and(is_of_name)
        })
}
