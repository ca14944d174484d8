//! Removes numbers and ids from a word.

/// Letters stay, pieces with digits become `#`, and `#`s joined by punctuation (dates, addresses, ids) become one.
pub(crate) fn normal(word: &str) -> String {
    let id_like = is_id_like(word);
    let mut pieces = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let is_piece = first.is_alphanumeric();
        let end = rest.find(|next: char| next.is_alphanumeric() != is_piece).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        if is_piece {
            piece_into(piece, id_like, &mut pieces)
        } else {
            pieces.push_str(piece)
        }
        rest = after;
    }
    joined(&pieces)
}

/// A run of hexadecimal letters this long, without a digit, is not a word.
const NO_WORD: usize = 12;

fn piece_into(piece: &str, id_like: bool, pieces: &mut String) {
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    let is_hex = piece.chars().all(|character| character.is_ascii_hexdigit());
    let starts_with_digit = piece.starts_with(|character: char| character.is_ascii_digit());
    let is_flag = matches!(piece, "true" | "false");
    if is_flag || is_hex && (id_like || piece.len() >= NO_WORD) {
        pieces.push('#');
    } else if digits == 0 {
        pieces.push_str(piece);
    } else if starts_with_digit || is_hex && piece.len() >= 6 || (digits >= 3 && piece.len() >= 10) {
        pieces.push('#');
    } else {
        // `worker17` and `EC2`: the letters are a name.
        let mut after_digit = false;
        for character in piece.chars() {
            let is_digit = character.is_ascii_digit();
            match (is_digit, after_digit) {
                (true, false) => pieces.push('#'),
                (true, true) => {}
                (false, _) => pieces.push(character),
            }
            after_digit = is_digit;
        }
    }
}

/// Groups of hexadecimal digits as in a UUID, a `traceparent` or an IPv6 address.
fn is_id_like(word: &str) -> bool {
    let word = word.trim_matches(|character: char| !character.is_ascii_hexdigit());
    let is_hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let groups = word.split('-').count();
    let is_dashed = (4..=5).contains(&groups) && word.len() >= 20 && word.split('-').all(is_hex);
    let is_address = word.matches(':').count() >= 3 && word.split([':', '/', '%']).all(is_hex);
    is_dashed || is_address
}

fn joined(pieces: &str) -> String {
    let mut normal = String::with_capacity(pieces.len());
    let mut pending = String::new();
    for character in pieces.chars() {
        match character {
            '#' if normal.ends_with('#') => pending.clear(),
            '#' => {
                normal.push_str(&pending);
                pending.clear();
                normal.push('#');
            }
            '-' | '.' | ':' | '/' | '_' | '+' if normal.ends_with('#') => pending.push(character),
            other => {
                normal.push_str(&pending);
                pending.clear();
                normal.push(other);
            }
        }
    }
    normal + &pending
}
