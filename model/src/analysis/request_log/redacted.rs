//! Lines of a log without secrets, also without private keys, which go over several lines.

use std::borrow::Cow;

use crate::redact::{REDACTED, redact};

/// The first of the private-use characters that stand for the number of a line.
const FIRST_MARK: u32 = 0xF0000;
/// Limit on the lines: the private-use plane has as many.
const MOST: usize = 0xFFFD;

/// Begin and end of what encloses a key, and the words that say that it is private.
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const PRIVATE: &str = "PRIVATE KEY-----";

/// At most this many characters of a line, and the private key that begins after them: its next lines are secret as well.
pub(super) fn cut(line: &str, most: usize) -> String {
    let Some((length, _)) = line.char_indices().nth(most) else { return line.to_owned() };
    let begun = line.rfind(BEGIN).filter(|begin| line[*begin..].contains(PRIVATE) && !line[*begin..].contains(END));
    // The cut may go through the word itself.
    match begun.filter(|begin| begin + BEGIN.len() + PRIVATE.len() > length) {
        Some(begin) => format!("{} {}", &line[..length.min(begin)], &line[begin..]),
        None => line[..length].to_owned(),
    }
}

/// The lines without secrets, by their numbers. A line within a private key is gone.
pub(super) fn redacted(lines: &[String]) -> Vec<(usize, String)> {
    let marked = lines.iter().take(MOST).enumerate().fold(String::new(), |mut text, (number, line)| {
        text.push('\n');
        text.extend(mark(number));
        text.extend(line.chars().map(|character| if number_of(character).is_some() { '?' } else { character }));
        text
    });
    parted(&redact(&without_rest_of_key(&marked)))
}

/// The texts of log events, oldest first, without secrets. Of what stands within a private key, also of one that goes over
/// several events, nothing is left.
pub fn redacted_events(events: &[&str]) -> Vec<String> {
    let lines: Vec<(usize, String)> = events
        .iter()
        .enumerate()
        .flat_map(|(event, text)| text.lines().map(move |line| (event, line.to_owned())))
        .collect();
    let mut safe: Vec<Vec<String>> = events.iter().map(|_| Vec::new()).collect();
    for part in lines.chunks(MOST) {
        let texts: Vec<String> = part.iter().map(|(_, line)| line.clone()).collect();
        for (number, text) in redacted(&texts) {
            if let Some(event) = part.get(number).and_then(|(event, _)| safe.get_mut(*event)) {
                event.push(text);
            }
        }
    }
    safe.into_iter().map(|lines| lines.join("\n")).collect()
}

/// Without the private key that began before the first line.
fn without_rest_of_key(marked: &str) -> Cow<'_, str> {
    let rest = marked.match_indices(END).find_map(|(at, _)| {
        let end = at + marked[at..].find(PRIVATE)? + PRIVATE.len();
        let is_one_line = !marked[at..end].contains('\n');
        is_one_line.then_some((at, end))
    });
    let has_begin = |text: &str| text.match_indices(BEGIN).any(|(at, _)| text[at..].contains(PRIVATE));
    match rest.filter(|(at, _)| !has_begin(&marked[..*at])) {
        Some((at, end)) => {
            let line = marked[..at].rfind('\n').unwrap_or(0);
            let mark: String = marked[line..at].chars().take(2).collect();
            Cow::Owned(format!("{mark}{REDACTED} {}", &marked[end..]))
        }
        None => Cow::Borrowed(marked),
    }
}

/// The lines of a text that has their marks.
fn parted(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for character in text.chars() {
        match (number_of(character), lines.last_mut()) {
            (Some(number), _) => lines.push((number, String::new())),
            (None, Some((_, line))) if character != '\n' => line.push(character),
            (None, _) => {}
        }
    }
    lines
}

fn mark(number: usize) -> Option<char> {
    char::from_u32(FIRST_MARK + u32::try_from(number).ok()?)
}

fn number_of(character: char) -> Option<usize> {
    let number = u32::from(character).checked_sub(FIRST_MARK)?;
    usize::try_from(number).ok().filter(|number| *number < MOST)
}
