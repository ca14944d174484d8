//! Lines of a log without secrets, also without private keys, which go over several lines.

use crate::redact::redact;

/// The first of the private-use characters that stand for the number of a line.
const FIRST_MARK: u32 = 0xF0000;
/// Limit on the lines: the private-use plane has as many.
const MOST: usize = 0xFFFD;

/// The lines without secrets, by their numbers. A line within a private key is gone.
pub(super) fn redacted(lines: &[String]) -> Vec<(usize, String)> {
    let marked = lines.iter().take(MOST).enumerate().fold(String::new(), |mut text, (number, line)| {
        text.push('\n');
        text.extend(mark(number));
        text.extend(line.chars().map(|character| if number_of(character).is_some() { '?' } else { character }));
        text
    });
    parted(&redact(&marked))
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
