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
