//! Takes a line apart into atoms: words without punctuation, and quoted values.

use super::plain;

/// One atom of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Atom<'m> {
    /// The text, without the punctuation around it.
    pub(super) text: &'m str,
    /// The character before it; a space at the start of the line.
    pub(super) before: char,
    /// The character after it; a space at the end of the line.
    pub(super) after: char,
    /// Where it stands.
    pub(super) within: Within,
}

/// Where an atom stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// In the text of the program.
    Text,
    /// In a quoted sentence, which may be a user's: its words do not count.
    Sentence,
    /// It is the whole quoted value.
    Quotes,
}

/// A part of a line: plain, or the content of quotes.
#[derive(Debug, Clone, Copy)]
struct Part<'m> {
    text: &'m str,
    is_quoted: bool,
}

const OPENING: [char; 5] = ['"', '\'', '`', '\u{201c}', '\u{2018}'];
const CLOSING: [char; 5] = ['"', '\'', '`', '\u{201d}', '\u{2019}'];
/// Punctuation that separates atoms.
const SEPARATORS: &[char] = &[',', ';', '=', '(', ')', '[', ']', '{', '}', '<', '>', '|', '"'];
/// Punctuation that may end or begin an atom without belonging to it.
const EDGES: &[char] =
    &['\'', ':', '.', '!', '?', '*', '#', '%', '&', '`', '-', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}'];
/// A quoted text of this many words is a sentence.
const SENTENCE_WORDS: usize = 4;
/// A message with fewer words than this outside of its quotes is what the quotes hold.
const FEW_WORDS: usize = 2;
/// Quotes within quotes that are taken apart.
const MOST_LEVELS: usize = 3;
/// Members of printed values whose text is a message.
const MESSAGES: &[&str] =
    &["cause", "description", "detail", "error", "errormessage", "message", "msg", "reason", "source"];

/// The atoms of a line.
pub(super) fn of(line: &str) -> Vec<Atom<'_>> {
    let mut atoms = Vec::new();
    collect(line, Within::Text, MOST_LEVELS, &mut atoms);
    atoms
}

fn collect<'m>(line: &'m str, within: Within, levels: usize, atoms: &mut Vec<Atom<'m>>) {
    let parts = parts(line);
    let outside: usize = parts.iter().filter(|part| !part.is_quoted).map(|part| words(part.text)).sum();
    for part in parts {
        if !part.is_quoted {
            split(part.text, within, atoms);
            continue;
        }
        let is_message = outside < FEW_WORDS || atoms.last().is_some_and(is_label);
        let inner = match (is_message, part.text.split_whitespace().count() >= SENTENCE_WORDS) {
            (true, _) => within,
            (false, true) => Within::Sentence,
            (false, false) => Within::Quotes,
        };
        match inner {
            Within::Quotes => atoms.push(Atom { text: part.text.trim(), before: '"', after: '"', within: inner }),
            _ if levels == 0 => {}
            inner => collect(part.text, inner, levels - 1, atoms),
        }
    }
}

/// Whether an atom is the name of a message: `msg: "…"`.
fn is_label(atom: &Atom<'_>) -> bool {
    matches!(atom.after, ':' | '=') && MESSAGES.contains(&plain(atom).as_str())
}

/// Words outside of quotes. `Error:`, which runtimes write before a message, is none.
fn words(text: &str) -> usize {
    let is_word = |word: &&str| word.chars().any(char::is_alphabetic) && !word.starts_with("Error") && *word != "Some";
    text.split_whitespace().filter(is_word).count()
}

/// Divides a line at its quotes. An apostrophe within a word and an unclosed quote do not count.
fn parts(line: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut at = 0;
    let mut unclosed = [false; OPENING.len()];
    while let Some(found) = line[at..].find(OPENING) {
        let opens = at + found;
        let opening = line[opens..].chars().next().unwrap_or('"');
        let kind = OPENING.iter().position(|quote| *quote == opening).unwrap_or_default();
        let content = opens + opening.len_utf8();
        let inside_word = line[..opens].chars().next_back().is_some_and(char::is_alphanumeric);
        let end = match inside_word || unclosed[kind] {
            true => None,
            false => closing(&line[content..], CLOSING[kind]),
        };
        match end {
            Some(end) => {
                parts.push(Part { text: &line[begin..opens], is_quoted: false });
                parts.push(Part { text: &line[content..content + end], is_quoted: true });
                begin = content + end + CLOSING[kind].len_utf8();
                at = begin;
            }
            None => {
                unclosed[kind] |= !inside_word;
                at = content;
            }
        }
    }
    parts.push(Part { text: &line[begin..], is_quoted: false });
    parts
}

/// The end of a quoted text: the first closing quote that no word goes on after, as in `can't`. Ruby and the AWS SDKs
/// write `name'.
fn closing(text: &str, quote: char) -> Option<usize> {
    if quote == '`' {
        return [first(text, '`'), first(text, '\'')].into_iter().flatten().min();
    }
    first(text, quote)
}

fn first(text: &str, quote: char) -> Option<usize> {
    let follows = |at: usize| text[at + quote.len_utf8()..].chars().next();
    let inside_word = |at: usize| {
        quote == '\''
            && text[..at].chars().next_back().is_some_and(char::is_alphanumeric)
            && follows(at).is_some_and(char::is_alphanumeric)
    };
    text.match_indices(quote).map(|(at, _)| at).find(|at| !inside_word(*at))
}

/// Splits plain text at white space and separators, but no URL.
fn split<'m>(text: &'m str, within: Within, atoms: &mut Vec<Atom<'m>>) {
    let mut begin = 0;
    while begin < text.len() {
        let is_url = begins_with_url(&text[begin..]);
        let ends = |character: char| character.is_whitespace() || separates(character, is_url);
        let end = text[begin..].find(ends).map_or(text.len(), |at| begin + at);
        if end > begin {
            let before = text[..begin].chars().next_back().unwrap_or(' ');
            // The `=` of `code = 5`, too.
            let after = text[end..].trim_start().chars().next().filter(|next| separates(*next, false)).unwrap_or(' ');
            atoms.extend(trimmed(&text[begin..end], before, after, within));
        }
        begin = end + text[end..].chars().next().map_or(0, char::len_utf8);
    }
}

fn separates(character: char, is_url: bool) -> bool {
    SEPARATORS.contains(&character) && !(is_url && matches!(character, '=' | '(' | '|' | ';'))
}

fn begins_with_url(text: &str) -> bool {
    let scheme =
        text.find(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '+' | '.' | '-'));
    scheme.is_some_and(|end| end > 0 && text[end..].starts_with("://"))
}

/// An atom without the punctuation at its edges; a sign stays with its number.
fn trimmed(text: &str, before: char, after: char, within: Within) -> Option<Atom<'_>> {
    let core = text.trim_end_matches(EDGES);
    let after = text[core.len()..].chars().next().unwrap_or(after);
    let is_number = core.trim_start_matches('-').starts_with(|character: char| character.is_ascii_digit());
    let core = if is_number && core.starts_with('-') { core } else { core.trim_start_matches(EDGES) };
    (!core.is_empty()).then_some(Atom { text: core, before, after, within })
}
