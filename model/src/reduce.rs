//! Reduces a message to what tells faults apart.
//!
//! Status codes, error numbers, hosts, ports, names of keys and symbolic codes stay: they are its *marks*. Ids, times,
//! addresses, file names and quoted input go. Its other words matter only while nothing better, such as the statement
//! that failed, tells faults apart.

mod atoms;
mod context;
mod headline;
mod host;
mod id;
mod json;
mod mark;
mod status;
#[cfg(test)]
mod tests;

use atoms::Atom;
pub(crate) use headline::headline;
use mark::Meaning;

use crate::normalise::is_calendar;

/// Limit on the line that is read, in characters.
const MOST_CHARACTERS: usize = 1000;
/// Limit on the marks; a message with more is a list of values.
const MOST_MARKS: usize = 24;

/// A reduced message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reduced {
    /// Marks and words in their order, with placeholders for what varies: `<url>`, `<email>`, `<file>`, `<value>` for
    /// quoted text, `#` for numbers, times, addresses and ids.
    pub words: String,
    /// The marks alone.
    pub marks: String,
}

/// Reduces the headline of a message, or JSON.
pub fn reduce(message: &str) -> Reduced {
    if let Some(reduced) = json::reduce(message) {
        return reduced;
    }
    let line: String = headline(message).chars().take(MOST_CHARACTERS).collect();
    line_reduced(&line)
}

fn line_reduced(line: &str) -> Reduced {
    let atoms = atoms::of(line);
    let mut said: Vec<String> = Vec::new();
    let mut marks: Vec<String> = Vec::new();
    for at in 0..atoms.len() {
        match mark::meaning(&atoms, at) {
            Meaning::Mark(mark) => {
                said.push(mark.clone());
                marks.push(mark);
            }
            Meaning::Word(word) => add_word(&mut said, word),
            Meaning::Varies(placeholder) => add_word(&mut said, placeholder.to_owned()),
        }
    }
    marks.truncate(MOST_MARKS);
    Reduced { words: said.join(" "), marks: marks.join(" ") }
}

/// `Wed, 04 Mar 2026` is one time: names of days and months are next to numbers. A list of values is one value.
fn add_word(said: &mut Vec<String>, word: String) {
    let last = said.last().map(String::as_str).unwrap_or_default();
    let is_same_value = last == word && (word == "#" || word.starts_with('<'));
    if is_same_value || last == "#" && is_calendar(&word) {
        return;
    }
    match is_calendar(&word) && word.len() == 3 && crate::normalise::is_day(&word) {
        true => said.push("#".to_owned()),
        false => said.push(word),
    }
}

/// The first host that a message names, with its port if it has one.
pub(crate) fn host(message: &str) -> Option<String> {
    let line: String = message.lines().find(|line| !line.trim().is_empty())?.chars().take(MOST_CHARACTERS).collect();
    let atoms = atoms::of(&line);
    let named = (0..atoms.len()).find_map(|at| match mark::endpoint(&atoms, at) {
        Some(Meaning::Mark(mark)) if !mark.starts_with(['#', ':']) && !atoms[at].text.starts_with("arn:") => Some(mark),
        _ => None,
    });
    named.filter(|host| host.contains(|character: char| character.is_ascii_alphabetic()))
}

/// Words around an atom, in lower case and without `-` and `_`.
fn plain(atom: &Atom<'_>) -> String {
    atom.text.chars().filter(|character| !matches!(character, '-' | '_')).flat_map(char::to_lowercase).collect()
}
