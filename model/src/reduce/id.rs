//! Recognises ids: words that no person wrote.

use crate::normalise::normal_pieces;

/// Shorter words are no ids, unless they are numbers.
const SHORTEST: usize = 8;
/// Letters between two changes of case in a word of a program (`getItemResponse`), at least.
const SHORTEST_HUMP: usize = 3;

/// Whether a run of letters and digits is an id: `k9Mtd2gDcgG`, `01ARZ3NDEKTSV4RR`, `pQxBnRtYw`, `9f86d081`.
pub(super) fn is_id(piece: &str) -> bool {
    let length = piece.chars().count();
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    let is_hex = piece.chars().all(|character| character.is_ascii_hexdigit());
    if length < SHORTEST || !piece.is_ascii() {
        return is_hex && digits > 0 && length >= 6;
    }
    let has = |is: fn(&char) -> bool| piece.chars().any(|character| is(&character));
    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    let interior = piece.trim_end_matches(|character: char| character.is_ascii_digit());
    let interior_digits = interior.chars().filter(char::is_ascii_digit).count();
    match digits {
        0 => mixed && length / (humps(piece) + 1) < SHORTEST_HUMP || is_hex && length >= 12,
        _ => digits == length || is_hex || interior_digits > 0 && (mixed || digits >= 2) || digits * 2 >= length,
    }
}

/// Shorter words have too few letters and digits for a judgement of their order.
const SHORTEST_RANDOM: usize = 16;

/// Whether a word looks drawn by chance, punctuation included: nanoids and base64, whose parts may be too short for ids.
/// Two random characters of base64 are of the same kind in 38 % of cases, those of names in far more.
fn is_random(word: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/');
    if word.len() < SHORTEST_RANDOM || !word.bytes().all(is_base64) {
        return false;
    }
    let kind = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase(), byte.is_ascii_lowercase());
    let letters: Vec<_> = word.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| kind(&byte)).collect();
    let changes = letters.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let has = |wanted: (bool, bool, bool)| letters.contains(&wanted);
    has((true, false, false))
        && has((false, true, false))
        && has((false, false, true))
        && changes * 100 >= letters.len() * 42
}

/// The prefix that says whose id it is: `ch_` of `ch_1NirD82eZvKYlo2C`.
fn prefix(word: &str) -> &str {
    let name = word.bytes().take_while(u8::is_ascii_lowercase).count();
    if (2..=8).contains(&name) && word[name..].starts_with('_') { &word[..=name] } else { "" }
}

/// Changes from small to capital letters.
fn humps(piece: &str) -> usize {
    let letters: Vec<char> = piece.chars().collect();
    letters.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count()
}

/// Whether a word holds an id: `img_k9Mtd2gDcgG`.
pub(super) fn holds_id(word: &str) -> bool {
    pieces(word).any(is_id)
}

/// The word with ids and numbers replaced by `#`.
pub(super) fn without_ids(word: &str) -> String {
    let prefix = prefix(word);
    if is_random(&word[prefix.len()..]) {
        return format!("{prefix}#");
    }
    let mut text = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let is_piece = first.is_alphanumeric();
        let end = rest.find(|next: char| next.is_alphanumeric() != is_piece).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        // A digit, which the next step replaces and joins with its neighbours.
        text.push_str(if is_piece && is_id(piece) { "0" } else { piece });
        rest = after;
    }
    normal_pieces(&text)
}

fn pieces(word: &str) -> impl Iterator<Item = &str> {
    word.split(|character: char| !character.is_alphanumeric()).filter(|piece| !piece.is_empty())
}
