//! Words of errors that tell kinds of failures apart. All are in lower case.

mod code;
mod dependency;
mod limit;

pub(crate) use code::{DENIED, IMAGE, INPUT, LOADING, SHAPE};
pub(crate) use dependency::{ABSENT, ANSWERED, CERTIFICATE, DATABASE, UNREACHABLE};
pub(crate) use limit::{CONCURRENCY, HANDLES, MEMORY, PAYLOAD, QUOTA, STORAGE, TIMEOUT};

/// Whether a text in lower case has one of these signs.
pub(crate) fn has(text: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| text.contains(sign))
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
